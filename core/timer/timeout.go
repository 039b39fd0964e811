package timer

import (
	"time"

	"github.com/moduvex/moduvex-go/core"
)

// A Result is what a [Timeout] comes to: the value, or core.ErrDeadlineExceeded.
type Result[T any] struct {
	Value T
	Err   error
}

// Timeout returns a future that polls f for at most d from its first poll. It takes f over: at the
// deadline f is dropped, and the result is core.ErrDeadlineExceeded. f is polled before the time
// is looked at, so it gets one poll at least, and a value beats a deadline of the same instant.
func Timeout[T any](d time.Duration, f core.Future[T]) core.Future[Result[T]] {
	t := newTimeout(f)
	t.timer.d = d
	return t
}

// TimeoutAt is Timeout with the instant of the deadline.
func TimeoutAt[T any](at time.Time, f core.Future[T]) core.Future[Result[T]] {
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
}

func (t *timeout[T]) Poll(cx *core.Context) (r Result[T], ok bool) {
	if r.Value, ok = t.future.Poll(cx); ok {
		t.future = nil
		t.timer.Drop()
		return r, true
	}
	if _, ok = t.timer.Poll(cx); ok {
		t.Drop()
		return Result[T]{Err: core.ErrDeadlineExceeded}, true
	}
	return r, false
}

// Drop drops the future and disarms the timer. Should the future panic, the timer is disarmed all
// the same.
func (t *timeout[T]) Drop() {
	t.timer.Drop()
	f := t.future
	t.future = nil
	core.Drop(f)
}
