package reactor_test

import (
	"errors"
	"testing"

	"github.com/moduvex/moduvex-go/reactor"
)

func TestTheZeroReactorIsClosed(t *testing.T) {
	var r reactor.Reactor
	_, registerErr := r.Register(0, reactor.Readable)
	kept := []reactor.Waker{new(counter)}
	wakers, waitErr := r.Wait(-1, kept)
	if len(wakers) != 1 || wakers[0] != kept[0] {
		t.Errorf("Wait changed its slice to %v", wakers)
	}
	for name, err := range map[string]error{
		"Register": registerErr, "Wait": waitErr, "Notify": r.Notify(), "Close": r.Close(),
	} {
		if !errors.Is(err, reactor.ErrClosed) {
			t.Errorf("%s: %v, want ErrClosed", name, err)
		}
	}
	if n := r.Len(); n != 0 {
		t.Errorf("Len is %d", n)
	}
}

// A zero Registration must not use descriptor 0, and a task that polls it must not wait for ever.
func TestTheZeroRegistrationIsClosed(t *testing.T) {
	var g reactor.Registration
	var w counter
	for _, d := range []reactor.Direction{reactor.Read, reactor.Write} {
		ev, ok := g.PollReady(&w, d)
		if !ok || ev.Ready != reactor.Closed {
			t.Errorf("PollReady of %v: %v, %v; want Closed", d, ev.Ready, ok)
		}
		if ev, ok := g.PollReadyAfter(&w, d, ev); !ok || ev.Ready != reactor.Closed {
			t.Errorf("PollReadyAfter of %v: %v, %v; want Closed", d, ev.Ready, ok)
		}
		g.ClearReady(ev, d)
		if g.HasWaiters(d) {
			t.Errorf("a waiter for %v is registered", d)
		}
	}
	if fd := g.FD(); fd != reactor.NoFD {
		t.Errorf("FD is %d", fd)
	}
	if err := g.Deregister(); !errors.Is(err, reactor.ErrClosed) {
		t.Errorf("Deregister: %v, want ErrClosed", err)
	}
	err := g.CloseWith(func(fd uintptr) error { t.Errorf("descriptor %d is closed", fd); return nil })
	if !errors.Is(err, reactor.ErrClosed) {
		t.Errorf("CloseWith: %v, want ErrClosed", err)
	}
}
