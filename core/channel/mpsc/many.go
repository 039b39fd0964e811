package mpsc

import (
	"context"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// RecvMany suspends the body of co until there is a value, and moves as many as there are to buf, up
// to its length. It returns how many: at least one, unless buf is empty or there is an error, which
// is as for [Receiver.Recv]. It costs about as much as receiving one.
func (rx *Receiver[T]) RecvMany(co *coro.Co, buf []T) (int, error) {
	f := rx.borrow(buf)
	r, err := coro.Await[Result[int]](co, f)
	f.buf = nil
	return r.Value, either(err, r.Err)
}

// RecvManyWait is RecvMany for plain goroutines. A ctx that is done ends the wait with its cause.
func (rx *Receiver[T]) RecvManyWait(ctx context.Context, buf []T) (int, error) {
	f := rx.borrow(buf)
	r, err := waitlist.Block[Result[int]](ctx, f)
	f.buf = nil
	return r.Value, either(err, r.Err)
}

// TryRecvMany moves as many values as there are to buf, up to its length. If there are none the
// error is [ErrEmpty] or [ErrClosed].
func (rx *Receiver[T]) TryRecvMany(buf []T) (int, error) {
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
func (rx *Receiver[T]) RecvManyFuture(buf []T) RecvManyFuture[T] { return RecvManyFuture[T]{rx, buf} }

// A RecvManyFuture answers with the number of values that it has moved to its buffer: see
// [Receiver.RecvMany]. It can be polled again after it has answered. Being given up, it loses none.
type RecvManyFuture[T any] struct {
	rx  *Receiver[T]
	buf []T
}

var (
	_ core.Future[Result[int]] = (*RecvManyFuture[int])(nil)
	_ core.Dropper             = (*RecvManyFuture[int])(nil)
)

// borrow returns the receiver's own future, for the other two styles.
func (rx *Receiver[T]) borrow(buf []T) *RecvManyFuture[T] {
	if rx.many == nil {
		rx.many = &RecvManyFuture[T]{rx: rx}
	}
	rx.many.buf = buf
	return rx.many
}

// Poll moves what is there.
func (f *RecvManyFuture[T]) Poll(cx *core.Context) (r Result[int], ok bool) {
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
		pending(cx)
		return r, false
	case rx.c.queue.ready == 0:
		r.Err = ErrClosed
	default:
		r.Value = rx.takeMany(cx, f.buf)
	}
	return r, true
}

// Drop takes the waker of a pending Poll back.
func (f *RecvManyFuture[T]) Drop() {
	if f.rx != nil {
		f.rx.Drop()
	}
}

// takeMany moves values to buf. Something is ready.
func (rx *Receiver[T]) takeMany(cx *core.Context, buf []T) int {
	c := rx.c
	n := rx.move(buf)
	if n < len(buf) { // there may be more than was known
		c.mu.Lock()
		c.queue.refresh(c.left() + uint64(n))
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
