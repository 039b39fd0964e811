package oneshot

import (
	"context"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/internal/ends"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// A Sender is the end that sends, once. Any goroutine may call its methods; at most one task or goroutine at a
// time waits with an UntilClosed, and another one panics. It is made by [New]; the methods of a zero Sender
// panic.
type Sender[T any] struct{ c channel[T] }

func (tx *Sender[T]) channel() *channel[T] {
	if !tx.c.made {
		panic("oneshot: a Sender is made by New")
	}
	return &tx.c
}

// Send sends v, wakes the receiver, and closes tx. It never waits. If tx has sent or is closed, or the
// receiver is stopped or closed, the error is [ErrClosed], and the channel does not keep v. A nil error does not mean
// that v is received: a later Close of the receiver releases v.
func (tx *Sender[T]) Send(v T) error { return tx.SendOn(nil, v) }

// SendOn is [Sender.Send] for a caller that is in a poll.
func (tx *Sender[T]) SendOn(cx *core.Context, v T) error {
	if !tx.channel().send(cx, v) {
		return ErrClosed
	}
	return nil
}

// Close closes tx: the receiver gets [ErrClosed]. After a Send, or another Close, it does nothing.
func (tx *Sender[T]) Close() { tx.CloseOn(nil) }

// CloseOn is [Sender.Close] for a caller that is in a poll.
func (tx *Sender[T]) CloseOn(cx *core.Context) { tx.channel().closeSender(cx) }

// Closed reports whether the receiver takes no value that is yet to be sent: it was stopped or
// closed, or it has received.
func (tx *Sender[T]) Closed() bool { return tx.channel().receiverClosed(nil) }

// UntilClosed suspends the body of co until Closed is true, so that the body can stop work for the receiver. The
// error says why co was cancelled.
func (tx *Sender[T]) UntilClosed(co *coro.Co) error {
	_, err := coro.Await[struct{}](co, tx.UntilClosedFuture())
	return err
}

// UntilClosedWait is UntilClosed for plain goroutines. The error is the cause of ctx.
func (tx *Sender[T]) UntilClosedWait(ctx context.Context) error {
	_, err := waitlist.Block[struct{}](ctx, tx.UntilClosedFuture())
	return err
}

// UntilClosedFuture returns the future that is ready once Closed is true.
func (tx *Sender[T]) UntilClosedFuture() ClosedFuture[T] { return ClosedFuture[T]{tx.channel()} }

// A ClosedFuture is ready once Closed of its sender is true. It can be polled again after
// it was ready, and after a Drop.
type ClosedFuture[T any] struct{ c *channel[T] }

var (
	_ core.Future[struct{}] = ClosedFuture[int]{}
	_ core.Dropper          = ClosedFuture[int]{}
)

// Poll reports whether Closed of the sender is true.
func (f ClosedFuture[T]) Poll(cx *core.Context) (struct{}, bool) {
	if f.c == nil {
		panic("oneshot: Poll of a ClosedFuture that no Sender has made")
	}
	if !cx.Spend() {
		return struct{}{}, false
	}
	if f.c.receiverClosed(cx.Waker()) {
		return struct{}{}, true
	}
	ends.Pending(cx)
	return struct{}{}, false
}

// Drop ends the wait.
func (f ClosedFuture[T]) Drop() {
	if f.c != nil {
		f.c.unregister(&f.c.sender)
	}
}
