package mpsc_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/racetest"
	"github.com/moduvex/moduvex-go/core/task"
)

// A waiter polls a future by hand and counts its wakes.
type waiter[T any] struct {
	f     core.Future[T]
	cx    *core.Context
	wakes int
}

func newWaiter[T any](tb testing.TB, f core.Future[T]) *waiter[T] {
	return &waiter[T]{f: f, cx: newHost(tb).Context()}
}

func (w *waiter[T]) Wake() { w.wakes++ }

func (w *waiter[T]) poll() (T, bool) {
	w.cx.ForHost().Begin(w)
	return w.f.Poll(w.cx)
}

// pends fails the test if the future answers.
func (w *waiter[T]) pends(t *testing.T) {
	t.Helper()
	if v, ok := w.poll(); ok {
		t.Fatalf("answered with %v, want pending", v)
	}
}

// answers fails the test unless the future answers, after the given number of wakes in all.
func (w *waiter[T]) answers(t *testing.T, wakes int) T {
	t.Helper()
	if w.wakes != wakes {
		t.Errorf("woken %d times, want %d", w.wakes, wakes)
	}
	v, ok := w.poll()
	if !ok {
		t.Fatal("pending, want an answer")
	}
	return v
}

func (w *waiter[T]) drop() { core.Drop(w.f) }

func newHost(tb testing.TB) *coretest.Host {
	h := coretest.New(1)
	tb.Cleanup(h.Close)
	return h
}

// body spawns a body in direct style whose output is an error.
func body(h core.Spawner, f func(co *coro.Co) error) *task.Slot[struct{}] {
	s := coro.New(func(co *coro.Co) (struct{}, error) { return struct{}{}, f(co) })
	h.Spawn(&s.Task)
	return s
}

// ended returns the error that the body ended with.
func ended(t *testing.T, s *task.Slot[struct{}]) error {
	t.Helper()
	_, err, done := s.Take()
	if !done {
		t.Fatal("the body has not ended")
	}
	return err
}

func mustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if have := fmt.Sprint(recover()); have != want {
			t.Errorf("panic: have %s, want %s", have, want)
		}
	}()
	f()
}

// cancelled is a context that is done.
func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// A spy is a host that notes what was woken through it.
type spy struct {
	*coretest.Host
	woken int
}

func newSpy(t *testing.T) (*spy, *core.Context) {
	s := &spy{Host: newHost(t)}
	return s, core.NewContext(s)
}

func (s *spy) Wake(w core.Waker) { s.woken++; w.Wake() }

// allocates fails the test unless f allocates n times a call.
func allocates(t *testing.T, what string, n float64, f func()) {
	t.Helper()
	if racetest.Enabled {
		f()
		return
	}
	if have := testing.AllocsPerRun(200, f); have != n {
		t.Errorf("%s: %v allocations, want %v", what, have, n)
	}
}
