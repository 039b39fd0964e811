package watch

import (
	"context"
	"iter"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// A Result is what a receive comes to: a value, or [ErrClosed].
type Result[T any] struct {
	Value T
	Err   error
}

// A Receiver sees the value of a channel change. At most one task or goroutine at a time waits with
// it; the other methods may be called by any. It is to be closed when it is not needed any more, for
// the sender counts receivers.
type Receiver[T any] struct {
	c *channel[T]
	// Under the channel's lock.
	seen   uint64
	closed bool
	node   waitlist.Node
}

func (r *Receiver[T]) channel() *channel[T] {
	if r.c == nil {
		panic("watch: a Receiver is made by Subscribe")
	}
	return r.c
}

// Next suspends the body of co until there is a value that r has not seen, and returns it: the newest,
// whatever was there in between. The error is [ErrClosed] if r has seen the last, or why co was
// cancelled; nothing was seen then.
func (r *Receiver[T]) Next(co *coro.Co) (T, error) {
	return flat(coro.Await[Result[T]](co, r.NextFuture()))
}

// NextWait is Next for a goroutine outside the runtime: it blocks until there is a new value, or until
// ctx is done, and then returns its cause.
func (r *Receiver[T]) NextWait(ctx context.Context) (T, error) {
	return flat(waitlist.Block[Result[T]](ctx, r.NextFuture()))
}

func flat[T any](r Result[T], err error) (T, error) {
	if err == nil {
		err = r.Err
	}
	return r.Value, err
}

// TryNext is Next that does not wait: the error is [ErrUnchanged] if there is nothing new yet.
func (r *Receiver[T]) TryNext() (T, error) {
	c := r.channel()
	c.mu.Lock()
	defer c.mu.Unlock()
	res, ok := c.next(r)
	if !ok {
		return res.Value, ErrUnchanged
	}
	return res.Value, res.Err
}

// All ranges over the values as they change, beginning with the present one if r has not seen it,
// until the channel is closed. If co is cancelled, the last round has the error that says why.
func (r *Receiver[T]) All(co *coro.Co) iter.Seq2[T, error] {
	return rounds(func() (T, error) { return r.Next(co) })
}

// AllWait is [Receiver.All] for plain goroutines. If ctx is done, the last round has its cause.
func (r *Receiver[T]) AllWait(ctx context.Context) iter.Seq2[T, error] {
	return rounds(func() (T, error) { return r.NextWait(ctx) })
}

func rounds[T any](next func() (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			v, err := next()
			if err == ErrClosed || !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// Get returns the value, the last one after the end. It does not count as seen.
func (r *Receiver[T]) Get() T {
	v, _ := r.channel().get()
	return v
}

// Changed reports whether there is a value that r has not seen.
func (r *Receiver[T]) Changed() bool {
	c := r.channel()
	c.mu.Lock()
	defer c.mu.Unlock()
	return !r.closed && r.seen != c.version
}

// Clone returns a receiver that has seen what r has. That of a closed one is closed.
func (r *Receiver[T]) Clone() *Receiver[T] {
	c := r.channel()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !r.closed {
		c.receivers++
	}
	return &Receiver[T]{c: c, seen: r.seen, closed: r.closed}
}

// Close takes r out of the channel. A wait that is under way, and later ones, return [ErrClosed]; Get
// goes on. A second Close changes nothing.
func (r *Receiver[T]) Close() { r.channel().leave(&r.closed, &r.node) }

// NextFuture returns Next as a future. It is a handle of r, and not a receiver of its own.
func (r *Receiver[T]) NextFuture() NextFuture[T] {
	r.channel()
	return NextFuture[T]{r}
}

// A NextFuture answers with the next value that its receiver has not seen. It can be polled again
// after it has answered, for the next. Dropping it ends the wait and loses nothing.
type NextFuture[T any] struct{ r *Receiver[T] }

var (
	_ core.Future[Result[int]] = NextFuture[int]{}
	_ core.Dropper             = NextFuture[int]{}
)

// Poll gets the next value, or waits.
func (f NextFuture[T]) Poll(cx *core.Context) (Result[T], bool) {
	if !cx.Spend() {
		return Result[T]{}, false
	}
	r, c := f.r, f.r.c
	c.mu.Lock()
	res, ok := c.next(r)
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
func (f NextFuture[T]) Drop() {
	c := f.r.c
	c.mu.Lock()
	c.waiting.Remove(&f.r.node)
	c.mu.Unlock()
}
