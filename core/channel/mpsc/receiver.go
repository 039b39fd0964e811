package mpsc

import (
	"context"
	"iter"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/internal/ends"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// A Receiver is the receiving end of a channel. It belongs to one task or goroutine at a time; others may call
// only Stop, Len and Capacity. It is made by [New] or [Unbounded]; the methods of a zero Receiver panic, and so
// does a receive while another task or goroutine waits with the same receiver.
//
// A Receiver is a future that can be polled again after it was ready: each time it is ready with a value, or with
// [ErrClosed] from the end on. Its Drop ends the wait and loses no value, so a combinator may drop the
// receiver, and the next poll waits again. A task that passes a receiver with a pending poll to another task drops
// it first. Close ends the use of a receiver.
type Receiver[T any] struct {
	c       *channel[T]
	waiting bool               // the waker may be registered in the channel
	many    *RecvManyFuture[T] // see borrow
}

var (
	_ core.Future[core.Result[int]] = (*Receiver[int])(nil)
	_ core.Dropper                  = (*Receiver[int])(nil)
)

func (rx *Receiver[T]) channel() *channel[T] {
	if rx.c == nil {
		panic("mpsc: a Receiver is made by New or Unbounded")
	}
	return rx.c
}

// Poll returns the next value, or [ErrClosed] after the last.
func (rx *Receiver[T]) Poll(cx *core.Context) (r core.Result[T], ok bool) {
	c := rx.channel()
	if !cx.Spend() {
		return r, false
	}
	if c.queue.ready > 0 {
		r.Value = rx.take(cx)
		return r, true
	}
	return rx.fetch(cx)
}

// fetch is the Poll of a receiver that knows of no value. It takes the first of the values that were sent
// meanwhile while it holds the lock, which publishes the count without an atomic store.
func (rx *Receiver[T]) fetch(cx *core.Context) (r core.Result[T], ok bool) {
	c := rx.c
	c.mu.Lock()
	c.queue.refresh(c.received())
	if c.queue.ready > 0 {
		r.Value = c.queue.pop()
		c.fetched++
		if c.waiting.Len() == 0 {
			c.mu.Unlock()
			return r, true
		}
		w := c.grantOne() // one slot: senders in line would have any other
		c.mu.Unlock()
		waitlist.Wake(cx, w)
		return r, true
	}
	if c.ended() {
		c.mu.Unlock()
		r.Err = ErrClosed
		return r, true
	}
	rx.register(cx.Waker())
	c.mu.Unlock()
	ends.Pending(cx)
	return r, false
}

// register makes the next value, or the end of the channel, wake w. Under the lock.
func (rx *Receiver[T]) register(w core.Waker) {
	if ends.Conflict(rx.c.receiver, w) {
		rx.c.refused.Note()
		rx.c.mu.Unlock()
		panic("mpsc: two tasks or goroutines receive from one Receiver at once")
	}
	rx.c.receiver = w
	rx.waiting = true
}

// prepare looks for values if the receiver knows of none, and reports whether a receive is ready: a value
// is ready in the queue, or none is because the channel has ended. If not, w, unless nil, is woken later.
func (rx *Receiver[T]) prepare(w core.Waker) bool {
	c := rx.channel()
	if c.queue.ready > 0 {
		return true
	}
	c.mu.Lock()
	c.queue.refresh(c.received())
	done := c.queue.ready > 0 || c.ended()
	if !done && w != nil {
		rx.register(w)
	}
	c.mu.Unlock()
	return done
}

// take takes a value that is ready.
func (rx *Receiver[T]) take(cx *core.Context) T {
	c := rx.c
	v := c.queue.pop()
	c.taken.Add(1)
	if c.crowded.Load() {
		c.grant(cx)
	}
	return v
}

// Drop ends the wait of a pending Poll. The receiver stays open.
func (rx *Receiver[T]) Drop() {
	if !rx.waiting {
		return
	}
	rx.c.mu.Lock()
	defer rx.c.mu.Unlock()
	if !rx.c.refused.Drop() { // else another receive waits
		rx.waiting = false
		rx.c.takeReceiver()
	}
}

// Recv suspends the body of co until a value is queued, and returns it. The error is [ErrClosed] if nothing
// more will be sent, or says why co was cancelled; no value is lost then.
func (rx *Receiver[T]) Recv(co *coro.Co) (v T, err error) {
	if rx.channel().queue.ready > 0 {
		if err := co.Interrupted(); err != nil {
			return v, err
		}
		if cx := co.Context(); cx.Spend() {
			return rx.take(cx), nil
		}
	}
	return ends.Flat(coro.Await[core.Result[T]](co, rx))
}

// RecvWait blocks the calling goroutine until a value is queued, and returns it. The error is [ErrClosed] if
// nothing more will be sent, or the cause of ctx if ctx is done first.
func (rx *Receiver[T]) RecvWait(ctx context.Context) (T, error) {
	if rx.channel().queue.ready > 0 && !waitlist.Direct(ctx) && ctx.Err() == nil {
		return rx.take(nil), nil
	}
	return ends.Flat(waitlist.Block[core.Result[T]](ctx, rx))
}

// TryRecv returns a value if one is queued. Otherwise the error is [ErrEmpty] or [ErrClosed].
func (rx *Receiver[T]) TryRecv() (T, error) { return rx.TryRecvOn(nil) }

// TryRecvOn is [Receiver.TryRecv] for a caller that is in a poll.
func (rx *Receiver[T]) TryRecvOn(cx *core.Context) (v T, err error) {
	switch {
	case !rx.prepare(nil):
		return v, ErrEmpty
	case rx.c.queue.ready == 0:
		return v, ErrClosed
	}
	return rx.take(cx), nil
}

// All ranges over the values until the channel has ended. If co is cancelled, the last iteration has the error
// that says why.
func (rx *Receiver[T]) All(co *coro.Co) iter.Seq2[T, error] {
	return ends.All(func() (T, error) { return rx.Recv(co) }, ErrClosed, nil)
}

// AllWait is [Receiver.All] for plain goroutines. If ctx is done, the last iteration has its cause.
func (rx *Receiver[T]) AllWait(ctx context.Context) iter.Seq2[T, error] {
	return ends.All(func() (T, error) { return rx.RecvWait(ctx) }, ErrClosed, nil)
}

// Stop keeps new values out, for a receiver that still processes the queued ones: sends fail with [ErrClosed] from
// now on, also those that wait for a slot. The values in the queue can still be received, and so can those sent
// with a [Permit] from before; after them a receive returns ErrClosed. A second Stop does nothing. Any
// goroutine.
func (rx *Receiver[T]) Stop() { rx.channel().stop(false) }

// Close closes the receiver. It is a Stop that also releases the queued values: every send fails, also with
// a permit, and a receive returns [ErrClosed]. A receiver that must dispose of each value calls Stop, receives
// until ErrClosed, and then calls Close. A second Close does nothing.
func (rx *Receiver[T]) Close() { rx.channel().stop(true) }

// Len returns the number of queued values. Any goroutine.
func (rx *Receiver[T]) Len() int { return rx.channel().len() }

// Capacity returns the capacity that New was called with; it is math.MaxInt for an unbounded channel. Any
// goroutine.
func (rx *Receiver[T]) Capacity() int { return int(rx.channel().capacity) }
