package waittest

import (
	"context"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
)

// A Wait is an operation that waits, in two of its forms. Both restore the state from before.
type Wait struct {
	Hold      func() // makes the operation wait; may be nil
	Free      func() // ends the wait
	Goroutine func(ctx context.Context) error
	Direct    func(co *coro.Co) error
}

// AllocatesNothing fails the test if a wait allocates, or if the operation does not wait.
func (w Wait) AllocatesNothing(t *testing.T) {
	t.Helper()
	if w.Hold == nil {
		w.Hold = func() {}
	}
	Goroutine(t, "goroutine", 0, w.Free, func(ctx context.Context) error {
		w.Hold()
		return w.Goroutine(ctx)
	})
	w.directAllocatesNothing(t)
}

// directAllocatesNothing has a task that waits again and again, on a [Solo].
func (w Wait) directAllocatesNothing(t *testing.T) {
	t.Helper()
	h := NewSolo()
	defer h.Close()
	begun, ended := 0, 0
	s := Body(h, func(co *coro.Co) error {
		for {
			if err := co.Suspend(); err != nil {
				return err
			}
			begun++
			if err := w.Direct(co); err != nil {
				return err
			}
			ended++
		}
	})
	h.Run()
	Allocates(t, "direct style", 0, func() {
		w.Hold()
		s.Wake()
		h.Run()
		if ended != begun-1 {
			t.Error("direct style: it did not wait")
		}
		w.Free()
		h.Run()
		if ended != begun {
			t.Error("direct style: it is still waiting")
		}
	})
	s.Abort()
	h.Run()
}

// Goroutine fails the test unless wait, in the form for goroutines, blocks, and allocates n times. free, which is
// called when wait is about to block, ends the wait.
func Goroutine(t *testing.T, what string, n float64, free func(), wait func(ctx context.Context) error) {
	t.Helper()
	blocks(t, what, n, &blocking{free: free}, wait, nil)
}

// CancelledGoroutine is Goroutine for a wait that its context ends.
func CancelledGoroutine(t *testing.T, what string, n float64, wait func(ctx context.Context) error) {
	t.Helper()
	ctx := &blocking{}
	ctx.free = func() { ctx.cancelled = true }
	blocks(t, what, n, ctx, wait, context.Canceled)
}

func blocks(t *testing.T, what string, n float64, ctx *blocking, wait func(context.Context) error, want error) {
	t.Helper()
	rounds := 0
	Allocates(t, what, n, func() {
		rounds++
		ctx.cancelled = false
		if err := wait(ctx); err != want {
			t.Errorf("%s: have %v, want %v", what, err, want)
		}
	})
	if ctx.blocked != rounds {
		t.Errorf("%s: it has waited %d times in %d rounds", what, ctx.blocked, rounds)
	}
}

// A blocking context learns when its goroutine is about to block: that is when Done is called.
type blocking struct {
	context.Context
	free      func()
	blocked   int
	cancelled bool
}

func (b *blocking) Done() <-chan struct{} {
	b.blocked++
	if b.free(); b.cancelled {
		return closedChan
	}
	return nil
}

func (b *blocking) Err() error {
	if b.cancelled {
		return context.Canceled
	}
	return nil
}

func (b *blocking) Value(any) any { return nil }

var closedChan = func() chan struct{} { c := make(chan struct{}); close(c); return c }()
