package mpsc

import (
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/internal/ends"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// SendFuture returns the future that sends v.
func (tx *Sender[T]) SendFuture(v T) SendFuture[T] {
	tx.channel()
	return SendFuture[T]{reserve: ReserveFuture[T]{tx: tx}, value: v}
}

// A SendFuture is ready with nil once its value is sent, or with [ErrClosed]. It must not be copied after its first poll.
// After that, Reset makes it send another value.
type SendFuture[T any] struct {
	reserve ReserveFuture[T]
	value   T
}

var (
	_ core.Future[error] = (*SendFuture[int])(nil)
	_ core.Dropper       = (*SendFuture[int])(nil)
)

// Poll sends the value, or waits in line for a slot.
func (f *SendFuture[T]) Poll(cx *core.Context) (error, bool) {
	r := &f.reserve
	c := r.channel()
	if !cx.Spend() {
		c.enlist(&r.node, cx.Waker(), r.tx)
		return nil, false
	}
	c.mu.Lock()
	s := waitlist.Granted
	if r.node.State() != waitlist.Idle || c.intake.Closed || r.tx.closed || !c.admits() {
		s = c.acquireSlot(&r.node, cx, r.tx)
		if s != waitlist.Granted || c.closed {
			c.mu.Unlock()
			return unsent(cx, s)
		}
	}
	if c.queue.full() {
		c.queue.grow()
	}
	c.queue.put(f.value)
	w := c.takeReceiver()
	c.mu.Unlock()
	if w != nil {
		cx.Wake(w)
	}
	var zero T
	f.value = zero
	return nil, true
}

// unsent returns the results of a Poll that has not sent.
func unsent(cx *core.Context, s waitlist.State) (error, bool) {
	if s == waitlist.Waiting {
		ends.Pending(cx)
		return nil, false
	}
	return ErrClosed, true
}

// Unsent takes the value back from a future that was ready with [ErrClosed]. It returns the zero
// value if the value was sent, or taken back, or the future was dropped.
func (f *SendFuture[T]) Unsent() T {
	if f.reserve.node.State() != waitlist.Idle {
		panic("mpsc: Unsent of a SendFuture that is pending")
	}
	v := f.value
	var zero T
	f.value = zero
	return v
}

// Reset makes v the value of the next Poll. The future must not be pending.
func (f *SendFuture[T]) Reset(v T) {
	if f.reserve.node.State() != waitlist.Idle {
		panic("mpsc: Reset of a SendFuture that is pending")
	}
	f.value = v
}

// Drop releases the value and leaves the line. A slot that was reserved for the future goes to the next.
func (f *SendFuture[T]) Drop() {
	var zero T
	f.value = zero
	f.reserve.Drop()
}

// ReserveFuture returns the future that reserves a slot.
func (tx *Sender[T]) ReserveFuture() ReserveFuture[T] {
	tx.channel()
	return ReserveFuture[T]{tx: tx}
}

// A ReserveFuture is ready with a [Permit], or with [ErrClosed]. It must not be copied after its first poll. After
// that it can be polled again for another permit.
type ReserveFuture[T any] struct {
	tx   *Sender[T]
	node waitlist.Node
}

var (
	_ core.Future[core.Result[Permit[int]]] = (*ReserveFuture[int])(nil)
	_ core.Dropper                          = (*ReserveFuture[int])(nil)
)

func (f *ReserveFuture[T]) channel() *channel[T] {
	if f.tx == nil {
		panic("mpsc: Poll of a future that no Sender has made")
	}
	return f.tx.c
}

// Poll reserves a slot, or waits in line for one.
func (f *ReserveFuture[T]) Poll(cx *core.Context) (r core.Result[Permit[T]], ok bool) {
	c := f.channel()
	if !cx.Spend() {
		c.enlist(&f.node, cx.Waker(), f.tx)
		return r, false
	}
	c.mu.Lock()
	s := c.acquireSlot(&f.node, cx, f.tx)
	if s == waitlist.Granted {
		c.reserved++
	}
	c.mu.Unlock()
	switch s {
	case waitlist.Waiting:
		ends.Pending(cx)
		return r, false
	case waitlist.Closed:
		r.Err = ErrClosed
	default:
		r.Value.c = c
	}
	return r, true
}

// Drop leaves the line. A slot that was reserved for the future goes to the next.
func (f *ReserveFuture[T]) Drop() {
	if f.tx != nil {
		f.tx.c.dropSender(&f.node)
	}
}

// A Permit is a slot that is reserved for one value. It keeps the channel open for that value until it is used,
// by Send or Release. Both panic if the permit was used, or is the zero Permit.
type Permit[T any] struct{ c *channel[T] }

// Send sends v at once. The error is [ErrClosed] if the receiver is closed; a receiver that is only stopped
// still gets v. Any goroutine.
func (p *Permit[T]) Send(v T) error { return p.SendOn(nil, v) }

// SendOn is [Permit.Send] for a caller that is in a poll.
func (p *Permit[T]) SendOn(cx *core.Context, v T) error {
	c := p.use("Send")
	c.mu.Lock()
	c.reserved--
	if c.closed {
		c.mu.Unlock()
		return ErrClosed
	}
	w := c.push(v)
	c.mu.Unlock()
	waitlist.Wake(cx, w)
	return nil
}

// Release passes the slot to the next sender in line. Any goroutine.
func (p *Permit[T]) Release() { p.ReleaseOn(nil) }

// ReleaseOn is [Permit.Release] for a caller that is in a poll.
func (p *Permit[T]) ReleaseOn(cx *core.Context) {
	c := p.use("Release")
	c.mu.Lock()
	c.unreserve(cx)
}

func (p *Permit[T]) use(what string) *channel[T] {
	c := p.c
	if c == nil {
		panic("mpsc: " + what + " with a Permit that was used")
	}
	p.c = nil
	return c
}
