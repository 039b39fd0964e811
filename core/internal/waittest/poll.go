package waittest

import (
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
)

// Host returns a host that the end of the test closes.
func Host(tb testing.TB) *coretest.Host {
	h := coretest.New(1)
	tb.Cleanup(h.Close)
	return h
}

// Settle steps h until no task is scheduled, without moving the clock.
func Settle(h *coretest.Host) {
	for h.Step() {
	}
}

// A Waker counts its wakes.
type Waker struct{ Wakes int }

// Wake implements [core.Waker].
func (w *Waker) Wake() { w.Wakes++ }

// Poll polls f by hand, with w as the waker.
func Poll[T any](h *coretest.Host, w core.Waker, f core.Future[T]) (T, bool) {
	h.Context().ForHost().Begin(w)
	return f.Poll(h.Context())
}

// A Waiter polls a future by hand and counts its wakes.
type Waiter[T any] struct {
	Waker
	Context *core.Context
	Future  core.Future[T]
}

// NewWaiter returns a Waiter of f with a host of its own.
func NewWaiter[T any](tb testing.TB, f core.Future[T]) *Waiter[T] {
	return &Waiter[T]{Future: f, Context: Host(tb).Context()}
}

// Poll polls the future.
func (w *Waiter[T]) Poll() (T, bool) {
	w.Context.ForHost().Begin(w)
	return w.Future.Poll(w.Context)
}

// Pends fails the test if the future is ready.
func (w *Waiter[T]) Pends(t *testing.T) {
	t.Helper()
	if v, ok := w.Poll(); ok {
		t.Fatalf("ready with %v, want pending", v)
	}
}

// Completes fails the test unless the future is ready, after the given number of wakes in all.
func (w *Waiter[T]) Completes(t *testing.T, wakes int) T {
	t.Helper()
	if w.Wakes != wakes {
		t.Errorf("woken %d times, want %d", w.Wakes, wakes)
	}
	v, ok := w.Poll()
	if !ok {
		t.Fatal("pending, want ready")
	}
	return v
}

// Drop drops the future.
func (w *Waiter[T]) Drop() { core.Drop(w.Future) }

// A Spy is a host that counts the wakes that go through it.
type Spy struct {
	*coretest.Host
	Woken int
}

// NewSpy returns a Spy, and a context of it that a poll has begun on.
func NewSpy(tb testing.TB) (*Spy, *core.Context) {
	s := &Spy{Host: Host(tb)}
	cx := core.NewContext(s)
	cx.ForHost().Begin(&Waker{})
	return s, cx
}

// Wake implements the method of [core.Host].
func (s *Spy) Wake(w core.Waker) { s.Woken++; w.Wake() }
