package mpsc

import (
	"context"
	"iter"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// A Receiver is the one end of a channel that receives. It belongs to one task or goroutine at a
// time: only Close, Len and Capacity may be called by others.
//
// It is a future that can be polled again after it has answered: each answer is a value, or
// [ErrClosed] for good. A combinator may drop it and poll it again later; no value is lost then.
// Drop only takes the waker back: Discard is how one gets rid of a channel.
type Receiver[T any] struct {
	c       *channel[T]
	waiting bool               // the waker may lie in the channel
	many    *RecvManyFuture[T] // see borrow
}

var (
	_ core.Future[Result[int]] = (*Receiver[int])(nil)
	_ core.Dropper             = (*Receiver[int])(nil)
)

// Poll answers with the next value.
func (rx *Receiver[T]) Poll(cx *core.Context) (r Result[T], ok bool) {
	if !cx.Spend() {
		return r, false
	}
	if rx.c.queue.ready > 0 {
		r.Value = rx.take(cx)
		return r, true
	}
	return rx.fetch(cx)
}

// fetch is the way of a Poll that knows of nothing that is ready. It takes the first of what has come
// meanwhile while it has the lock, which publishes that for nothing.
func (rx *Receiver[T]) fetch(cx *core.Context) (r Result[T], ok bool) {
	c := rx.c
	c.mu.Lock()
	c.queue.refresh(c.left())
	if c.queue.ready > 0 {
		r.Value = c.queue.pop()
		c.fetched++
		if c.waiting.Len() == 0 {
			c.mu.Unlock()
			return r, true
		}
		w := c.grantOne() // one place: had there been others, those in line would have them
		c.mu.Unlock()
		waitlist.Wake(cx, w)
		return r, true
	}
	if c.ended() {
		c.mu.Unlock()
		r.Err = ErrClosed
		return r, true
	}
	c.receiver = cx.Waker()
	rx.waiting = true
	c.mu.Unlock()
	pending(cx)
	return r, false
}

// prepare makes sure that something is ready in the queue, or reports true without if the channel
// has ended. Else it leaves w, if not nil, to be woken, and reports false.
func (rx *Receiver[T]) prepare(w core.Waker) bool {
	c := rx.c
	if c.queue.ready > 0 {
		return true
	}
	c.mu.Lock()
	c.queue.refresh(c.left())
	done := c.queue.ready > 0 || c.ended()
	if !done && w != nil {
		c.receiver = w
		rx.waiting = true
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

// Drop takes the waker of a pending Poll back.
func (rx *Receiver[T]) Drop() {
	if rx.waiting {
		rx.waiting = false
		rx.c.mu.Lock()
		rx.c.takeReceiver()
		rx.c.mu.Unlock()
	}
}

// Recv suspends the body of co until there is a value, and returns it. The error is [ErrClosed] if
// there will be none, or why co was cancelled; no value is lost then.
func (rx *Receiver[T]) Recv(co *coro.Co) (v T, err error) {
	if rx.c.queue.ready > 0 {
		if err := co.Interrupted(); err != nil {
			return v, err
		}
		if cx := co.Context(); cx.Spend() {
			return rx.take(cx), nil
		}
	}
	r, err := coro.Await[Result[T]](co, rx)
	return r.Value, either(err, r.Err)
}

// RecvWait blocks the calling goroutine until there is a value, and returns it. The error is
// [ErrClosed] if there will be none, or the cause of ctx if that is done first.
func (rx *Receiver[T]) RecvWait(ctx context.Context) (T, error) {
	if rx.c.queue.ready > 0 && !waitlist.Direct(ctx) && ctx.Err() == nil {
		return rx.take(nil), nil
	}
	r, err := waitlist.Block[Result[T]](ctx, rx)
	return r.Value, either(err, r.Err)
}

// TryRecv returns a value if there is one. Else the error is [ErrEmpty] or [ErrClosed].
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

// All ranges over the values until the channel has ended. If co is cancelled, the last round has
// the error that says why.
func (rx *Receiver[T]) All(co *coro.Co) iter.Seq2[T, error] {
	return rounds(func() (T, error) { return rx.Recv(co) })
}

// AllWait is [Receiver.All] for plain goroutines.
func (rx *Receiver[T]) AllWait(ctx context.Context) iter.Seq2[T, error] {
	return rounds(func() (T, error) { return rx.RecvWait(ctx) })
}

func rounds[T any](recv func() (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			v, err := recv()
			if err == ErrClosed || !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// Close keeps new values out: sends fail with [ErrClosed] from now on, and those that wait for a
// place too. What is queued can still be received; after it, and after what is sent with permits
// from before, comes ErrClosed. Closing again changes nothing. Any goroutine.
func (rx *Receiver[T]) Close() { rx.c.close(false) }

// Discard closes the channel and releases what is queued. Receiving comes to [ErrClosed] at once.
func (rx *Receiver[T]) Discard() { rx.c.close(true) }

// Len returns the number of values that are queued. Any goroutine.
func (rx *Receiver[T]) Len() int { return rx.c.len() }

// Capacity returns what New was given; it is math.MaxInt for an unbounded channel.
func (rx *Receiver[T]) Capacity() int { return int(rx.c.capacity) }
