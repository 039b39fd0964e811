package timer

import (
	"time"

	"github.com/moduvex/moduvex-go/core"
)

// Timeout returns a future that polls f for at most d from its first poll. It takes f over: at the
// deadline it drops f, and the result has core.ErrDeadlineExceeded. It polls f before it checks the
// time, so f gets one poll at least, and a value beats a deadline of the same instant. The deadline takes
// effect also if f spends the whole budget at each poll. A nil f panics.
func Timeout[T any](d time.Duration, f core.Future[T]) core.Future[core.Result[T]] {
	t := newTimeout(f)
	t.timer.d = d
	return t
}

// TimeoutAt is Timeout with a deadline at the instant at.
func TimeoutAt[T any](at time.Time, f core.Future[T]) core.Future[core.Result[T]] {
	t := newTimeout(f)
	t.timer.until = &at
	return t
}

func newTimeout[T any](f core.Future[T]) *timeout[T] {
	if f == nil {
		panic("timer: Timeout of a nil Future")
	}
	return &timeout[T]{future: f}
}

type timeout[T any] struct {
	future core.Future[T] // nil once it has completed or was dropped
	timer  Timer
	due    bool // the deadline has passed, but the budget was spent
}

func (t *timeout[T]) Poll(cx *core.Context) (r core.Result[T], ok bool) {
	// The deadline costs an operation, as every completion does. If the budget was spent after the poll of
	// the future, the operation is taken before the next poll.
	paid := t.due && cx.Spend()
	if r.Value, ok = t.future.Poll(cx); ok {
		if paid {
			cx.Refund()
		}
		t.future = nil
		t.timer.Drop()
		return r, true
	}
	if !paid {
		if _, ok = t.timer.reached(cx); !ok {
			return r, false
		}
		if !cx.Spend() {
			t.due = true
			return r, false
		}
	}
	t.Drop()
	return core.Result[T]{Err: core.ErrDeadlineExceeded}, true
}

// Drop drops the future and disarms the timer, also if the Drop of the future panics.
func (t *timeout[T]) Drop() {
	t.timer.Drop()
	f := t.future
	t.future = nil
	core.Drop(f)
}
