package oneshot

import (
	"context"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// A Receiver is the end that receives. It is a core.Future of the [Result]; whoever polls it last is
// who is woken, so it may move between tasks, but only one at a time waits. Copies stand for the same
// end.
type Receiver[T any] struct{ c *channel[T] }

var (
	_ core.Future[Result[int]] = Receiver[int]{}
	_ core.Dropper             = Receiver[int]{}
)

func (r Receiver[T]) channel() *channel[T] {
	if r.c == nil {
		panic("oneshot: a Receiver is made by New")
	}
	return r.c
}

// Poll answers with the value, or with why there is none. It may be polled again after it has
// answered: a value is answered once, and [ErrReceived] from then on.
func (r Receiver[T]) Poll(cx *core.Context) (Result[T], bool) {
	c := r.channel()
	if !cx.Spend() {
		return Result[T]{}, false
	}
	if v, ok := c.recv(cx, cx.Waker()); ok {
		return v, true
	}
	cx.Refund()
	cx.Waits(core.WaitChannel)
	return Result[T]{}, false
}

// Drop gives the receiver up: Send fails from now on, and a value that was sent is released. Any
// goroutine.
func (r Receiver[T]) Drop() { r.channel().closeReceiver(true) }

// Close makes Send fail from now on. A value that was sent before can still be received. Any
// goroutine.
func (r Receiver[T]) Close() { r.channel().closeReceiver(false) }

// Recv suspends the body of co until there is a value. The error is [ErrClosed], [ErrReceived], or
// why co was cancelled; in the last case the receiver is as good as before.
func (r Receiver[T]) Recv(co *coro.Co) (T, error) {
	return flat(coro.Await[Result[T]](co, waiting[T]{Receiver[T]{r.channel()}}))
}

// RecvWait is Recv for a goroutine outside the runtime: it blocks until there is a value, or until
// ctx is done, and then returns its cause.
func (r Receiver[T]) RecvWait(ctx context.Context) (T, error) {
	return flat(waitlist.Block[Result[T]](ctx, waiting[T]{Receiver[T]{r.channel()}}))
}

func flat[T any](r Result[T], err error) (T, error) {
	if err == nil {
		err = r.Err
	}
	return r.Value, err
}

// TryRecv returns the value, or [ErrEmpty] if there is none yet, or [ErrClosed] or [ErrReceived] if
// there will be none.
func (r Receiver[T]) TryRecv() (T, error) {
	v, ok := r.channel().try()
	if !ok {
		return v.Value, ErrEmpty
	}
	return v.Value, v.Err
}

// waiting is a receiver whose Drop only ends the wait.
type waiting[T any] struct{ Receiver[T] }

func (w waiting[T]) Drop() { w.c.forget(&w.c.receiver) }
