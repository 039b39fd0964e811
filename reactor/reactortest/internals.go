package reactortest

import (
	"runtime"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/pollerkit"
)

// Internals gives [TestInternals] access to a Poller's internals. The tests of the Poller's own package make it.
type Internals struct {
	// Poller is the Poller under test. TestInternals closes it.
	Poller reactor.Poller
	// Notify is the flag that its Notify uses.
	Notify *pollerkit.NotifyFlag
	// HoldWait makes the Poller as busy as a Wait in progress does, until release is called.
	HoldWait func() (release func())
	// Signals returns how many signals Notify has made since the last call of Signals. It is nil where the
	// system does not count them.
	Signals func() int
}

// TestInternals tests what cannot be reached through the methods of a Poller: a Notify that meets another one
// between its two steps, and a Wait during a Close. open is called anew for each test.
func TestInternals(t *testing.T, open func(t *testing.T) Internals) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, in Internals)
	}{
		{"a Notify does not rely on one that has yet to signal", testNotifyBesideUnsignalled},
		{"a Notify that ends late leaves the next one to signal", testNotifyEndsLate},
		{"Notifies share a signal", testNotifiesShareASignal},
		{"a Wait during Close returns ErrClosed", testWaitDuringClose},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := open(t)
			t.Cleanup(func() { in.Poller.Close() })
			c.run(t, in)
		})
	}
}

// The signal of the other Notify may fail, so this one makes a signal itself.
func testNotifyBesideUnsignalled(t *testing.T, in Internals) {
	in.Notify.Request()
	if err := in.Poller.Notify(); err != nil {
		t.Fatal(err)
	}
	in.returns(t)
}

// A Notify that a Wait has overtaken does not set signalled for the Notify after it.
func testNotifyEndsLate(t *testing.T, in Internals) {
	late, _ := in.Notify.Request()
	if err := in.Poller.Notify(); err != nil {
		t.Fatal(err)
	}
	in.returns(t)
	in.Notify.Request() // a third Notify, which has yet to signal
	in.Notify.Signalled(late)
	if err := in.Poller.Notify(); err != nil {
		t.Fatal(err)
	}
	in.returns(t)
}

func testNotifiesShareASignal(t *testing.T, in Internals) {
	if in.Signals == nil {
		t.Skip("the system does not count signals")
	}
	in.Signals()
	for range 3 {
		for range 5 {
			if err := in.Poller.Notify(); err != nil {
				t.Fatal(err)
			}
		}
		if n := in.Signals(); n != 1 {
			t.Errorf("%d signals, want 1", n)
		}
		in.returns(t)
	}
}

// returns fails unless a Wait returns for a Notify.
func (in Internals) returns(t *testing.T) {
	t.Helper()
	start := time.Now()
	events, err := in.Poller.Wait(nil, testTimeout)
	if lost := time.Since(start) >= testTimeout; err != nil || len(events) != 0 || lost {
		t.Fatalf("Wait returned %v, %v; a Notify is lost: %v", events, err, lost)
	}
}

// While Close waits for the Wait in progress, another Wait returns ErrClosed and not ErrBusy.
func testWaitDuringClose(t *testing.T, in Internals) {
	p := in.Poller
	release := in.HoldWait()
	if _, err := p.Wait(nil, 0); err != reactor.ErrBusy {
		t.Errorf("beside another Wait: %v, want ErrBusy", err)
	}
	done := make(chan error, 1)
	go func() { done <- p.Close() }()
	for p.Notify() != reactor.ErrClosed {
		runtime.Gosched()
	}
	if _, err := p.Wait(nil, 0); err != reactor.ErrClosed {
		t.Errorf("beside Close: %v, want ErrClosed", err)
	}
	release()
	if err := <-done; err != nil {
		t.Errorf("Close: %v", err)
	}
}
