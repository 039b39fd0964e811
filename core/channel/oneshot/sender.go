package oneshot

import (
	"context"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// A Sender is the end that sends. Its methods may be called from any goroutine; at most one task or
// goroutine at a time waits in Closed. Copies stand for the same end.
type Sender[T any] struct{ c *channel[T] }

func (s Sender[T]) channel() *channel[T] {
	if s.c == nil {
		panic("oneshot: a Sender is made by New")
	}
	return s.c
}

// Send sends v, and wakes the receiver. It returns [ErrClosed] if the receiver is gone: v was not
// taken then, and is the caller's as before. A receiver that goes later, without looking, makes a
// Send that succeeded vain. It never waits. A second Send panics, and so does one after Close.
func (s Sender[T]) Send(v T) error { return s.SendOn(nil, v) }

// SendOn is [Sender.Send] for a caller that is in a poll.
func (s Sender[T]) SendOn(cx *core.Context, v T) error {
	if !s.channel().send(cx, v) {
		return ErrClosed
	}
	return nil
}

// Close gives the sending up: the receiver is answered [ErrClosed]. After a Send, or a Close, it
// changes nothing.
func (s Sender[T]) Close() { s.channel().closeSender() }

// IsClosed reports whether the receiver is gone: it was closed or dropped, or it has received.
func (s Sender[T]) IsClosed() bool {
	c := s.channel()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.receiverDone
}

// Closed suspends the body of co until the receiver is gone, so that work for it can be given up.
// The error is why co was cancelled.
func (s Sender[T]) Closed(co *coro.Co) error {
	_, err := coro.Await[struct{}](co, s.ClosedFuture())
	return err
}

// ClosedWait is Closed for a goroutine outside the runtime: it blocks until the receiver is gone,
// or until ctx is done, and then returns its cause.
func (s Sender[T]) ClosedWait(ctx context.Context) error {
	_, err := waitlist.Block[struct{}](ctx, s.ClosedFuture())
	return err
}

// ClosedFuture is Closed in poll style.
func (s Sender[T]) ClosedFuture() ClosedFuture[T] { return ClosedFuture[T]{s.channel()} }

// A ClosedFuture answers when the receiver is gone. Dropping it only ends the wait.
type ClosedFuture[T any] struct{ c *channel[T] }

var (
	_ core.Future[struct{}] = ClosedFuture[int]{}
	_ core.Dropper          = ClosedFuture[int]{}
)

// Poll answers when the receiver is gone.
func (f ClosedFuture[T]) Poll(cx *core.Context) (struct{}, bool) {
	if !cx.Spend() {
		return struct{}{}, false
	}
	if f.c.awaitGone(cx.Waker()) {
		return struct{}{}, true
	}
	cx.Refund()
	cx.Waits(core.WaitChannel)
	return struct{}{}, false
}

// Drop ends the wait.
func (f ClosedFuture[T]) Drop() { f.c.forget(&f.c.sender) }
