package lock

import (
	"context"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
)

// A OnceCell holds a value that its first user makes, with code that may await. Other users wait for it meanwhile.
// The zero OnceCell is empty. It must not be copied after first use.
//
// If the function that makes the value fails, panics or is cancelled, the cell stays empty, and the next user in line
// makes the value with its own function. A function that waits for the value of the same cell waits for ever.
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

// Set makes v the value, and reports whether it did. It does not if there is a value, or one is being made. Any
// goroutine.
func (c *OnceCell[T]) Set(v T) bool {
	if !c.permits().tryAcquire(1) {
		return false
	}
	c.fill(nil, v)
	return true
}

// fill stores the value, and wakes all waiters. The caller is the maker, and no other follows.
func (c *OnceCell[T]) fill(cx *core.Context, v T) {
	c.value = v
	c.full.Store(true)
	c.maker.close(cx)
}

// GetOrInit returns the value. If there is none, it makes the value with init, or suspends the body of co while another
// user does. The error is that of init, or says why co was cancelled while it waited.
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

// GetOrInitWait is GetOrInit for plain goroutines. init gets ctx. The error is that of init, or the cause of ctx if ctx
// is done while another user makes the value.
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

// getOrInit is the rest of GetOrInit after the wait for the permit, which has ended with err.
func (c *OnceCell[T]) getOrInit(err error, init func() (T, error)) (v T, _ error) {
	if err == ErrClosed && c.full.Load() { // and not the cause of some context
		return c.value, nil
	}
	if err != nil {
		return v, err
	}
	defer c.maker.release(nil, 1, 1) // if there is no value, the next in line is the maker
	made, err := init()
	if err != nil {
		return v, err
	}
	c.fill(nil, made)
	return made, nil
}

// InitFuture returns the future of the value. If there is none and no other user makes it, the future calls init, and
// polls the future that init returns.
func (c *OnceCell[T]) InitFuture(init func() core.Future[T]) InitFuture[T] {
	if init == nil {
		panic("lock: InitFuture with a nil function")
	}
	return InitFuture[T]{c: c, acquire: AcquireFuture{p: c.permits(), n: 1}, init: init}
}

// An InitFuture is ready with the value of a [OnceCell]. It must not be copied after its first poll.
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

// Poll returns the value, makes it, or waits for the user that makes it.
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

// Drop ends the wait. If f was making the value, the next in line makes it.
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
