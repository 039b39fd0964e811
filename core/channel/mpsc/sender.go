package mpsc

import (
	"cmp"
	"context"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/internal/ends"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// A Sender sends into a bounded channel. Any number of tasks and goroutines may use it at once. It is made by
// [New] or Clone; the methods of a zero Sender panic.
type Sender[T any] struct {
	c      *channel[T]
	closed bool // guarded by the lock of c
}

func (tx *Sender[T]) channel() *channel[T] {
	if tx.c == nil {
		panic("mpsc: a Sender is made by New")
	}
	return tx.c
}

// TrySend sends v if a slot is free and no sender waits for it. Otherwise the error is [ErrFull] or
// [ErrClosed], and v was not sent. Any goroutine.
func (tx *Sender[T]) TrySend(v T) error { return tx.TrySendOn(nil, v) }

// TrySendOn is [Sender.TrySend] for a caller that is in a poll.
func (tx *Sender[T]) TrySendOn(cx *core.Context, v T) error {
	c := tx.channel()
	c.mu.Lock()
	switch {
	case c.intake.Closed || tx.closed:
		c.mu.Unlock()
		return ErrClosed
	case !c.admits():
		c.mu.Unlock()
		return ErrFull
	}
	w := c.push(v)
	c.mu.Unlock()
	waitlist.Wake(cx, w)
	return nil
}

// Send sends v, and suspends the body of co until a slot is free. The error is [ErrClosed], or says why co was
// cancelled; v was not sent then.
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
	f.value = v
	result, err := coro.Await[error](co, f)
	tx.giveBack(f)
	return cmp.Or(err, result)
}

// SendWait sends v, and blocks the calling goroutine until a slot is free. The error is [ErrClosed], or the
// cause of ctx if ctx is done first; v was not sent then.
func (tx *Sender[T]) SendWait(ctx context.Context, v T) error {
	if !waitlist.Direct(ctx) && ctx.Err() == nil {
		if err := tx.TrySend(v); err != ErrFull {
			return err
		}
	}
	f := tx.borrow()
	f.value = v
	result, err := waitlist.Block[error](ctx, f)
	tx.giveBack(f)
	return cmp.Or(err, result)
}

// Reserve suspends the body of co until a slot is free, and returns a permit to send one value into it. The
// error is as for [Sender.Send].
func (tx *Sender[T]) Reserve(co *coro.Co) (Permit[T], error) {
	f := tx.borrow()
	r, err := coro.Await[core.Result[Permit[T]]](co, &f.reserve)
	tx.giveBack(f)
	return ends.Flat(r, err)
}

// ReserveWait is Reserve for plain goroutines. The error is as for [Sender.SendWait].
func (tx *Sender[T]) ReserveWait(ctx context.Context) (Permit[T], error) {
	f := tx.borrow()
	r, err := waitlist.Block[core.Result[Permit[T]]](ctx, &f.reserve)
	tx.giveBack(f)
	return ends.Flat(r, err)
}

// TryReserve reserves a slot if one is free and no sender waits for it. Otherwise the error is [ErrFull] or
// [ErrClosed]. Any goroutine.
func (tx *Sender[T]) TryReserve() (Permit[T], error) {
	c := tx.channel()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.intake.Closed || tx.closed:
		return Permit[T]{}, ErrClosed
	case !c.admits():
		return Permit[T]{}, ErrFull
	}
	c.reserved++
	return Permit[T]{c}, nil
}

// borrow returns a future for the other two styles, and giveBack keeps it for the next caller. A body that is unwound
// by force leaves its future to the garbage collector.
func (tx *Sender[T]) borrow() *SendFuture[T] {
	f, _ := tx.channel().spares.Get().(*SendFuture[T])
	if f == nil {
		f = new(SendFuture[T])
	}
	f.reserve.tx = tx
	return f
}

func (tx *Sender[T]) giveBack(f *SendFuture[T]) {
	var zero T
	f.value = zero
	f.reserve.tx = nil
	tx.c.spares.Put(f)
}

// Clone returns another sender of the channel, with a Close of its own. The clone of a closed sender is
// closed. Any goroutine.
func (tx *Sender[T]) Clone() *Sender[T] {
	closed := tx.channel().addSender(&tx.closed)
	return &Sender[T]{c: tx.c, closed: closed}
}

// Close closes tx: later sends with it return [ErrClosed], and sends that already wait continue. After the Close of
// the last sender the receiver gets what is queued and then ErrClosed. A second Close does nothing. Any
// goroutine.
func (tx *Sender[T]) Close() { tx.CloseOn(nil) }

// CloseOn is [Sender.Close] for a caller that is in a poll.
func (tx *Sender[T]) CloseOn(cx *core.Context) { tx.channel().removeSender(cx, &tx.closed) }

// Downgrade returns a sender that does not keep the channel open. Any goroutine.
func (tx *Sender[T]) Downgrade() WeakSender[T] { return WeakSender[T]{tx.channel()} }

// Len returns the number of queued values. Any goroutine.
func (tx *Sender[T]) Len() int { return tx.channel().len() }

// Capacity returns the capacity that New was called with. Any goroutine.
func (tx *Sender[T]) Capacity() int { return int(tx.channel().capacity) }
