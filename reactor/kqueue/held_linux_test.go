package kqueue_test

import (
	"errors"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/kqueue"
	"golang.org/x/sys/unix"
)

// gone refuses a pipe without readers as some kernels do; the Poller holds its end for the next Wait.
func gone(c kqueue.Change) error {
	if c.Filter == "write" && !c.Delete {
		return unix.EPIPE
	}
	return nil
}

// noMemory refuses every addition.
func noMemory(c kqueue.Change) error {
	if !c.Delete {
		return unix.ENOMEM
	}
	return nil
}

// If more is held than one Wait may return, the next Wait returns the rest. The list keeps no reference to a source that
// was reported.
func TestAWaitReturnsNoMoreOfWhatIsHeldThanItMay(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		f.Refuse(gone)
		_, wr := pipe(t)
		const more = 5
		for i := range reactor.MaxEvents + more {
			fd, err := unix.FcntlInt(uintptr(wr), unix.F_DUPFD_CLOEXEC, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(fd)
			add(t, p, fd, reactor.Key(i), reactor.Writable, reactor.Edge)
		}
		seen := make(map[reactor.Key]int)
		before := make([]reactor.Event, 3, 8)
		for _, want := range []int{reactor.MaxEvents, more, 0} {
			events, err := p.Wait(before, 0)
			if err != nil {
				t.Fatal(err)
			}
			events = events[len(before):]
			if len(events) != want {
				t.Errorf("%d events, want %d", len(events), want)
			}
			for _, ev := range events {
				seen[ev.Key]++
			}
		}
		if len(seen) != reactor.MaxEvents+more {
			t.Errorf("%d were reported, want %d", len(seen), reactor.MaxEvents+more)
		}
		if n := p.Held(); n != 0 {
			t.Errorf("%d sources are kept after they were reported", n)
		}
	})
}

// A source that is held already is not held twice: one of the two entries would stay, and no Wait would block.
func TestWhatIsHeldIsHeldOnce(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		a, _ := socketPair(t)
		add(t, p, a, 7, 0, reactor.Level)
		f.Report(p, kqueue.Report{FD: a, Filter: "read"})
		waitFor(t, p, 7, reactor.ErrorReady) // the guard reports in every Wait from now on
		f.Refuse(noMemory)
		if err := p.Modify(uintptr(a), 8, reactor.Readable, reactor.Level); !errors.Is(err, unix.ENOMEM) {
			t.Fatalf("Modify: %v", err)
		}
		if n := p.Held(); n != 1 {
			t.Fatalf("%d are held, want 1", n)
		}
		f.Report(p, kqueue.Report{FD: a, Filter: "read", Data: 1}) // the replacement with evClear fails too
		waitFor(t, p, 7, reactor.ErrorReady)
		if n := p.Held(); n != 1 {
			t.Errorf("%d are held, want 1", n)
		}
		f.Refuse(nil)
		if err := p.Modify(uintptr(a), 9, 0, reactor.Level); err != nil {
			t.Fatal(err)
		}
		if n := calls(f, func() { silent(t, p) }); n > few {
			t.Errorf("%d system calls in a Wait of %v", n, pause)
		}
	})
}

// A registration that can neither be changed nor restored ends the Wait in progress.
func TestALostRegistrationEndsTheWaitInProgress(t *testing.T) {
	overDoubles(t, func(t *testing.T, p *kqueue.Poller, f *kqueue.Faults) {
		a, _ := socketPair(t)
		add(t, p, a, 7, reactor.Readable, reactor.Edge)
		done := make(chan []reactor.Event)
		go func() {
			events, _ := p.Wait(nil, testTimeout)
			done <- events
		}()
		for len(f.Waits()) == 0 {
			time.Sleep(time.Millisecond)
		}
		f.Refuse(noMemory)
		if err := p.Modify(uintptr(a), 8, reactor.Readable, reactor.Level); !errors.Is(err, unix.ENOMEM) {
			t.Fatalf("Modify: %v", err)
		}
		want := reactor.Event{Key: 7, Ready: reactor.ErrorReady}
		if events := <-done; len(events) != 1 || events[0] != want {
			t.Errorf("the Wait in progress returned %v, want %v", events, want)
		}
	})
}
