package reactor_test

import (
	"bytes"
	"errors"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
)

// Regression: wakers ran under the reactor's lock.
func TestWakersRunOutsideEveryLock(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(r *rig, g *reactor.Registration) error
	}{
		{"Wait", func(r *rig, g *reactor.Registration) error { r.report(3, reactor.ReadReady); return nil }},
		{"Deregister", func(r *rig, g *reactor.Registration) error { return g.Deregister() }},
		{"Close", func(r *rig, g *reactor.Registration) error { return r.r.Close() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			g := r.register(3)
			w := new(counter)
			w.do = func() {
				if reactor.Locked(g) {
					t.Error("a waker runs under a lock")
					return
				}
				g.PollReady(new(counter), reactor.Write)
				g.Unwait(w, reactor.Read)
				r.r.Len()
				r.r.Notify()
			}
			pending(t, g, w, reactor.Read)
			if err := c.do(r, g); err != nil {
				t.Fatal(err)
			}
			woken(t, w, 1)
		})
	}
}

// Regression: a source dropped in a waker leaked its registration.
func TestAWakerMayDropItsOwnRegistration(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	var other counter
	w := &counter{do: func() {
		if err := g.CloseWith(func(uintptr) error { return nil }); err != nil {
			t.Error(err)
		}
	}}
	pending(t, g, w, reactor.Read)
	pending(t, g, &other, reactor.Write)
	r.report(3, reactor.ReadReady)
	woken(t, w, 1)
	woken(t, &other, 1)
	if n := r.r.Len(); n != 0 {
		t.Fatalf("%d registrations are left", n)
	}
	if _, _, _, ok := r.f.Registered(3); ok {
		t.Fatal("the Poller still has the descriptor")
	}
}

func TestDeregisterWakesBothDirectionsWithClosed(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	var reader, writer counter
	pending(t, g, &reader, reactor.Read)
	pending(t, g, &writer, reactor.Write)
	if err := g.Deregister(); err != nil {
		t.Fatal(err)
	}
	woken(t, &reader, 1)
	woken(t, &writer, 1)
	for _, d := range []reactor.Direction{reactor.Read, reactor.Write} {
		ev := ready(t, g, d, reactor.Closed)
		g.ClearReady(ev, d)
		ready(t, g, d, reactor.Closed)
	}
	if err := g.Deregister(); !errors.Is(err, reactor.ErrClosed) {
		t.Fatalf("second Deregister: %v", err)
	}
	if n := r.f.Calls("delete"); n != 1 {
		t.Fatalf("%d Deletes", n)
	}
}

func TestAFailedDeleteClosesTheRegistrationAllTheSame(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	r.f.FailNext("delete", syscall.EBADF)
	closed := 0
	if err := g.CloseWith(func(uintptr) error { closed++; return nil }); !errors.Is(err, syscall.EBADF) {
		t.Fatalf("CloseWith: %v", err)
	}
	if closed != 1 || r.r.Len() != 0 {
		t.Fatalf("closed %d times, %d registrations left", closed, r.r.Len())
	}
}

// Regression: descriptors were closed before they were deregistered.
func TestCloseWithDeregistersFirstAndClosesOnce(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	closed := 0
	closeFD := func(fd uintptr) error {
		closed++
		if _, _, _, ok := r.f.Registered(fd); ok || fd != 3 {
			t.Errorf("fd %d is still registered when it is closed", fd)
		}
		return nil
	}
	if err := g.CloseWith(closeFD); err != nil {
		t.Fatal(err)
	}
	if err := g.CloseWith(closeFD); !errors.Is(err, reactor.ErrClosed) {
		t.Fatalf("second CloseWith: %v", err)
	}
	if closed != 1 {
		t.Fatalf("closed %d times", closed)
	}

	// The same after a Deregister, and after the Reactor has closed.
	g = r.register(3)
	g.Deregister()
	if err := g.CloseWith(closeFD); err != nil || closed != 2 {
		t.Fatalf("after Deregister: %v, closed %d times", err, closed)
	}
	g = r.register(3)
	r.r.Close()
	err := g.CloseWith(func(uintptr) error { closed++; return syscall.EIO })
	if !errors.Is(err, syscall.EIO) || closed != 3 {
		t.Fatalf("after Close: %v, closed %d times", err, closed)
	}
}

func TestAStaleEventWakesNobody(t *testing.T) {
	r := newRig(t)
	old := r.register(3)
	key := reactor.KeyOf(old)
	if err := old.CloseWith(func(uintptr) error { return nil }); err != nil {
		t.Fatal(err)
	}
	g := r.register(3) // the number is reused, and so is the slot
	if reactor.KeyOf(g) == key {
		t.Fatal("the Key did not change")
	}
	var w counter
	pending(t, g, &w, reactor.Read)
	r.f.FireKey(key, reactor.ReadReady|reactor.ErrorReady)
	r.f.FireKey(key+1, reactor.ReadReady) // a slot that does not exist
	r.waitAndWake()
	woken(t, &w, 0)
	pending(t, g, &w, reactor.Read)
	ready(t, old, reactor.Read, reactor.Closed)
}

// slowDelete is a Poller whose Delete blocks until it is released.
type slowDelete struct {
	reactor.Poller
	entered, release chan struct{}
	deleted          atomic.Bool
}

func (p *slowDelete) Delete(fd uintptr) error {
	close(p.entered)
	<-p.release
	err := p.Poller.Delete(fd)
	p.deleted.Store(true)
	return err
}

// closeSecond is a separate function, so that its goroutine can be found by its stack.
func closeSecond(t *testing.T, g *reactor.Registration, deleted *atomic.Bool, result chan<- error) {
	result <- g.CloseWith(func(uintptr) error {
		if !deleted.Load() {
			t.Error("closed before it was deleted")
		}
		return nil
	})
}

// waitsForALock reports whether a goroutine with the function on its stack waits for a mutex.
func waitsForALock(function string) bool {
	stacks := make([]byte, 1<<20)
	for _, g := range bytes.Split(stacks[:runtime.Stack(stacks, true)], []byte("\n\n")) {
		if bytes.Contains(g, []byte("[sync.Mutex.Lock")) && bytes.Contains(g, []byte("."+function+"(")) {
			return true
		}
	}
	return false
}

// Of two concurrent Deregisters the second must not return before the Delete of the first: its caller closes the
// descriptor then, and the number could belong to another file.
func TestTheSecondToDeregisterWaitsForTheDelete(t *testing.T) {
	p := &slowDelete{Poller: newRig(t).f, entered: make(chan struct{}), release: make(chan struct{})}
	r := reactor.New(p)
	g, err := r.Register(3, both)
	if err != nil {
		t.Fatal(err)
	}
	first, second := make(chan error), make(chan error, 1)
	go func() { first <- g.Deregister() }()
	<-p.entered
	go closeSecond(t, g, &p.deleted, second)
	for deadline := time.Now().Add(testTimeout); !waitsForALock("closeSecond") && len(second) == 0; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Error("the second neither waits nor returns")
			break
		}
	}
	close(p.release)
	if err := <-first; err != nil {
		t.Errorf("Deregister: %v", err)
	}
	if err := <-second; err != nil {
		t.Errorf("CloseWith: %v", err)
	}
}
