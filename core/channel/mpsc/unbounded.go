package mpsc

import (
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// An UnboundedSender sends into an unbounded channel, which never waits. Any number of tasks and
// goroutines may use it at once.
type UnboundedSender[T any] struct {
	c      *channel[T]
	closed bool // guarded by the lock of c
}

// Send sends v. The error is [ErrClosed]; v was not sent then. Any goroutine.
func (tx *UnboundedSender[T]) Send(v T) error { return tx.SendOn(nil, v) }

// SendOn is [UnboundedSender.Send] for a caller that is in a poll.
func (tx *UnboundedSender[T]) SendOn(cx *core.Context, v T) error {
	c := tx.c
	c.mu.Lock()
	if c.closed || tx.closed {
		c.mu.Unlock()
		return ErrClosed
	}
	w := c.push(v)
	c.mu.Unlock()
	waitlist.Wake(cx, w)
	return nil
}

// Clone returns another sender of the channel. It panics if tx is closed. Any goroutine.
func (tx *UnboundedSender[T]) Clone() *UnboundedSender[T] {
	tx.c.addSender(&tx.closed)
	return &UnboundedSender[T]{c: tx.c}
}

// Close closes tx. With the last sender the channel ends: see the package comment. The second Close
// returns [ErrClosed]. Any goroutine.
func (tx *UnboundedSender[T]) Close() error { return tx.c.removeSender(&tx.closed) }

// Downgrade returns a sender that does not keep the channel open. Any goroutine.
func (tx *UnboundedSender[T]) Downgrade() WeakUnboundedSender[T] {
	return WeakUnboundedSender[T]{tx.c}
}

// Len returns the number of values that are queued. Any goroutine.
func (tx *UnboundedSender[T]) Len() int { return tx.c.len() }

// Closed reports whether the receiver is closed, so that nothing can be sent. Any goroutine.
func (tx *UnboundedSender[T]) Closed() bool { return tx.c.isClosed() }
