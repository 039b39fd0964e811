package watch_test

import (
	"context"
	"runtime"
	"testing"
	"weak"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/racetest"
	"github.com/moduvex/moduvex-go/core/task"
)

func newHost(t testing.TB) *coretest.Host {
	h := coretest.New(1)
	t.Cleanup(h.Close)
	return h
}

// spawn makes a body a task of s.
func spawn[T any](s core.Spawner, body func(co *coro.Co) (T, error)) *task.Slot[T] {
	slot := coro.New(body)
	s.Spawn(&slot.Task)
	return slot
}

// output is that of a task that has ended.
func output[T any](t *testing.T, s *task.Slot[T]) (T, error) {
	t.Helper()
	v, err, ok := s.Take()
	if !ok {
		t.Fatalf("the task has not ended: it is %v", s.State())
	}
	return v, err
}

// settle steps until nothing is scheduled, without moving the clock.
func settle(h *coretest.Host) {
	for h.Step() {
	}
}

// waker counts its wakes.
type waker struct{ wakes int }

func (w *waker) Wake() { w.wakes++ }

// poll polls f by hand, with w as the waker.
func poll[T any](h *coretest.Host, w core.Waker, f core.Future[T]) (T, bool) {
	h.Context().ForHost().Begin(w)
	return f.Poll(h.Context())
}

// A spy is a host that counts what is woken through it.
type spy struct {
	*coretest.Host
	woken int
}

func (s *spy) Wake(w core.Waker) { s.woken++; w.Wake() }

// spied is a context of a spy.
func spied(t *testing.T) (*spy, *core.Context) {
	s := &spy{Host: newHost(t)}
	cx := core.NewContext(s)
	cx.ForHost().Begin(&waker{})
	return s, cx
}

// A locking waker calls f, which would never return if the lock of the channel were held.
func locking(f func()) core.Waker { return core.WakerFunc(f) }

func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func mustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if have := recover(); have != want {
			t.Errorf("have %v\n\twant %v", have, want)
		}
	}()
	f()
}

// A big value is noticed when it is let go of.
type big struct{ _ [64]byte }

func newBig() (*big, weak.Pointer[big]) {
	b := new(big)
	return b, weak.Make(b)
}

// released reports whether the value that w points at is gone.
func released(w weak.Pointer[big]) bool {
	for range 10 {
		if runtime.GC(); w.Value() == nil {
			return true
		}
	}
	return false
}

// A blocking is a context for a goroutine that is about to block: at that moment it does what lets the
// goroutine go on.
type blocking struct {
	context.Context
	free func()
	n    int
}

func (b *blocking) Done() <-chan struct{} {
	b.n++
	b.free()
	return nil
}

// waits fails the test unless wait waits, for free, and allocates n times.
func waits(t *testing.T, what string, n float64, free func(), wait func(ctx context.Context) error) {
	t.Helper()
	ctx := &blocking{Context: context.Background(), free: free}
	rounds := 0
	have := testing.AllocsPerRun(100, func() {
		rounds++
		if err := wait(ctx); err != nil {
			t.Error(err)
		}
	})
	if have != n && !racetest.Enabled || ctx.n != rounds {
		t.Errorf("%s: %v allocations, want %v; it has waited %d times in %d rounds", what, have, n, ctx.n, rounds)
	}
}
