package coro

import "github.com/moduvex/moduvex-go/core"

// DefaultIdle is how many idle coroutines a pool keeps unless told otherwise: about 0.7 MiB.
const DefaultIdle = 256

// A Pool keeps the idle coroutines of one worker. It has one owner and no lock.
type Pool struct {
	idle  []*coroutine
	limit int
	opts  PoolOptions
	pcs   [maxStack]uintptr // scratch of checkUse: a coroutine's stack is too small for it
}

// PoolOptions are the options of [NewPoolWith]. The zero value is good.
type PoolOptions struct {
	// Idle is how many idle coroutines are kept at most; 0 stands for DefaultIdle, less for none.
	Idle int
	// ThreadLocked says that the owner is locked to its OS thread, which its coroutines then share.
	ThreadLocked bool
	// Begin, if not nil, is called on the goroutine of a coroutine before a body begins there. The owner gives
	// the goroutine its labels for profiles with it, so that a body finds none of the last one's. It must not
	// panic.
	Begin func()
	// CheckUses makes every use of a Co be checked for being its body's. That costs microseconds each: it is
	// for tests, and for the search of a mistake.
	CheckUses bool
}

// NewPool makes a pool with these two of [PoolOptions].
func NewPool(idle int, threadLocked bool) *Pool {
	return NewPoolWith(PoolOptions{Idle: idle, ThreadLocked: threadLocked})
}

// NewPoolWith makes a pool.
func NewPoolWith(opts PoolOptions) *Pool {
	if opts.Idle == 0 {
		opts.Idle = DefaultIdle
	}
	return &Pool{limit: max(opts.Idle, 0), opts: opts}
}

// A Host is a [core.Host] with a pool. Bodies on other hosts get a new coroutine each.
type Host interface {
	core.Host
	Coroutines() *Pool
}

func poolOf(h core.Host) *Pool {
	if h, ok := h.(Host); ok {
		return h.Coroutines()
	}
	return NewPool(-1, false)
}

func (p *Pool) get() *coroutine {
	last := len(p.idle) - 1
	if last < 0 {
		return newCoroutine(p)
	}
	c := p.idle[last]
	c.begin = p.opts.Begin // another worker's may have made it
	p.idle[last] = nil
	p.idle = p.idle[:last]
	return c
}

func (p *Pool) put(c *coroutine) {
	c.job = nil
	if c.gone {
		return
	}
	if c.broken || len(p.idle) >= p.limit {
		c.dispose()
		return
	}
	p.idle = append(p.idle, c)
}

// Idle returns how many coroutines wait for a body.
func (p *Pool) Idle() int { return len(p.idle) }

// Close ends all idle coroutines and keeps none from now on. The owner calls it when the tasks it
// polled are gone.
func (p *Pool) Close() {
	for _, c := range p.idle {
		c.dispose()
	}
	p.idle, p.limit = nil, 0
}
