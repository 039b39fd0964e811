package mpsc

import (
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// An UnboundedSender sends into an unbounded channel, which never waits. Any number of tasks and
// goroutines may use it at once. It is made by [Unbounded] or Clone; the methods of a zero one panic.
type UnboundedSender[T any] struct {
	c      *channel[T]
	closed bool // guarded by the lock of c
}

func (tx *UnboundedSender[T]) channel() *channel[T] {
	if tx.c == nil {
		panic("mpsc: an UnboundedSender is made by Unbounded")
	}
	return tx.c
}

// Send sends v. If the receiver takes no more values, or tx is closed, the error is [ErrClosed] and v was not
// sent. Any goroutine.
func (tx *UnboundedSender[T]) Send(v T) error { return tx.SendOn(nil, v) }

// SendOn is [UnboundedSender.Send] for a caller that is in a poll.
func (tx *UnboundedSender[T]) SendOn(cx *core.Context, v T) error {
	c := tx.channel()
	c.mu.Lock()
	if c.intake.Closed || tx.closed {
		c.mu.Unlock()
		return ErrClosed
	}
	w := c.push(v)
	c.mu.Unlock()
	waitlist.Wake(cx, w)
	return nil
}

// Clone returns another sender of the channel, with a Close of its own. The clone of a closed sender is
// closed. Any goroutine.
func (tx *UnboundedSender[T]) Clone() *UnboundedSender[T] {
	closed := tx.channel().addSender(&tx.closed)
	return &UnboundedSender[T]{c: tx.c, closed: closed}
}

// Close closes tx. After the Close of the last sender the receiver gets what is queued and then [ErrClosed].
// A second Close does nothing. Any goroutine.
func (tx *UnboundedSender[T]) Close() { tx.CloseOn(nil) }

// CloseOn is [UnboundedSender.Close] for a caller that is in a poll.
func (tx *UnboundedSender[T]) CloseOn(cx *core.Context) { tx.channel().removeSender(cx, &tx.closed) }

// Downgrade returns a sender that does not keep the channel open. Any goroutine.
func (tx *UnboundedSender[T]) Downgrade() WeakUnboundedSender[T] {
	return WeakUnboundedSender[T]{tx.channel()}
}

// Len returns the number of queued values. Any goroutine.
func (tx *UnboundedSender[T]) Len() int { return tx.channel().len() }
