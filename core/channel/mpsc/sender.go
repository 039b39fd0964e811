package mpsc

import (
	"context"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// A Sender sends into a bounded channel. Any number of tasks and goroutines may use it at once.
type Sender[T any] struct {
	c      *channel[T]
	closed bool // guarded by the lock of c
}

// TrySend sends v if there is a place and nobody waits for it. Else the error is [ErrFull] or
// [ErrClosed]. Any goroutine.
func (tx *Sender[T]) TrySend(v T) error { return tx.TrySendOn(nil, v) }

// TrySendOn is [Sender.TrySend] for a caller that is in a poll.
func (tx *Sender[T]) TrySendOn(cx *core.Context, v T) error {
	c := tx.c
	c.mu.Lock()
	switch {
	case c.closed || tx.closed:
		c.mu.Unlock()
		return ErrClosed
	case !c.hasPlace():
		c.mu.Unlock()
		return ErrFull
	}
	w := c.push(v)
	c.mu.Unlock()
	waitlist.Wake(cx, w)
	return nil
}

// Send sends v, and suspends the body of co until there is a place for it. The error is [ErrClosed],
// or why co was cancelled; v was not sent then.
func (tx *Sender[T]) Send(co *coro.Co, v T) error {
	if err := co.Interrupted(); err != nil {
		return err
	}
	if cx := co.Context(); cx.Spend() {
		if err := tx.TrySendOn(cx, v); err != ErrFull {
			return err
		}
		cx.Refund()
	}
	f := tx.borrow()
	f.send.value = v
	answer, err := coro.Await[error](co, &f.send)
	tx.giveBack(f)
	return either(err, answer)
}

// SendWait sends v, and blocks the calling goroutine until there is a place for it. The error is
// [ErrClosed], or the cause of ctx if that is done first; v was not sent then.
func (tx *Sender[T]) SendWait(ctx context.Context, v T) error {
	if !waitlist.Direct(ctx) && ctx.Err() == nil {
		if err := tx.TrySend(v); err != ErrFull {
			return err
		}
	}
	f := tx.borrow()
	f.send.value = v
	answer, err := waitlist.Block[error](ctx, &f.send)
	tx.giveBack(f)
	return either(err, answer)
}

// Reserve waits for a place, as Send does, and answers with a permit to send a value into it.
func (tx *Sender[T]) Reserve(co *coro.Co) (Permit[T], error) {
	f := tx.borrow()
	r, err := coro.Await[Result[Permit[T]]](co, &f.send.reserve)
	tx.giveBack(f)
	return r.Value, either(err, r.Err)
}

// ReserveWait is Reserve for plain goroutines.
func (tx *Sender[T]) ReserveWait(ctx context.Context) (Permit[T], error) {
	f := tx.borrow()
	r, err := waitlist.Block[Result[Permit[T]]](ctx, &f.send.reserve)
	tx.giveBack(f)
	return r.Value, either(err, r.Err)
}

// TryReserve reserves a place if there is one and nobody waits for it. Else the error is [ErrFull]
// or [ErrClosed]. Any goroutine.
func (tx *Sender[T]) TryReserve() (Permit[T], error) {
	c := tx.c
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed || tx.closed:
		return Permit[T]{}, ErrClosed
	case !c.hasPlace():
		return Permit[T]{}, ErrFull
	}
	c.reserved++
	return Permit[T]{c}, nil
}

// either returns the error of a wait that failed, or the answer of one that did not.
func either(failed, answer error) error {
	if failed != nil {
		return failed
	}
	return answer
}

// spare are futures for the other two styles: of bodies and goroutines that do not wait. What becomes of
// those whose body is unwound by force is up to the garbage collector.
type spare[T any] struct {
	send   SendFuture[T]
	closed ClosedFuture[T]
}

func (c *channel[T]) borrow() *spare[T] {
	if f, _ := c.spares.Get().(*spare[T]); f != nil {
		return f
	}
	return new(spare[T])
}

func (tx *Sender[T]) borrow() *spare[T] {
	f := tx.c.borrow()
	f.send.reserve.tx = tx
	return f
}

func (tx *Sender[T]) giveBack(f *spare[T]) {
	var zero T
	f.send.value = zero
	f.send.reserve.tx = nil
	tx.c.spares.Put(f)
}

// Clone returns another sender of the channel. It panics if tx is closed. Any goroutine.
func (tx *Sender[T]) Clone() *Sender[T] {
	tx.c.addSender(&tx.closed)
	return &Sender[T]{c: tx.c}
}

// Close closes tx. With the last sender the channel ends: see the package comment. Sends of tx that
// wait already go on. The second Close returns [ErrClosed]. Any goroutine.
func (tx *Sender[T]) Close() error { return tx.c.removeSender(&tx.closed) }

// Downgrade returns a sender that does not keep the channel open. Any goroutine.
func (tx *Sender[T]) Downgrade() WeakSender[T] { return WeakSender[T]{tx.c} }

// Len returns the number of values that are queued. Any goroutine.
func (tx *Sender[T]) Len() int { return tx.c.len() }

// Capacity returns what New was given.
func (tx *Sender[T]) Capacity() int { return int(tx.c.capacity) }

// Closed reports whether the receiver is closed, so that nothing can be sent. Any goroutine.
func (tx *Sender[T]) Closed() bool { return tx.c.isClosed() }
