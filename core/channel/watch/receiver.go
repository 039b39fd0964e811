package watch

import (
	"context"
	"iter"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/internal/ends"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// A Receiver sees the value of a channel change. At most one task or goroutine at a time waits with it, and
// another one panics; any goroutine may call the other methods. It is made by [New], Subscribe or Clone; the
// methods of a zero Receiver panic. A receiver that is no longer needed is closed, because senders count
// receivers.
type Receiver[T any] struct {
	c *channel[T]
	// Guarded by the channel's lock.
	seen   uint64 // number of the value that it saw last
	closed bool
	waiter ends.Waiter
}

func (rx *Receiver[T]) channel() *channel[T] {
	if rx.c == nil {
		panic("watch: a Receiver is made by New or Subscribe")
	}
	return rx.c
}

// Next suspends the body of co until there is a value that rx has not seen, and returns the newest. The error
// is [ErrClosed] if rx has seen the last value, or says why co was cancelled; no value counts as seen then.
func (rx *Receiver[T]) Next(co *coro.Co) (T, error) {
	return ends.Flat(coro.Await[core.Result[T]](co, rx.NextFuture()))
}

// NextWait is Next for plain goroutines. The error is [ErrClosed], or the cause of ctx if ctx is done first.
func (rx *Receiver[T]) NextWait(ctx context.Context) (T, error) {
	return ends.Flat(waitlist.Block[core.Result[T]](ctx, rx.NextFuture()))
}

// TryNext is Next that does not wait: the error is [ErrUnchanged] if there is nothing new yet.
func (rx *Receiver[T]) TryNext() (T, error) {
	c := rx.channel()
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.takeNext(rx)
	if !ok {
		return r.Value, ErrUnchanged
	}
	return r.Get()
}

// All ranges over the values as they change, beginning with the present one if rx has not seen it, until the
// channel is closed. If co is cancelled, the last iteration has the error that says why.
func (rx *Receiver[T]) All(co *coro.Co) iter.Seq2[T, error] {
	return ends.All(func() (T, error) { return rx.Next(co) }, ErrClosed, nil)
}

// AllWait is [Receiver.All] for plain goroutines. If ctx is done, the last iteration has its cause.
func (rx *Receiver[T]) AllWait(ctx context.Context) iter.Seq2[T, error] {
	return ends.All(func() (T, error) { return rx.NextWait(ctx) }, ErrClosed, nil)
}

// Get returns the value, the last one after the end. It does not count as seen.
func (rx *Receiver[T]) Get() T {
	v, _ := rx.channel().get()
	return v
}

// Changed reports whether there is a value that rx has not seen.
func (rx *Receiver[T]) Changed() bool {
	c := rx.channel()
	c.mu.Lock()
	defer c.mu.Unlock()
	return !rx.closed && rx.seen != c.version
}

// Clone returns a receiver that has seen what rx has. The clone of a closed receiver is closed.
func (rx *Receiver[T]) Clone() *Receiver[T] {
	c := rx.channel()
	c.mu.Lock()
	defer c.mu.Unlock()
	if rx.closed {
		return &Receiver[T]{c: c, seen: rx.seen, closed: true}
	}
	return c.addReceiver(rx.seen)
}

// Close closes rx. A wait that is under way, and later ones, return [ErrClosed]; Get still returns the value.
// A second Close does nothing.
func (rx *Receiver[T]) Close() { rx.channel().closeReceiver(rx) }

// NextFuture returns Next as a future. The future is a view of rx and not another receiver.
func (rx *Receiver[T]) NextFuture() NextFuture[T] {
	rx.channel()
	return NextFuture[T]{rx}
}

// A NextFuture is ready with the next value that its receiver has not seen. It can be polled again after it was
// ready, for the next. Its Drop ends the wait and loses nothing. A task that passes one with a pending poll
// to another task drops it first.
type NextFuture[T any] struct{ rx *Receiver[T] }

var (
	_ core.Future[core.Result[int]] = NextFuture[int]{}
	_ core.Dropper                  = NextFuture[int]{}
)

// Poll returns the next value that the receiver has not seen, or [ErrClosed] after the last.
func (f NextFuture[T]) Poll(cx *core.Context) (core.Result[T], bool) {
	rx := f.rx
	if rx == nil {
		panic("watch: Poll of a NextFuture that no Receiver has made")
	}
	if !cx.Spend() {
		return core.Result[T]{}, false
	}
	c := rx.c
	c.mu.Lock()
	r, ok := c.takeNext(rx)
	if ok {
		rx.waiter.Remove(&c.waiting)
		c.mu.Unlock()
		return r, true
	}
	conflict := rx.waiter.Register(&c.waiting, cx.Waker())
	c.mu.Unlock()
	if conflict {
		panic("watch: two tasks or goroutines wait with one Receiver at once")
	}
	ends.Pending(cx)
	return r, false
}

// Drop ends the wait.
func (f NextFuture[T]) Drop() {
	if f.rx != nil {
		c := f.rx.c
		c.mu.Lock()
		f.rx.waiter.Drop(&c.waiting)
		c.mu.Unlock()
	}
}
