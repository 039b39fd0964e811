package watch

import (
	"context"
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// A Sender is the end that sets the value. Its methods may be called from any goroutine. Copies stand
// for the same end.
type Sender[T any] struct{ c *channel[T] }

// New makes a channel with a first value. It has no receiver yet.
func New[T any](value T) Sender[T] {
	c := &channel[T]{value: value}
	c.version = 1
	return Sender[T]{c}
}

func (s Sender[T]) channel() *channel[T] {
	if s.c == nil {
		panic("watch: a Sender is made by New")
	}
	return s.c
}

// Subscribe returns a receiver that has seen nothing: its first receive answers at once.
func (s Sender[T]) Subscribe() *Receiver[T] {
	c := s.channel()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.receivers++
	return &Receiver[T]{c: c}
}

// Send makes v the value, and wakes the receivers. It never waits. That v equals the value before
// makes no difference. It panics after Close.
func (s Sender[T]) Send(v T) { s.channel().send(nil, v, 0) }

// SendOn is [Sender.Send] for a caller that is in a poll.
func (s Sender[T]) SendOn(cx *core.Context, v T) { s.channel().send(cx, v, 0) }

// Update makes what f returns for the value the new value. If f returns false, nothing changes, and
// nobody is woken. f runs without a lock; if another send gets in between, it is called again with
// what that has set, so it should do nothing but work out the new value, and leave what the old one
// refers to as it is. Update reports what f returned.
func (s Sender[T]) Update(f func(value T) (T, bool)) bool {
	if f == nil {
		panic("watch: Update with a nil function")
	}
	c := s.channel()
	for {
		old, version := c.get()
		v, ok := f(old)
		if !ok {
			return false
		}
		if c.send(nil, v, version) {
			return true
		}
	}
}

// Get returns the value.
func (s Sender[T]) Get() T {
	v, _ := s.channel().get()
	return v
}

// Close ends the channel: receivers see the last value if they have not yet, and then get [ErrClosed].
// A second Close changes nothing.
func (s Sender[T]) Close() { s.channel().close(nil) }

// CloseOn is [Sender.Close] for a caller that is in a poll.
func (s Sender[T]) CloseOn(cx *core.Context) { s.channel().close(cx) }

// Receivers returns how many receivers there are.
func (s Sender[T]) Receivers() int {
	c := s.channel()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.receivers
}

// Closed suspends the body of co until there is no receiver, so that work for them can be given up.
// The error is why co was cancelled. There may be one again afterwards.
func (s Sender[T]) Closed(co *coro.Co) error {
	f := borrow(s.channel())
	_, err := coro.Await[struct{}](co, f)
	f.giveBack()
	return err
}

// ClosedWait is Closed for a goroutine outside the runtime: it blocks until there is no receiver, or
// until ctx is done, and then returns its cause.
func (s Sender[T]) ClosedWait(ctx context.Context) error {
	f := borrow(s.channel())
	_, err := waitlist.Block[struct{}](ctx, f)
	f.giveBack()
	return err
}

// ClosedFuture is Closed in poll style.
func (s Sender[T]) ClosedFuture() ClosedFuture { return ClosedFuture{h: &s.channel().hub} }

// A ClosedFuture answers when there is no receiver. It is a value, which must not be copied any more
// once it was polled. After an answer, and after a Drop, it can be polled again.
type ClosedFuture struct {
	h    *hub
	node waitlist.Node // under the hub's lock
}

var (
	_ core.Future[struct{}] = (*ClosedFuture)(nil)
	_ core.Dropper          = (*ClosedFuture)(nil)
)

// closedFutures are those of bodies and goroutines that do not wait.
var closedFutures = sync.Pool{New: func() any { return new(ClosedFuture) }}

func borrow[T any](c *channel[T]) *ClosedFuture {
	f := closedFutures.Get().(*ClosedFuture)
	f.h = &c.hub
	return f
}

func (f *ClosedFuture) giveBack() {
	f.h = nil
	closedFutures.Put(f)
}

// Poll answers when there is no receiver.
func (f *ClosedFuture) Poll(cx *core.Context) (struct{}, bool) {
	h := f.h
	if h == nil {
		panic("watch: Poll of a ClosedFuture that no Sender has made")
	}
	if !cx.Spend() {
		return struct{}{}, false
	}
	h.mu.Lock()
	gone := h.receivers == 0
	switch {
	case gone:
		h.senders.Remove(&f.node)
	case !h.senders.Rearm(&f.node, cx.Waker()):
		h.senders.Push(&f.node, cx.Waker())
	}
	h.mu.Unlock()
	if !gone {
		cx.Refund()
		cx.Waits(core.WaitChannel)
	}
	return struct{}{}, gone
}

// Drop ends the wait.
func (f *ClosedFuture) Drop() {
	if h := f.h; h != nil {
		h.mu.Lock()
		h.senders.Remove(&f.node)
		h.mu.Unlock()
	}
}
