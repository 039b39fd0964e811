package oneshot

import (
	"context"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/internal/ends"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// A Receiver is the end that receives. Any goroutine may call its methods; at most one task or goroutine at a
// time waits with it, and another one panics. It is made by [New]; the methods of a zero Receiver panic.
//
// A Receiver is a future. It can be polled again after it was ready: it is ready with the value once, and
// with [ErrReceived] from then on. Its Drop ends the wait and leaves the receiver open, so a combinator may drop
// the receiver, and the next poll waits again. A task that passes a receiver with a pending poll to another task
// drops it first. Close ends the use of a receiver.
type Receiver[T any] struct{ c channel[T] }

var (
	_ core.Future[core.Result[int]] = (*Receiver[int])(nil)
	_ core.Dropper                  = (*Receiver[int])(nil)
)

func (rx *Receiver[T]) channel() *channel[T] {
	if !rx.c.made {
		panic("oneshot: a Receiver is made by New")
	}
	return &rx.c
}

// Poll returns the value, or [ErrClosed] or [ErrReceived] if there will be none.
func (rx *Receiver[T]) Poll(cx *core.Context) (core.Result[T], bool) {
	c := rx.channel()
	if !cx.Spend() {
		return core.Result[T]{}, false
	}
	if r, ok := c.recv(cx, cx.Waker()); ok {
		return r, true
	}
	ends.Pending(cx)
	return core.Result[T]{}, false
}

// Drop ends the wait of a pending Poll. The receiver stays open.
func (rx *Receiver[T]) Drop() {
	c := rx.channel()
	c.unregister(&c.receiver)
}

// Recv suspends the body of co until there is a value. The error is [ErrClosed], [ErrReceived], or says why co was
// cancelled; after a cancellation the value can still be received.
func (rx *Receiver[T]) Recv(co *coro.Co) (T, error) {
	return ends.Flat(coro.Await[core.Result[T]](co, rx))
}

// RecvWait blocks the calling goroutine until there is a value. The error is [ErrClosed], [ErrReceived], or the
// cause of ctx if ctx is done first.
func (rx *Receiver[T]) RecvWait(ctx context.Context) (T, error) {
	return ends.Flat(waitlist.Block[core.Result[T]](ctx, rx))
}

// TryRecv returns the value if there is one. Otherwise the error is [ErrEmpty], or [ErrClosed] or [ErrReceived]
// if there will be none. It wakes a task that waits with rx if that has a result then.
func (rx *Receiver[T]) TryRecv() (T, error) {
	r, ok := rx.channel().try()
	if !ok {
		return r.Value, ErrEmpty
	}
	return r.Get()
}

// Stop makes Send fail from now on. A value that was sent before can still be received. After another Stop it
// does nothing.
func (rx *Receiver[T]) Stop() { rx.channel().closeReceiver(false) }

// Close closes the receiver. It is a Stop that also releases a value that was sent and not received. A
// receiver that must dispose of the value calls Stop and then TryRecv, and needs no Close. After another Close
// it does nothing.
func (rx *Receiver[T]) Close() { rx.channel().closeReceiver(true) }
