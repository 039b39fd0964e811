package lock

import (
	"context"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
)

// A OnceCell is a place for a value that is made when it is first asked for, by code that may await.
// Others that ask meanwhile wait for it. The zero OnceCell is empty. It must not be copied after
// first use.
//
// If the making fails, panics or is cancelled, the cell stays empty, and the next in line makes the
// value in its own way. What makes the value must not ask the cell for it: that waits for ever.
type OnceCell[T any] struct {
	full  atomic.Bool // stored once, by the maker; it publishes value
	maker permits     // one permit: its holder makes the value, and then closes maker
	value T
}

func (c *OnceCell[T]) permits() *permits {
	c.maker.initOnce(1)
	return &c.maker
}

// Get returns the value if it is there. Any goroutine.
func (c *OnceCell[T]) Get() (v T, ok bool) {
	if !c.full.Load() {
		return v, false
	}
	return c.value, true
}

// Set makes v the value, and reports whether it did: it does not if there is one, or one is being
// made. Any goroutine.
func (c *OnceCell[T]) Set(v T) bool {
	if !c.permits().tryAcquire(1) {
		return false
	}
	c.fill(nil, v)
	return true
}

// fill needs the turn. There is none after it, and all that wait for one are woken.
func (c *OnceCell[T]) fill(cx *core.Context, v T) {
	c.value = v
	c.full.Store(true)
	c.maker.close(cx)
}

// GetOrInit returns the value. If there is none it makes it with init, or suspends the body of co
// while another does. The error is that of init, or why co was cancelled while it waited.
func (c *OnceCell[T]) GetOrInit(co *coro.Co, init func(co *coro.Co) (T, error)) (T, error) {
	if init == nil {
		panic("lock: GetOrInit with a nil function")
	}
	if v, ok := c.Get(); ok {
		return v, nil
	}
	err := c.permits().acquire(co, 1)
	return c.getOrInit(err, func() (T, error) { return init(co) })
}

// GetOrInitWait is GetOrInit for plain goroutines, which it blocks. ctx is for init too; while
// another makes the value, the error is the cause of ctx if that is done first.
func (c *OnceCell[T]) GetOrInitWait(ctx context.Context, init func(context.Context) (T, error)) (T, error) {
	if init == nil {
		panic("lock: GetOrInitWait with a nil function")
	}
	if v, ok := c.Get(); ok {
		return v, nil
	}
	if coro.Nested(ctx) { // before init blocks the worker
		var none T
		return none, core.ErrNested
	}
	err := c.permits().acquireWait(ctx, 1)
	return c.getOrInit(err, func() (T, error) { return init(ctx) })
}

// getOrInit goes on where the wait for the turn has ended, with the error that it came to.
func (c *OnceCell[T]) getOrInit(err error, init func() (T, error)) (v T, _ error) {
	if err == ErrClosed && c.full.Load() { // and not the cause of some context
		return c.value, nil
	}
	if err != nil {
		return v, err
	}
	defer c.maker.release(nil, 1, 1) // to the next in line, if there is no value
	made, err := init()
	if err != nil {
		return v, err
	}
	c.fill(nil, made)
	return made, nil
}

// InitFuture returns the future of the value. If there is none, it calls init once it is its turn
// to make the value, and polls what that returns.
func (c *OnceCell[T]) InitFuture(init func() core.Future[T]) InitFuture[T] {
	if init == nil {
		panic("lock: InitFuture with a nil function")
	}
	return InitFuture[T]{c: c, acquire: AcquireFuture{p: c.permits(), n: 1}, init: init}
}

// An InitFuture answers with the value of a [OnceCell]. It must not be copied once it was polled.
type InitFuture[T any] struct {
	c       *OnceCell[T]
	acquire AcquireFuture
	init    func() core.Future[T]
	maker   bool           // it holds the permit to make the value
	making  core.Future[T] // the future that init has returned
}

var (
	_ core.Future[int] = (*InitFuture[int])(nil)
	_ core.Dropper     = (*InitFuture[int])(nil)
)

// Poll answers with the value, makes it, or waits for who does.
func (f *InitFuture[T]) Poll(cx *core.Context) (v T, ok bool) {
	c := f.c
	if c == nil {
		panic("lock: Poll of an InitFuture that no OnceCell has made")
	}
	if !f.maker {
		err, ok := f.acquire.Poll(cx)
		if !ok {
			return v, false
		}
		if err == ErrClosed {
			return c.value, true
		}
		f.maker = true
	}
	if f.making == nil {
		if f.making = f.init(); f.making == nil {
			panic("lock: the function of an InitFuture returned a nil Future")
		}
	}
	if v, ok = f.making.Poll(cx); ok {
		f.making, f.maker = nil, false
		c.fill(cx, v)
	}
	return v, ok
}

// Drop gives up. If it was its turn, it is the next one's.
func (f *InitFuture[T]) Drop() {
	if !f.maker {
		f.acquire.Drop()
		return
	}
	f.maker = false
	defer f.c.maker.release(nil, 1, 1)
	making := f.making
	f.making = nil
	core.Drop(making)
}
