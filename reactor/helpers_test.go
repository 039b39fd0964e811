package reactor_test

import (
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/reactortest"
)

// counter is a Waker that counts its wakes and calls do, if it is set.
type counter struct {
	n  atomic.Int32
	do func()
}

func (c *counter) Wake() {
	c.n.Add(1)
	if c.do != nil {
		c.do()
	}
}

// rig is a Reactor on a Fake.
type rig struct {
	t testing.TB
	f *reactortest.Fake
	r *reactor.Reactor
}

func newRig(t testing.TB) *rig {
	f := reactortest.NewFake()
	return &rig{t: t, f: f, r: reactor.New(f)}
}

const both = reactor.Readable | reactor.Writable

func (r *rig) register(fd uintptr) *reactor.Registration {
	r.t.Helper()
	g, err := r.r.Register(fd, both)
	if err != nil {
		r.t.Fatalf("Register: %v", err)
	}
	return g
}

// waitAndWake waits once and wakes the wakers, as a worker does.
func (r *rig) waitAndWake() {
	r.t.Helper()
	wakers, err := r.r.Wait(0, nil)
	if err != nil {
		r.t.Fatalf("Wait: %v", err)
	}
	for _, w := range wakers {
		w.Wake()
	}
}

// report fires ready for fd and calls waitAndWake.
func (r *rig) report(fd uintptr, ready reactor.Readiness) {
	r.t.Helper()
	r.f.Fire(fd, ready)
	r.waitAndWake()
}

// pending polls g with w and fails if g is ready.
func pending(t testing.TB, g *reactor.Registration, w reactor.Waker, d reactor.Direction) {
	t.Helper()
	if ev, ok := g.PollReady(w, d); ok {
		t.Fatalf("%v is ready: %v", d, ev.Ready)
	}
}

// ready polls g and fails if g is not ready.
func ready(t testing.TB, g *reactor.Registration, d reactor.Direction, want reactor.Readiness) reactor.ReadyEvent {
	t.Helper()
	ev, ok := g.PollReady(new(counter), d)
	if !ok || ev.Ready&want != want {
		t.Fatalf("%v: %v, %v; want %v", d, ev.Ready, ok, want)
	}
	return ev
}

func woken(t testing.TB, w *counter, want int32) {
	t.Helper()
	if n := w.n.Load(); n != want {
		t.Fatalf("woken %d times, want %d", n, want)
	}
}
