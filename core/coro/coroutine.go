package coro

import (
	"iter"
	"runtime"

	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// A coroutine is a goroutine that runs bodies, one after the other. It runs only while it holds a worker.
//
//	new → (resumed → running → suspended)* → the body has ended ─→ its worker's next body begins → ...
//	                                                            ├→ idle in the pool or the Surplus → resumed or stopped
//	                                                            └→ broken → stopped
type coroutine struct {
	party                                // what each switch touches comes first
	pool         *Pool                   // of the worker that has resumed it last
	uses         uint16                  // of its bodies' Cos
	checkMask    uint16                  // a use is checked if its number has none of these bits
	threadLocked bool                    // as in the pool that it was made for
	broken       bool                    // its goroutine is inside Goexit and can only be stopped
	ends         bool                    // its goroutine ends when it is resumed next
	gone         bool                    // its goroutine has ended
	exchanged    bool                    // a foreign goroutine is in its place, and is resumed to panic
	observed     bool                    // its body is one of which the pool's Observer is told
	reclaimed    bool                    // it is to switch to its own berth
	surplus      bool                    // it is in the Surplus, whose lock guards this field
	hosts        bool                    // for Surplus.cycles, whose lock guards this field
	inBody       bool                    // the body has not returned
	job          job                     // nil while idle
	extras       *extras                 // nil until one of them is needed
	next         func() (struct{}, bool) // of its own berth
	yield        func(struct{}) bool
}

// The extras are what few coroutines need: so the others are a size class smaller.
type extras struct {
	timer   wheel.Entry // for Sleep
	options *optionals  // if an option of the pool wants it
}

// The optionals are apart from the extras, of which each sleeping body has some.
type optionals struct {
	checks      exactChecks // if all uses are checked
	observation observation // if the body is observed
}

func (c *coroutine) extra() *extras {
	if c.extras == nil {
		c.extras = new(extras)
	}
	return c.extras
}

func (c *coroutine) optional() *optionals {
	e := c.extra()
	if e.options == nil {
		e.options = new(optionals)
	}
	return e.options
}

// A job is a body with the slot of its output. The coroutine calls one method when the body ends.
type job interface {
	loop(c *coroutine) iter.Seq[struct{}] // returns the function of c's goroutine, which runs jobs of any type
	run()                                 // runs the body and stores what it returned
	crashed(err *task.PanicError)         // the body panicked
	exited()                              // the body's goroutine is inside Goexit
	state() *bodyState
}

// newCoroutine makes a coroutine whose first job is j.
func newCoroutine(p *Pool, j job) *coroutine {
	c := &coroutine{threadLocked: p.opts.ThreadLocked, checkMask: useSample - 1}
	if p.opts.CheckUses {
		c.checkMask = 0
		c.optional()
	}
	c.leaveThread()                  // a future that was polled before may have locked it, and a coroutine remembers that
	c.next, _ = iter.Pull(j.loop(c)) // dispose needs no stop function, so none is kept
	c.at = berth{next: c.next, owner: c}
	return c
}

// comeHome switches to c's own berth. Only the party that is parked there knows which of the two functions is due; the
// other one panics, and does nothing else.
func (c *coroutine) comeHome() {
	c.at = berth{next: c.next, yield: c.yield, owner: c}
	if !c.yieldsAtHome() {
		c.at.nexted = true
		c.next()
	}
}

func (c *coroutine) yieldsAtHome() (due bool) {
	defer func() { due = recover() == nil }()
	c.yield(struct{}{})
	return true
}

// started is called once, on the goroutine of c.
func (c *coroutine) started(yield func(struct{}) bool) {
	c.yield = yield
	c.pool.home.at.yield = yield // a coroutine is resumed from there first
	if c.checkMask == 0 {
		c.extras.options.checks.number = goroutineNumber(make([]byte, numberLength))
	}
}

// resumed is called whenever the goroutine has been resumed. It returns true once the poll of a body of c has begun,
// and false if c is to end. Its end resumes the party that is parked in its own berth.
func (c *coroutine) resumed() bool {
	for {
		switch p := c.pool; {
		case c.reclaimed:
			c.reclaimed = false
			c.comeHome()
		case c.ends:
			c.gone = true
			return false
		case c.job != nil && p.ensureBegun(c):
			return true
		default:
			c.pass(&p.home)
		}
	}
}

// beginBody is called before a body begins on c.
func (c *coroutine) beginBody() {
	if begin := c.pool.opts.Begin; begin != nil {
		begin()
	} else if o := c.pool.opts.Observer; o != nil {
		c.beginObserved(o)
	}
	c.inBody = true
}

// contain recovers a panic of the body. The body's frames are still on the stack, so the PanicError's stack names the
// function that panicked.
func (c *coroutine) contain() {
	v := recover()
	if !c.inBody {
		return
	}
	c.inBody = false
	if err := task.Recovered(v); err != nil {
		c.job.crashed(err)
	}
}

// exit runs when loop ends: because the idle coroutine is stopped, or because a body has called Goexit. After a Goexit
// the goroutine can run no further body, and iter.Pull would end the worker's goroutine too. So exit switches to the
// worker's goroutine, which resumes this one only to stop it: then the panic of exit hides the Goexit from iter.Pull,
// which passes the panic to dispose.
//
// A deferred function of the body may panic inside the Goexit. When contain has recovered that panic, the Goexit
// continues. So contain does not park: the next body would run on a goroutine that is about to exit.
func (c *coroutine) exit() {
	if c.job == nil {
		return
	}
	if c.observed {
		c.endObserved()
	}
	c.job.exited()
	c.broken = true
	c.leaveThread()
	if s := c.job.state(); c.pool.current != s {
		c.takeBack(s)
	}
	c.pass(&c.pool.home)
	for c.resumed() {
	}
	panic(stopped{})
}

type stopped struct{}

// leaveThread undoes the body's thread locks. It is called before every switch of stacks.
func (c *coroutine) leaveThread() {
	if !c.threadLocked {
		unlockThread()
	}
}

// maxThreadLocks is how many nested LockOSThread calls a suspension undoes. The number of locks cannot be read, and an
// UnlockOSThread too many costs 0.3 ns, so the bound is larger than any nesting in practice.
const maxThreadLocks = 8

func unlockThread() {
	for range maxThreadLocks {
		runtime.UnlockOSThread()
	}
}

// dispose ends a broken coroutine, which is in its own berth, by a last resume. It runs on the worker's
// goroutine: if that and the coroutine are locked to one thread, no other goroutine may switch to the coroutine.
func (c *coroutine) dispose(p *Pool) {
	defer func() {
		if v := recover(); v != nil && v != (stopped{}) { // nil if the worker has switched by yield
			panic(v)
		}
	}()
	c.ends = true
	c.pool = p
	p.home.pass(&c.party)
}
