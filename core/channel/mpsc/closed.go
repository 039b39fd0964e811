package mpsc

import (
	"context"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// UntilClosed suspends the body of co until the receiver is closed, so that a sender which makes its
// values at some cost can stop. The error is why co was cancelled.
func (tx *Sender[T]) UntilClosed(co *coro.Co) error { return tx.c.untilClosed(co) }

// UntilClosedWait is UntilClosed for plain goroutines. The error is the cause of ctx.
func (tx *Sender[T]) UntilClosedWait(ctx context.Context) error { return tx.c.untilClosedWait(ctx) }

// UntilClosedFuture returns the future that answers once the receiver is closed.
func (tx *Sender[T]) UntilClosedFuture() ClosedFuture[T] { return ClosedFuture[T]{c: tx.c} }

// UntilClosed is [Sender.UntilClosed].
func (tx *UnboundedSender[T]) UntilClosed(co *coro.Co) error { return tx.c.untilClosed(co) }

// UntilClosedWait is [Sender.UntilClosedWait].
func (tx *UnboundedSender[T]) UntilClosedWait(ctx context.Context) error {
	return tx.c.untilClosedWait(ctx)
}

// UntilClosedFuture is [Sender.UntilClosedFuture].
func (tx *UnboundedSender[T]) UntilClosedFuture() ClosedFuture[T] { return ClosedFuture[T]{c: tx.c} }

func (c *channel[T]) untilClosed(co *coro.Co) error {
	f := c.borrow()
	f.closed.c = c
	_, err := coro.Await[struct{}](co, &f.closed)
	c.giveBack(f)
	return err
}

func (c *channel[T]) untilClosedWait(ctx context.Context) error {
	f := c.borrow()
	f.closed.c = c
	_, err := waitlist.Block[struct{}](ctx, &f.closed)
	c.giveBack(f)
	return err
}

func (c *channel[T]) giveBack(f *spare[T]) {
	f.closed.c = nil
	c.spares.Put(f)
}

// A ClosedFuture answers once the receiver of a channel is closed. It must not be copied once it
// was polled.
type ClosedFuture[T any] struct {
	c    *channel[T]
	node waitlist.Node
}

var (
	_ core.Future[struct{}] = (*ClosedFuture[int])(nil)
	_ core.Dropper          = (*ClosedFuture[int])(nil)
)

// Poll answers if the receiver is closed.
func (f *ClosedFuture[T]) Poll(cx *core.Context) (struct{}, bool) {
	c := f.c
	if c == nil {
		panic("mpsc: Poll of a ClosedFuture that no sender has made")
	}
	if !cx.Spend() {
		return struct{}{}, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		c.watching.Remove(&f.node)
		f.node.Reset()
		return struct{}{}, true
	case !c.watching.Rearm(&f.node, cx.Waker()):
		c.watching.Push(&f.node, cx.Waker())
	}
	pending(cx)
	return struct{}{}, false
}

// Drop gives up waiting.
func (f *ClosedFuture[T]) Drop() {
	if f.c != nil {
		f.c.mu.Lock()
		f.c.watching.Remove(&f.node)
		f.c.mu.Unlock()
		f.node.Reset()
	}
}
