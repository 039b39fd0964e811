package watch

import (
	"context"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/internal/ends"
	"github.com/moduvex/moduvex-go/core/coro"
)

// A Sender is an end that sets the value. Any goroutine may call its methods. It is made by [New] or Clone; the
// methods of a zero Sender panic.
type Sender[T any] struct {
	c      *channel[T]
	closed bool // guarded by the channel's lock
}

func (tx *Sender[T]) channel() *channel[T] {
	if tx.c == nil {
		panic("watch: a Sender is made by New")
	}
	return tx.c
}

// Subscribe returns a receiver that has seen nothing: its first receive returns the present value.
func (tx *Sender[T]) Subscribe() *Receiver[T] {
	c := tx.channel()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.addReceiver(0)
}

// Clone returns another sender of the channel, with a Close of its own. The clone of a closed sender is
// closed.
func (tx *Sender[T]) Clone() *Sender[T] {
	c := tx.channel()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !tx.closed {
		c.senders++
	}
	return &Sender[T]{c: c, closed: tx.closed}
}

// Send makes v the value, and wakes the receivers. It never waits. A v that equals the value before counts as
// new, and so does one that is sent while there is no receiver: later receivers see it. The error is
// [ErrClosed] if tx is closed; the value is unchanged then.
func (tx *Sender[T]) Send(v T) error { return tx.SendOn(nil, v) }

// SendOn is [Sender.Send] for a caller that is in a poll.
func (tx *Sender[T]) SendOn(cx *core.Context, v T) error {
	_, err := tx.channel().send(cx, tx, v, 0)
	return err
}

// Update replaces the value by what f returns for it. If f returns false, the value is unchanged and no
// receiver is woken. f runs without a lock; if another send comes in between, Update calls f again with the
// value of that send. So f must only compute the new value, without other effects, and must not modify what the old
// value refers to. Update returns what f reported. The error is [ErrClosed] if tx is closed; the value is
// unchanged then.
func (tx *Sender[T]) Update(f func(value T) (T, bool)) (changed bool, err error) {
	if f == nil {
		panic("watch: Update with a nil function")
	}
	c := tx.channel()
	for {
		old, version := c.get()
		v, ok := f(old)
		if !ok {
			return false, nil
		}
		if sent, err := c.send(nil, tx, v, version); sent || err != nil {
			return sent, err
		}
	}
}

// Get returns the value.
func (tx *Sender[T]) Get() T {
	v, _ := tx.channel().get()
	return v
}

// Close closes tx. After the Close of the last sender each receiver sees the last value, if it has not yet, and
// then gets [ErrClosed]. A second Close does nothing.
func (tx *Sender[T]) Close() { tx.CloseOn(nil) }

// CloseOn is [Sender.Close] for a caller that is in a poll.
func (tx *Sender[T]) CloseOn(cx *core.Context) { tx.channel().closeSender(cx, tx) }

// Receivers returns the number of receivers that are not closed.
func (tx *Sender[T]) Receivers() int {
	c := tx.channel()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.receivers
}

// Closed reports whether there is no receiver. A later Subscribe makes it false again.
func (tx *Sender[T]) Closed() bool { return tx.channel().gone.IsClosed() }

// UntilClosed suspends the body of co until there is no receiver, so that the body can stop work for them. The
// error says why co was cancelled. There may be a receiver again by the time that it returns.
func (tx *Sender[T]) UntilClosed(co *coro.Co) error { return tx.channel().gone.Wait(co) }

// UntilClosedWait is UntilClosed for plain goroutines. The error is the cause of ctx.
func (tx *Sender[T]) UntilClosedWait(ctx context.Context) error {
	return tx.channel().gone.WaitBlocking(ctx)
}

// UntilClosedFuture returns the future that is ready when there is no receiver.
func (tx *Sender[T]) UntilClosedFuture() ClosedFuture {
	return ClosedFuture{tx.channel().gone.Future()}
}

// A ClosedFuture is ready when there is no receiver. It must not be copied after its first poll. After it
// was ready, and after a Drop, it can be polled again.
type ClosedFuture struct{ f ends.ClosedFuture }

var (
	_ core.Future[struct{}] = (*ClosedFuture)(nil)
	_ core.Dropper          = (*ClosedFuture)(nil)
)

// Poll reports whether there is no receiver.
func (f *ClosedFuture) Poll(cx *core.Context) (struct{}, bool) { return f.f.Poll(cx) }

// Drop ends the wait.
func (f *ClosedFuture) Drop() { f.f.Drop() }
