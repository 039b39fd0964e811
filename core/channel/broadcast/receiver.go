package broadcast

import (
	"context"
	"iter"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// A Result is what a receive comes to: a value, or [ErrClosed] or a [*LagError].
type Result[T any] struct {
	Value T
	Err   error
}

// A Receiver gets the values of a channel, from the one on at which it was made. At most one task or
// goroutine at a time receives from it; Len, Clone and Close may be called by any. It holds on to what
// it has not got, so it is to be closed when it is not needed any more.
type Receiver[T any] struct {
	c *channel[T]
	// Under the channel's lock.
	next   uint64
	closed bool
	node   waitlist.Node
}

func (r *Receiver[T]) channel() *channel[T] {
	if r.c == nil {
		panic("broadcast: a Receiver is made by Subscribe")
	}
	return r.c
}

// Recv suspends the body of co until there is a value. The error is a [*LagError] if r has missed
// some, after which it goes on; [ErrClosed] if there is none left and will be none; or why co was
// cancelled, and then nothing was received.
func (r *Receiver[T]) Recv(co *coro.Co) (T, error) {
	return flat(coro.Await[Result[T]](co, r.RecvFuture()))
}

// RecvWait is Recv for a goroutine outside the runtime: it blocks until there is a value, or until
// ctx is done, and then returns its cause.
func (r *Receiver[T]) RecvWait(ctx context.Context) (T, error) {
	return flat(waitlist.Block[Result[T]](ctx, r.RecvFuture()))
}

func flat[T any](r Result[T], err error) (T, error) {
	if err == nil {
		err = r.Err
	}
	return r.Value, err
}

// TryRecv is Recv that does not wait: the error is [ErrEmpty] if there is no value yet.
func (r *Receiver[T]) TryRecv() (T, error) {
	c := r.channel()
	c.mu.Lock()
	defer c.mu.Unlock()
	res, ok := c.recv(r)
	if !ok {
		return res.Value, ErrEmpty
	}
	return res.Value, res.Err
}

// All ranges over the values, until the channel is closed and nothing is left. A round with a
// [*LagError] says that values were missed, and is not the last; if co is cancelled, the last round
// has the error that says why.
func (r *Receiver[T]) All(co *coro.Co) iter.Seq2[T, error] {
	return rounds(func() (T, error) { return r.Recv(co) })
}

// AllWait is [Receiver.All] for plain goroutines. If ctx is done, the last round has its cause.
func (r *Receiver[T]) AllWait(ctx context.Context) iter.Seq2[T, error] {
	return rounds(func() (T, error) { return r.RecvWait(ctx) })
}

func rounds[T any](next func() (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			v, err := next()
			if err == ErrClosed || !yield(v, err) {
				return
			}
			if _, lag := err.(*LagError); err != nil && !lag {
				return
			}
		}
	}
}

// Len returns how many values r can receive now, those it has missed not counted.
func (r *Receiver[T]) Len() int {
	c := r.channel()
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.closed {
		return 0
	}
	return int(c.last - max(r.next, c.first))
}

// Clone returns a receiver that gets what r has not got yet, and has missed what r has. That of a
// closed one is closed.
func (r *Receiver[T]) Clone() *Receiver[T] {
	c := r.channel()
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.closed {
		return &Receiver[T]{c: c, closed: true}
	}
	for n := max(r.next, c.first); n < c.last; n++ {
		c.slot(n).unread++
	}
	return c.subscribe(r.next)
}

// Close takes r out of the channel and lets go of what it has not got. A receive that is under way,
// and later ones, return [ErrClosed]. A second Close changes nothing.
func (r *Receiver[T]) Close() { r.channel().leave(r) }

// RecvFuture returns Recv as a future. It is a handle of r, and not a receiver of its own.
func (r *Receiver[T]) RecvFuture() RecvFuture[T] {
	r.channel()
	return RecvFuture[T]{r}
}

// A RecvFuture answers with what a receiver receives next. It can be polled again after it has
// answered, for the next. Dropping it ends the wait and loses nothing; the receiver stays as it is.
type RecvFuture[T any] struct{ r *Receiver[T] }

var (
	_ core.Future[Result[int]] = RecvFuture[int]{}
	_ core.Dropper             = RecvFuture[int]{}
)

// Poll receives, or waits.
func (f RecvFuture[T]) Poll(cx *core.Context) (Result[T], bool) {
	if !cx.Spend() {
		return Result[T]{}, false
	}
	r, c := f.r, f.r.c
	c.mu.Lock()
	res, ok := c.recv(r)
	switch {
	case ok:
		c.waiting.Remove(&r.node)
	case !c.waiting.Rearm(&r.node, cx.Waker()):
		c.waiting.Push(&r.node, cx.Waker())
	}
	c.mu.Unlock()
	if !ok {
		cx.Refund()
		cx.Waits(core.WaitChannel)
	}
	return res, ok
}

// Drop ends the wait.
func (f RecvFuture[T]) Drop() {
	c := f.r.c
	c.mu.Lock()
	c.waiting.Remove(&f.r.node)
	c.mu.Unlock()
}
