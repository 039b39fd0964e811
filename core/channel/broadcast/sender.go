package broadcast

import (
	"context"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/internal/ends"
	"github.com/moduvex/moduvex-go/core/coro"
)

// A Sender is an end that sends. Any goroutine may call its methods. It is made by [New] or Clone; the methods
// of a zero Sender panic.
type Sender[T any] struct {
	c      *channel[T]
	closed bool // guarded by the channel's lock
}

func (tx *Sender[T]) channel() *channel[T] {
	if tx.c == nil {
		panic("broadcast: a Sender is made by New")
	}
	return tx.c
}

// Subscribe returns a receiver of what is sent from now on.
func (tx *Sender[T]) Subscribe() *Receiver[T] {
	c := tx.channel()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.addReceiver(c.last)
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

// Send sends v to all receivers, and returns how many they are. If there are none, the channel does not keep v,
// and that is no error: a later Subscribe may make one. It never waits. The error is [ErrClosed] if tx is
// closed; v was not sent then.
func (tx *Sender[T]) Send(v T) (receivers int, err error) { return tx.SendOn(nil, v) }

// SendOn is [Sender.Send] for a caller that is in a poll.
func (tx *Sender[T]) SendOn(cx *core.Context, v T) (receivers int, err error) {
	return tx.channel().send(cx, tx, v)
}

// Close closes tx. After the Close of the last sender each receiver gets what is left for it, and then
// [ErrClosed]. A second Close does nothing.
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
