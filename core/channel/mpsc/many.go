package mpsc

import (
	"context"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/internal/ends"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// RecvMany suspends the body of co until a value is queued, and moves as many as there are to buf, up to its
// length. It returns how many: at least one, unless buf is empty or there is an error, which is as for
// [Receiver.Recv]. It costs about as much as receiving one.
func (rx *Receiver[T]) RecvMany(co *coro.Co, buf []T) (int, error) {
	f := rx.borrow(buf)
	r, err := coro.Await[core.Result[int]](co, f)
	f.buf = nil
	return ends.Flat(r, err)
}

// RecvManyWait is RecvMany for plain goroutines. The error is as for [Receiver.RecvWait].
func (rx *Receiver[T]) RecvManyWait(ctx context.Context, buf []T) (int, error) {
	f := rx.borrow(buf)
	r, err := waitlist.Block[core.Result[int]](ctx, f)
	f.buf = nil
	return ends.Flat(r, err)
}

// TryRecvMany moves as many values as are queued to buf, up to its length, and returns how many. If none is
// queued the error is [ErrEmpty] or [ErrClosed].
func (rx *Receiver[T]) TryRecvMany(buf []T) (int, error) {
	rx.channel()
	switch {
	case len(buf) == 0:
		return 0, nil
	case !rx.prepare(nil):
		return 0, ErrEmpty
	case rx.c.queue.ready == 0:
		return 0, ErrClosed
	}
	return rx.takeMany(nil, buf), nil
}

// RecvManyFuture returns the future that receives into buf.
func (rx *Receiver[T]) RecvManyFuture(buf []T) RecvManyFuture[T] {
	rx.channel()
	return RecvManyFuture[T]{rx, buf}
}

// A RecvManyFuture is ready with the number of values that it has moved to its buffer: see
// [Receiver.RecvMany]. It can be polled again after it was ready. Its Drop ends the wait and loses no
// value.
type RecvManyFuture[T any] struct {
	rx  *Receiver[T]
	buf []T
}

var (
	_ core.Future[core.Result[int]] = (*RecvManyFuture[int])(nil)
	_ core.Dropper                  = (*RecvManyFuture[int])(nil)
)

// borrow returns the receiver's own future, for the other two styles, or a new one while another receive has that:
// the new one then finds the conflict.
func (rx *Receiver[T]) borrow(buf []T) *RecvManyFuture[T] {
	rx.channel()
	if rx.many == nil || rx.many.buf != nil {
		rx.many = &RecvManyFuture[T]{rx: rx}
	}
	rx.many.buf = buf
	return rx.many
}

// Poll moves what is queued.
func (f *RecvManyFuture[T]) Poll(cx *core.Context) (r core.Result[int], ok bool) {
	rx := f.rx
	if rx == nil {
		panic("mpsc: Poll of a RecvManyFuture that no Receiver has made")
	}
	if !cx.Spend() {
		return r, false
	}
	switch {
	case len(f.buf) == 0:
	case !rx.prepare(cx.Waker()):
		ends.Pending(cx)
		return r, false
	case rx.c.queue.ready == 0:
		r.Err = ErrClosed
	default:
		r.Value = rx.takeMany(cx, f.buf)
	}
	return r, true
}

// Drop ends the wait of a pending Poll.
func (f *RecvManyFuture[T]) Drop() {
	if f.rx != nil {
		f.rx.Drop()
	}
}

// takeMany moves values to buf. At least one is ready.
func (rx *Receiver[T]) takeMany(cx *core.Context, buf []T) int {
	c := rx.c
	n := rx.move(buf)
	if n < len(buf) { // more may have been sent than the receiver knew of
		c.mu.Lock()
		c.queue.refresh(c.received() + uint64(n))
		c.mu.Unlock()
		n += rx.move(buf[n:])
	}
	c.taken.Add(uint64(n))
	if c.crowded.Load() {
		c.grant(cx)
	}
	return n
}

func (rx *Receiver[T]) move(buf []T) int {
	n := min(rx.c.queue.ready, len(buf))
	for i := range n {
		buf[i] = rx.c.queue.pop()
	}
	return n
}
