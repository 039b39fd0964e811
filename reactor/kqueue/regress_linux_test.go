package kqueue_test

import (
	"os"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/kqueue"
	"golang.org/x/sys/unix"
)

func openFDs(t *testing.T) int {
	t.Helper()
	dir, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(dir)
}

// Regression: error and hang-up events were dropped.
func TestWhatTheKernelSaysOfEndsAndErrors(t *testing.T) {
	const (
		rd, wr  = reactor.ReadReady, reactor.WriteReady
		rc, wc  = reactor.ReadClosed, reactor.WriteClosed
		failed  = reactor.ErrorReady
		reading = reactor.Readable
		writing = reactor.Writable
	)
	for _, c := range []struct {
		interest reactor.Interest
		filter   string
		eof      bool
		fflags   uint32
		data     int64
		want     reactor.Readiness
		lone     bool
	}{
		{interest: reading, filter: "read", data: 1, want: rd},
		{interest: reading, filter: "read", data: 0, want: rd}, // an empty datagram, or an error
		{interest: reading, filter: "read", eof: true, data: 1, want: rd | rc},
		{interest: reading, filter: "read", eof: true, fflags: uint32(unix.ECONNRESET), want: rd | rc | failed},
		{interest: reading, filter: "write", data: 1},
		{interest: reading, filter: "write", eof: true, lone: true},
		{interest: reading, filter: "write", eof: true, fflags: uint32(unix.ECONNRESET), want: failed},
		{interest: writing, filter: "write", data: 1, want: wr},
		{interest: writing, filter: "write", eof: true, want: wr | wc},
		{interest: writing, filter: "write", eof: true, fflags: uint32(unix.EPIPE), want: wr | wc | failed},
		{interest: writing, filter: "read", data: 1},
		{interest: writing, filter: "read", eof: true},
		{interest: writing, filter: "read", data: 0, want: failed},
		{interest: writing, filter: "read", eof: true, fflags: uint32(unix.ECONNRESET), want: failed},
		{interest: 0, filter: "read", data: 1},
		{interest: 0, filter: "read", data: 0, want: failed},
		{interest: 0, filter: "write", data: 1},
		{interest: reactor.Priority, filter: "except", want: reactor.PriorityReady},
		{interest: reactor.Priority, filter: "except", eof: true},
		{interest: 0, filter: "except"},
	} {
		got, lone := kqueue.Meaning(c.interest, c.filter, c.eof, c.fflags, c.data)
		if got != c.want || lone != c.lone {
			t.Errorf("%+v: have %v, %v", c, got, lone)
		}
	}
}

// Regression: error and hang-up events were dropped.
func TestAnErrorOfTheKernelIsReported(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		a, _ := socketPair(t)
		add(t, p, a, 7, reactor.Readable, reactor.Edge)
		f.Report(p, kqueue.Report{FD: a, Filter: "read", Error: true, Data: int64(unix.EIO)})
		waitFor(t, p, 7, reactor.ErrorReady)
	})
}

// Regression: error and hang-up events were dropped. Here in each mode, with each Interest.
func TestAHangUpComesWhateverWasAskedFor(t *testing.T) {
	const hungUp = reactor.ReadClosed | reactor.WriteClosed
	for _, mode := range modes {
		for _, interest := range []reactor.Interest{0, reactor.Readable, reactor.Writable} {
			overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
				a, b := socketPair(t)
				if interest == reactor.Writable { // so that it is not writable
					for {
						if _, err := unix.Write(a, make([]byte, 1<<16)); err != nil {
							break
						}
					}
				}
				add(t, p, a, 7, interest, mode)
				silent(t, p)
				unix.Shutdown(a, unix.SHUT_RDWR)
				unix.Close(b)
				events := wait(t, p, testTimeout)
				if len(events) != 1 || events[0].Ready&hungUp != hungUp {
					t.Fatalf("%v for %v: %v", mode, interest, events)
				}
				for range 3 {
					if again := wait(t, p, 0); mode == reactor.Level && (len(again) != 1 || again[0].Ready&hungUp != hungUp) {
						t.Fatalf("%v for %v: later %v", mode, interest, again)
					}
				}
			})
		}
	}
}

// Regression: a Delete could block, and dropped events. The kernel returns receipts where it returns events; Faults checks
// that a change never has room for more than its receipts.
func TestADeleteNeitherBlocksNorTakesEvents(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		const n = 20
		var fds [n]int
		for i := range fds {
			a, b := socketPair(t)
			fds[i] = a
			add(t, p, a, reactor.Key(i), reactor.Readable, reactor.Edge)
			unix.Write(b, []byte("x"))
		}
		idle, _ := socketPair(t)
		add(t, p, idle, 100, reactor.Readable, reactor.Edge)
		if err := p.Notify(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 3)
		go func() {
			done <- p.Delete(uintptr(idle)) // it has no event and will have none
			done <- p.Delete(uintptr(fds[0]))
			done <- p.Modify(uintptr(fds[1]), 1, reactor.Readable, reactor.OneShot)
		}()
		for range cap(done) {
			select {
			case err := <-done:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(testTimeout):
				t.Fatal("a change does not return")
			}
		}
		seen := make(map[reactor.Key]bool)
		for len(seen) < n-1 {
			events := wait(t, p, testTimeout)
			if len(events) == 0 && len(seen) > 0 {
				t.Fatalf("%d of %d were reported", len(seen), n-1)
			}
			for _, ev := range events {
				seen[ev.Key] = true
			}
		}
		if seen[0] || seen[100] {
			t.Error("a descriptor was reported after Delete")
		}
	})
}

// Regression: a Delete could block, here during a Wait.
func TestADeleteDoesNotWaitForAWait(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		a, _ := socketPair(t)
		add(t, p, a, 7, reactor.Readable, reactor.Edge)
		left := make(chan struct{})
		go func() {
			defer close(left)
			p.Wait(nil, -1)
		}()
		for len(f.Waits()) == 0 {
			time.Sleep(time.Millisecond)
		}
		done := make(chan error, 1)
		go func() { done <- p.Delete(uintptr(a)) }()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(testTimeout):
			t.Error("Delete waits")
		}
		p.Notify()
		<-left
	})
}
