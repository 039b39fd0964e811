package kqueue_test

import (
	"slices"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/kqueue"
	"golang.org/x/sys/unix"
)

// few is how many system calls a Wait without anything to report makes at most before it blocks.
const few = 8

// calls returns how many system calls f makes, as far as the test's double counts them.
func calls(f *kqueue.Faults, do func()) int {
	before := len(f.Waits())
	do()
	return len(f.Waits()) - before
}

// A guard that has reported an error reports it in every Wait. Once the error is cleared, the same filter reports bytes,
// which were not requested, on a kernel that caps the guard's mark at the size of a full buffer.
func TestAGuardWhoseErrorIsCollectedDoesNotSpin(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		a, b := socketPair(t)
		add(t, p, a, 7, 0, reactor.Level)
		pending := kqueue.Report{FD: a, Filter: "read"} // no bytes, and reported: an error
		for range 2 {
			f.Report(p, pending)
			waitFor(t, p, 7, reactor.ErrorReady)
			unix.Write(b, []byte("x"))
			if n := calls(f, func() { silent(t, p) }); n > few {
				t.Fatalf("%d system calls in a Wait of %v", n, pause)
			}
		}
		unix.Shutdown(a, unix.SHUT_RDWR)
		unix.Close(b)
		for range 3 { // it still guards, and reports in every Wait
			waitFor(t, p, 7, reactor.ReadClosed|reactor.WriteClosed)
		}
	})
}

// So many of these guards that they fill the buffer for kernel events in each system call, however it grows.
func TestAWaitThatDoesNotBlockReturnsThoughEveryGuardReports(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		var pending []kqueue.Report
		var peers []int
		for i := range reactor.MaxEvents {
			a, b := socketPair(t)
			add(t, p, a, reactor.Key(i), 0, reactor.Level)
			pending = append(pending, kqueue.Report{FD: a, Filter: "read"}) // no bytes, and reported: an error
			peers = append(peers, b)
		}
		for part := range slices.Chunk(pending, p.Room()) {
			f.Report(p, part...)
			if events := wait(t, p, testTimeout); len(events) != len(part) {
				t.Fatalf("%d events, want %d", len(events), len(part))
			}
		}
		for _, b := range peers {
			unix.Write(b, []byte("x"))
		}
		returned := make(chan struct{})
		go func() {
			defer close(returned)
			if events, err := p.Wait(nil, 0); err != nil || len(events) != 0 {
				t.Errorf("events %v, %v", events, err)
			}
		}()
		select {
		case <-returned:
		case <-time.After(testTimeout):
			t.Error("a Wait that must not block does not return")
			p.Close() // ends the Wait
			<-returned
		}
	})
}

// A filter that the kernel reports in every Wait without anything to report gets evClear, once, also a requested one.
func TestAHangUpOfTheExceptFilterDoesNotSpin(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		a, _ := socketPair(t)
		var changed []kqueue.Change
		f.Refuse(func(c kqueue.Change) error {
			changed = append(changed, c)
			return nil
		})
		add(t, p, a, 7, reactor.Priority, reactor.Level)
		want := 0
		if slices.ContainsFunc(changed, func(c kqueue.Change) bool { return c.Filter == "except" }) {
			want = 2 // the kernel keeps the flags of the first addition, so the filter is deleted and added
		}
		changed = nil
		for range 2 {
			f.Report(p, kqueue.Report{FD: a, Filter: "except", EOF: true})
			silent(t, p)
			if len(changed) != want {
				t.Errorf("%+v were changed, want %d", changed, want)
			}
			for _, c := range changed {
				if c.Filter != "except" {
					t.Errorf("%+v was changed", c)
				}
			}
		}
	})
}

// If the kernel has no memory for the filter with evClear, the registration is not watched as it should be.
func TestAGuardThatCannotBeMadeQuietTells(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		a, _ := socketPair(t)
		add(t, p, a, 7, 0, reactor.Level)
		f.Report(p, kqueue.Report{FD: a, Filter: "read"})
		waitFor(t, p, 7, reactor.ErrorReady) // the guard reports in every Wait from now on
		f.Refuse(func(c kqueue.Change) error {
			if !c.Delete {
				return unix.ENOMEM
			}
			return nil
		})
		f.Report(p, kqueue.Report{FD: a, Filter: "read", Data: 1})
		for range 3 {
			waitFor(t, p, 7, reactor.ErrorReady)
		}
		f.Refuse(nil)
		if err := p.Modify(uintptr(a), 8, 0, reactor.Level); err != nil {
			t.Fatal(err)
		}
		silent(t, p)
	})
}
