package reactortest

import (
	"errors"
	"net"
	"os"
	"sync"
	"testing"

	"github.com/moduvex/moduvex-go/reactor"
)

var closeCases = []testCase{
	{"Close ends a Wait in progress with ErrClosed", testCloseWhileWaiting},
	{"a closed Poller returns ErrClosed", testClosedPoller},
	{"Close leaves the descriptors open", testCloseLeavesOpen},
	{"Close races with everything", testCloseRace},
}

func testCloseWhileWaiting(t *testing.T, s *suite) {
	for range 20 {
		r := s.rig(t)
		a, _ := r.pair()
		r.add(a.FD(), 7, reactor.Readable, reactor.Edge)
		w := r.goWait(-1)
		if err := r.p.Close(); err != nil {
			t.Fatal(err)
		}
		if events := w.end(); !errors.Is(w.err, reactor.ErrClosed) || len(events) != 0 {
			t.Fatalf("Wait returned %v, %v; want ErrClosed", events, w.err)
		}
	}
}

func testClosedPoller(t *testing.T, s *suite) {
	r := s.rig(t)
	a, b := r.pair()
	r.add(a.FD(), 7, reactor.Writable, reactor.Level)
	if err := r.p.Close(); err != nil {
		t.Fatal(err)
	}
	checkClosed(t, r.p, a.FD(), b.FD())
}

// TestClosed tests that every method of p returns [reactor.ErrClosed]. A backend's test calls it with the zero value of
// its Poller.
func TestClosed(t *testing.T, p reactor.Poller) { checkClosed(t, p, 0, 1) }

// checkClosed calls every method of p, with descriptors that were and were not registered.
func checkClosed(t *testing.T, p reactor.Poller, registered, other uintptr) {
	t.Helper()
	kept := reactor.Event{Key: 3}
	calls := map[string]func() error{
		"Add":    func() error { return p.Add(other, 8, reactor.Writable, reactor.Level) },
		"Modify": func() error { return p.Modify(registered, 8, reactor.Writable, reactor.Level) },
		"Delete": func() error { return p.Delete(registered) },
		"Notify": p.Notify,
		"Close":  p.Close,
		"Wait": func() error {
			events, err := p.Wait([]reactor.Event{kept}, -1)
			if len(events) != 1 || events[0] != kept {
				t.Errorf("Wait changed its slice to %v", events)
			}
			return err
		},
	}
	if rearmer, ok := p.(reactor.Rearmer); ok {
		calls["Rearm"] = func() error { return rearmer.Rearm(registered, 7, reactor.Writable) }
	}
	for name, call := range calls {
		err := call()
		for _, want := range []error{reactor.ErrClosed, net.ErrClosed, os.ErrClosed} {
			if !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", name, err, want)
			}
		}
	}
}

func testCloseLeavesOpen(t *testing.T, s *suite) {
	r := s.rig(t)
	a, b := r.pair()
	r.add(a.FD(), 7, reactor.Readable, reactor.Level)
	if err := r.p.Close(); err != nil {
		t.Fatal(err)
	}
	r.write(a, "x")
	if _, eof := r.drain(b); eof {
		t.Fatal("the stream ended")
	}
}

// Every call during the Close must return its result or ErrClosed, and the Wait must end.
func testCloseRace(t *testing.T, s *suite) {
	for range 50 {
		r := s.rig(t)
		a, _ := r.pair()
		start := make(chan struct{})
		var wg sync.WaitGroup
		check := func(err error) bool {
			if err == nil || errors.Is(err, reactor.ErrExists) || errors.Is(err, reactor.ErrNotFound) {
				return true
			}
			if !errors.Is(err, reactor.ErrClosed) {
				t.Errorf("during Close: %v", err)
			}
			return false
		}
		for _, call := range []func() error{
			r.p.Notify,
			func() error { return r.p.Add(a.FD(), 1, reactor.Writable, reactor.Edge) },
			func() error { return r.p.Modify(a.FD(), 1, reactor.Writable, reactor.Edge) },
			func() error { return r.p.Delete(a.FD()) },
			func() error { _, err := r.p.Wait(nil, -1); return err },
		} {
			wg.Go(func() {
				<-start
				for check(call()) {
				}
			})
		}
		var closers sync.WaitGroup
		errs := make(chan error, 2)
		for range 2 {
			closers.Go(func() { <-start; errs <- r.p.Close() })
		}
		close(start)
		done := make(chan struct{})
		go func() { wg.Wait(); closers.Wait(); close(done) }()
		finish(t, done, "a call did not return after Close")
		if first, second := <-errs, <-errs; (first == nil) == (second == nil) {
			t.Fatalf("two Closes at a time: %v and %v, want one ErrClosed", first, second)
		}
	}
}
