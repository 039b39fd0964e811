package timer

import (
	"time"

	"github.com/moduvex/moduvex-go/core"
)

// Timeout returns a future that polls f for at most d from its first poll. It takes f over: at the
// deadline f is dropped, and the result is core.ErrDeadlineExceeded. f is polled before the time
// is looked at, so it gets one poll at least, and a value beats a deadline of the same instant. That f
// spends the whole budget at each poll does not keep the deadline from it.
func Timeout[T any](d time.Duration, f core.Future[T]) core.Future[core.Result[T]] {
	t := newTimeout(f)
	t.timer.d = d
	return t
}

// TimeoutAt is Timeout with the instant of the deadline.
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
	future core.Future[T] // nil once it has answered or was dropped
	timer  Timer
	due    bool // the deadline has passed, and the budget had nothing left for that
}

func (t *timeout[T]) Poll(cx *core.Context) (r core.Result[T], ok bool) {
	// The deadline costs an operation, as every answer does. If it could not be had after the poll of the
	// future, it is set aside before the next.
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

// Drop drops the future and disarms the timer. Should the future panic, the timer is disarmed all
// the same.
func (t *timeout[T]) Drop() {
	t.timer.Drop()
	f := t.future
	t.future = nil
	core.Drop(f)
}
