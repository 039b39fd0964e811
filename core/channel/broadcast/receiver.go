package broadcast

import (
	"context"
	"iter"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/internal/ends"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// A Receiver gets the values of a channel that are sent after it was made. At most one task or goroutine at a
// time waits with it, and another one panics; any goroutine may call Len, Clone and Close. It is made by [New],
// Subscribe or Clone; the methods of a zero Receiver panic. A receiver that is no longer needed is closed,
// because the channel keeps values for it.
type Receiver[T any] struct {
	c *channel[T]
	// Guarded by the channel's lock.
	next   uint64 // number of the value that it gets next
	closed bool
	waiter ends.Waiter
}

func (rx *Receiver[T]) channel() *channel[T] {
	if rx.c == nil {
		panic("broadcast: a Receiver is made by New or Subscribe")
	}
	return rx.c
}

// Recv suspends the body of co until there is a value, and returns it. The error is a [*LagError] if rx has
// missed values, and the next Recv returns the value after them; it is [ErrClosed] if no value is left and none will
// come; or it says why co was cancelled, and nothing was received then.
func (rx *Receiver[T]) Recv(co *coro.Co) (T, error) {
	return ends.Flat(coro.Await[core.Result[T]](co, rx.RecvFuture()))
}

// RecvWait is Recv for plain goroutines. The error is as for Recv, or the cause of ctx if ctx is done first.
func (rx *Receiver[T]) RecvWait(ctx context.Context) (T, error) {
	return ends.Flat(waitlist.Block[core.Result[T]](ctx, rx.RecvFuture()))
}

// TryRecv is Recv that does not wait: the error is [ErrEmpty] if there is no value yet.
func (rx *Receiver[T]) TryRecv() (T, error) {
	c := rx.channel()
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.takeNext(rx)
	if !ok {
		return r.Value, ErrEmpty
	}
	return r.Get()
}

// All ranges over the values, until the channel is closed and no value is left. An iteration with a [*LagError]
// says that values were missed, and is not the last. If co is cancelled, the last iteration has the error that says
// why.
func (rx *Receiver[T]) All(co *coro.Co) iter.Seq2[T, error] {
	return ends.All(func() (T, error) { return rx.Recv(co) }, ErrClosed, isLag)
}

// AllWait is [Receiver.All] for plain goroutines. If ctx is done, the last iteration has its cause.
func (rx *Receiver[T]) AllWait(ctx context.Context) iter.Seq2[T, error] {
	return ends.All(func() (T, error) { return rx.RecvWait(ctx) }, ErrClosed, isLag)
}

func isLag(err error) bool {
	_, lag := err.(*LagError)
	return lag
}

// Len returns how many values rx can receive now, without those that it has missed.
func (rx *Receiver[T]) Len() int {
	c := rx.channel()
	c.mu.Lock()
	defer c.mu.Unlock()
	if rx.closed {
		return 0
	}
	return int(c.last - max(rx.next, c.first))
}

// Clone returns a receiver that gets what rx has not received yet, and has missed what rx has missed. The clone
// of a closed receiver is closed.
func (rx *Receiver[T]) Clone() *Receiver[T] {
	c := rx.channel()
	c.mu.Lock()
	defer c.mu.Unlock()
	if rx.closed {
		return &Receiver[T]{c: c, closed: true}
	}
	for n := max(rx.next, c.first); n < c.last; n++ {
		c.slot(n).unread++
	}
	return c.addReceiver(rx.next)
}

// Close closes rx, and releases what rx has not received. A receive that is under way, and later ones, return
// [ErrClosed]. A second Close does nothing.
func (rx *Receiver[T]) Close() { rx.channel().closeReceiver(rx) }

// RecvFuture returns Recv as a future. The future is a view of rx and not another receiver.
func (rx *Receiver[T]) RecvFuture() RecvFuture[T] {
	rx.channel()
	return RecvFuture[T]{rx}
}

// A RecvFuture is ready with what its receiver receives next. It can be polled again after it was ready, for
// the next. Its Drop ends the wait and loses nothing; the receiver stays open. A task that passes one with a
// pending poll to another task drops it first.
type RecvFuture[T any] struct{ rx *Receiver[T] }

var (
	_ core.Future[core.Result[int]] = RecvFuture[int]{}
	_ core.Dropper                  = RecvFuture[int]{}
)

// Poll returns the next value, or the error that [Receiver.Recv] returns.
func (f RecvFuture[T]) Poll(cx *core.Context) (core.Result[T], bool) {
	rx := f.rx
	if rx == nil {
		panic("broadcast: Poll of a RecvFuture that no Receiver has made")
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
		panic("broadcast: two tasks or goroutines receive from one Receiver at once")
	}
	ends.Pending(cx)
	return r, false
}

// Drop ends the wait.
func (f RecvFuture[T]) Drop() {
	if f.rx != nil {
		c := f.rx.c
		c.mu.Lock()
		f.rx.waiter.Drop(&c.waiting)
		c.mu.Unlock()
	}
}
