package coro

import (
	"iter"
	"runtime"

	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// A coroutine is a goroutine that runs bodies, one after the other. It runs only while a worker resumes it.
//
//	new → (resumed → running → suspended)* → the body has ended → idle in the pool → resumed → ...
//	                                                           \→ stopped
type coroutine struct {
	next         func() (struct{}, bool)
	yield        func(struct{}) bool
	begin        func()       // PoolOptions.Begin of the pool that it comes from
	job          job          // nil while idle
	timer        *wheel.Entry // for Sleep; the first Sleep makes it
	uses         uint32       // of its bodies' Cos
	checkMask    uint32       // a use is checked if its number has none of these bits
	id           []byte       // number of its goroutine, if all uses are checked
	iterator     []byte       // number of the last goroutine that was found to be an iterator of the body
	threadLocked bool         // as in the pool that it was made for
	broken       bool         // its goroutine is inside Goexit and can only be stopped
	gone         bool         // its goroutine has ended before it was disposed of
	stopping     bool         // park does not return to a body any more
	serving      bool         // the body has not returned
}

// A job is a body with the slot of its output. The coroutine calls one method when the body ends.
type job interface {
	run()                         // runs the body and stores what it returned
	crashed(err *task.PanicError) // the body panicked
	exited()                      // the body's goroutine is inside Goexit
}

func newCoroutine(p *Pool) *coroutine {
	c := &coroutine{threadLocked: p.opts.ThreadLocked, begin: p.opts.Begin, checkMask: useSample - 1}
	if p.opts.CheckUses {
		c.checkMask, c.id = 0, []byte{} // not nil: the goroutine sets it to its number
	}
	c.leaveThread()               // a future that was polled before may have locked it, and a coroutine remembers that
	c.next, _ = iter.Pull(c.loop) // dispose needs no stop function, so none is kept
	return c
}

// loop is the function of the coroutine's goroutine.
func (c *coroutine) loop(yield func(struct{}) bool) {
	c.yield = yield
	if c.id != nil {
		c.id = goroutineID()
	}
	defer c.exit()
	for {
		c.serve()
		c.park()
		if c.stopping {
			return
		}
	}
}

// serve runs one body to its end.
func (c *coroutine) serve() {
	defer c.contain()
	if c.begin != nil {
		c.begin()
	}
	c.serving = true
	c.job.run()
	c.serving = false
}

// contain recovers a panic of the body. The body's frames are still on the stack, so the PanicError's stack names the
// function that panicked.
func (c *coroutine) contain() {
	v := recover()
	if !c.serving {
		return
	}
	c.serving = false
	if err := task.Recovered(v); err != nil {
		c.job.crashed(err)
	}
}

// exit runs when loop ends: because the idle coroutine is stopped, or because a body has called Goexit. After a Goexit
// the goroutine can run no further body, and iter.Pull would end the worker's goroutine too. So exit switches to the
// worker itself, which resumes this goroutine only to stop it: then the panic of exit hides the Goexit from iter.Pull,
// which passes the panic to dispose.
//
// A deferred function of the body may panic inside the Goexit. When contain has recovered that panic, the Goexit
// continues. So contain does not park: the next body would run on a goroutine that is about to exit.
func (c *coroutine) exit() {
	if c.job == nil {
		return
	}
	c.job.exited()
	c.broken = true
	c.park()
	panic(stopped{})
}

type stopped struct{}

// park switches to the worker, and returns at the next resume.
func (c *coroutine) park() {
	c.leaveThread()
	c.yield(struct{}{})
}

// leaveThread undoes the body's thread locks. It is called before every yield.
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

// dispose ends an idle or broken coroutine by a last resume. It runs on the worker's goroutine: if that and the coroutine
// are locked to one thread, no other goroutine may switch to the coroutine.
func (c *coroutine) dispose() {
	if c.broken {
		defer func() {
			if v := recover(); v != (stopped{}) {
				panic(v)
			}
		}()
	}
	c.stopping = true
	c.next()
}
