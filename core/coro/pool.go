package coro

import (
	"github.com/moduvex/moduvex-go/core"
)

// DefaultIdle is how many idle coroutines a pool keeps if [PoolOptions].Idle is 0: about 0.7 MiB.
const DefaultIdle = 256

// A Pool keeps the idle coroutines of one worker, and the contexts that its bodies are to end with. It has no lock, except
// in fans: only the worker uses it. The zero Pool keeps no coroutine.
type Pool struct {
	idle  []*coroutine
	limit int
	opts  PoolOptions
	pcs   [maxStack]uintptr  // scratch of checkUse, which would not fit a coroutine's first stack
	text  [numberLength]byte // as pcs, for UseCheck.Init
	runs  [maxRuns]uintptr   // for runsBody

	home    party        // the goroutine that polls where no coroutine does
	broken  []*coroutine // are to end: for trim
	current *bodyState   // whose poll is under way, or is to be ended; nil if that of a future is, or none
	fans    fans         // of the scopes that were opened on the worker
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
	// Observer, if not nil, is told of the polls of bodies, where Begin is nil. Of workers between which tasks move, all have
	// one or none has.
	Observer Observer
	// Relay, if not nil, lets the coroutines hand the worker on to each other. It is that of the pool's worker.
	Relay Relay
	// Surplus is that of all workers between which tasks move, if they have a Relay; nil where tasks stay.
	Surplus *Surplus
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
	if opts.Relay != nil && !swaps() {
		opts.Relay = nil
	}
	if opts.Relay == nil {
		opts.Surplus = nil // each coroutine is parked in its own berth
	}
	return &Pool{limit: max(opts.Idle, 0), opts: opts}
}

// A Host is a [core.Host] with a pool. On a host without one, each body gets a new coroutine.
type Host interface {
	core.Host
	// Coroutines returns the pool of the worker.
	Coroutines() *Pool
}

// poolOf returns the pool of h. c is the coroutine of a body that h polls, or nil.
func poolOf(h core.Host, c *coroutine) *Pool {
	if h, ok := h.(Host); ok {
		return h.Coroutines()
	}
	if c != nil {
		return c.pool // of no host
	}
	return NewPool(-1, false)
}

func (p *Pool) get(j job) *coroutine {
	if len(p.idle) != 0 {
		return p.pop()
	}
	if s := p.opts.Surplus; s != nil {
		if c := s.take(); c != nil {
			return c
		}
	}
	return newCoroutine(p, j)
}

// put makes c idle. Where coroutines hand the worker on, there may be more idle ones than are to be kept until trim.
func (p *Pool) put(c *coroutine) {
	c.job = nil
	if c.broken {
		p.broken = append(p.broken, c)
	} else {
		p.idle = append(p.idle, c)
	}
}

// trim ends the coroutines that are not to be kept. On the worker's own goroutine.
func (p *Pool) trim() {
	if s := p.opts.Surplus; s != nil {
		s.trim(p)
		return
	}
	if len(p.idle) > p.limit {
		p.endAll(p.idle[p.limit:])
		p.idle = p.idle[:p.limit]
	}
	for len(p.broken) > 0 {
		last := len(p.broken) - 1
		c := p.broken[last]
		p.broken[last] = nil
		p.broken = p.broken[:last]
		p.endBroken(c)
	}
}

func (p *Pool) pop() *coroutine {
	last := len(p.idle) - 1
	c := p.idle[last]
	p.idle[last] = nil
	p.idle = p.idle[:last]
	return c
}

// endAll ends idle coroutines. The end of one resumes the party that is parked in its berth. If that is another one that
// is to end, it ends next: coroutines that have handed the worker on to each other are parked in each other's berths.
// Any other party switches to the worker's goroutine at once, since no poll is under way: see resumed.
func (p *Pool) endAll(cs []*coroutine) {
	for _, c := range cs {
		c.pool, c.ends = p, true
	}
	for i, c := range cs {
		cs[i] = nil
		if !c.gone {
			p.endIdle(c)
		}
	}
}

func (p *Pool) endIdle(c *coroutine) {
	c.pool, c.ends = p, true
	p.home.pass(&c.party)
}

// endBroken ends c in its own berth, since iter.Pull passes the panic of its end to the party that is parked there.
func (p *Pool) endBroken(c *coroutine) {
	c.pool = p
	if c.at.owner != c {
		p.reclaim(c)
	}
	c.dispose(p)
}

// reclaim brings c, which is broken, into its own berth. c switches there; the party that it resumes by that
// switches to the worker's goroutine, into the berth that c has left.
func (p *Pool) reclaim(c *coroutine) {
	c.reclaimed = true
	p.home.pass(&c.party)
}

// Idle returns the number of coroutines that wait for a body.
func (p *Pool) Idle() int { return len(p.idle) }

// Close ends all idle coroutines, and the pool keeps none from now on. The worker calls it when its tasks have ended.
func (p *Pool) Close() {
	p.limit = 0
	p.trim()
	p.idle, p.home.at = nil, berth{}
}
