package mpsc

import (
	"context"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/internal/ends"
	"github.com/moduvex/moduvex-go/core/coro"
)

// Closed reports whether the receiver takes no more values, after its Stop or Close. Every send fails then.
// Any goroutine.
func (tx *Sender[T]) Closed() bool { return tx.channel().intake.IsClosed() }

// UntilClosed suspends the body of co until the receiver takes no more values, so that a sender whose values
// are expensive to make can stop. The error says why co was cancelled.
func (tx *Sender[T]) UntilClosed(co *coro.Co) error { return tx.channel().intake.Wait(co) }

// UntilClosedWait is UntilClosed for plain goroutines. The error is the cause of ctx.
func (tx *Sender[T]) UntilClosedWait(ctx context.Context) error {
	return tx.channel().intake.WaitBlocking(ctx)
}

// UntilClosedFuture returns the future that is ready once the receiver takes no more values.
func (tx *Sender[T]) UntilClosedFuture() ClosedFuture {
	return ClosedFuture{tx.channel().intake.Future()}
}

// Closed is [Sender.Closed].
func (tx *UnboundedSender[T]) Closed() bool { return tx.channel().intake.IsClosed() }

// UntilClosed is [Sender.UntilClosed].
func (tx *UnboundedSender[T]) UntilClosed(co *coro.Co) error { return tx.channel().intake.Wait(co) }

// UntilClosedWait is [Sender.UntilClosedWait].
func (tx *UnboundedSender[T]) UntilClosedWait(ctx context.Context) error {
	return tx.channel().intake.WaitBlocking(ctx)
}

// UntilClosedFuture is [Sender.UntilClosedFuture].
func (tx *UnboundedSender[T]) UntilClosedFuture() ClosedFuture {
	return ClosedFuture{tx.channel().intake.Future()}
}

// A ClosedFuture is ready once the receiver of a channel takes no more values. It must not be copied after its
// first poll. After it was ready, and after a Drop, it can be polled again.
type ClosedFuture struct{ f ends.ClosedFuture }

var (
	_ core.Future[struct{}] = (*ClosedFuture)(nil)
	_ core.Dropper          = (*ClosedFuture)(nil)
)

// Poll reports whether the receiver takes no more values.
func (f *ClosedFuture) Poll(cx *core.Context) (struct{}, bool) { return f.f.Poll(cx) }

// Drop ends the wait.
func (f *ClosedFuture) Drop() { f.f.Drop() }
