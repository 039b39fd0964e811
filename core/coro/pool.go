package coro

import "github.com/moduvex/moduvex-go/core"

// DefaultIdle is how many idle coroutines a pool keeps if [PoolOptions].Idle is 0: about 0.7 MiB.
const DefaultIdle = 256

// A Pool keeps the idle coroutines of one worker. It has no lock: only the worker uses it. The zero Pool keeps none.
type Pool struct {
	idle  []*coroutine
	limit int
	opts  PoolOptions
	pcs   [maxStack]uintptr // scratch of checkUse, which would not fit a coroutine's first stack
}

// PoolOptions are the options of [NewPoolWith]. The zero value selects the defaults.
type PoolOptions struct {
	// Idle is the greatest number of idle coroutines that are kept. 0 means DefaultIdle; a negative number means none.
	Idle int
	// ThreadLocked says that the worker is locked to its OS thread, which its coroutines then share.
	ThreadLocked bool
	// Begin, if not nil, is called on the goroutine of a coroutine before a body begins there. The worker sets the
	// goroutine's profiler labels in it, so that a body does not see those of the body before. It must not panic.
	Begin func()
	// CheckUses checks at every use of a Co that the caller is the Co's body. Each check costs microseconds: the
	// option is for tests and for debugging.
	CheckUses bool
}

// NewPool returns a pool with the [PoolOptions] Idle and ThreadLocked.
func NewPool(idle int, threadLocked bool) *Pool {
	return NewPoolWith(PoolOptions{Idle: idle, ThreadLocked: threadLocked})
}

// NewPoolWith returns an empty pool.
func NewPoolWith(opts PoolOptions) *Pool {
	if opts.Idle == 0 {
		opts.Idle = DefaultIdle
	}
	return &Pool{limit: max(opts.Idle, 0), opts: opts}
}

// A Host is a [core.Host] with a pool. On a host without one, each body gets a new coroutine.
type Host interface {
	core.Host
	// Coroutines returns the pool of the worker.
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
	c.begin = p.opts.Begin // another worker's pool may have made c
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

// Idle returns the number of coroutines that wait for a body.
func (p *Pool) Idle() int { return len(p.idle) }

// Close ends all idle coroutines, and the pool keeps none from now on. The worker calls it when its tasks have ended.
func (p *Pool) Close() {
	for _, c := range p.idle {
		c.dispose()
	}
	p.idle, p.limit = nil, 0
}
