package coro

import (
	"iter"
	"runtime"

	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// A coroutine is a goroutine that runs bodies one after the other, each as far as its worker
// resumes it.
//
//	new → (resume → running → suspended)* → ended → idle in the pool → resume → ...
//	                                             \→ stopped
type coroutine struct {
	next         func() (struct{}, bool)
	yield        func(struct{}) bool
	begin        func()       // PoolOptions.Begin of the pool that it comes from
	job          job          // nil while idle
	timer        *wheel.Entry // for Sleep; made by the first one
	uses         uint32       // of its bodies' Cos
	look         uint32       // uses whose number has none of these bits are checked
	id           []byte       // number of its goroutine, if all uses are checked
	iterator     []byte       // that of the last one that was found to be an iterator of the body
	threadLocked bool         // as in the pool it was made for
	broken       bool         // its goroutine is inside Goexit and can only be stopped
	gone         bool         // its goroutine has ended before it was disposed of
	stopping     bool         // park does not return to a body any more
	serving      bool         // the body has not returned
}

// A job is a body with the place for its output.
type job interface {
	run()                         // runs the body and stores what it returned
	crashed(err *task.PanicError) // the body panicked
	exited()                      // the body's goroutine is inside Goexit
}

func newCoroutine(p *Pool) *coroutine {
	c := &coroutine{threadLocked: p.opts.ThreadLocked, begin: p.opts.Begin, look: useSample - 1}
	if p.opts.CheckUses {
		c.look, c.id = 0, []byte{} // not nil: the goroutine puts its number there
	}
	c.next, _ = iter.Pull(c.loop) // stop would be one more thing to keep for each: see dispose
	return c
}

// loop is the coroutine's goroutine.
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

// contain recovers what the body panicked with. The body's frames are still there, so the stack
// names the function that did.
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

// exit runs when loop is left: because the coroutine is stopped while idle, or because a body
// called Goexit. In the second case the goroutine is lost, and iter.Pull would take the worker's
// along. So the worker is answered from in here, and resumes this goroutine only to stop it. The
// panic then hides the Goexit from iter.Pull, which hands it to dispose.
//
// A Goexit goes on after a panic that a deferred function of the body added was recovered. That
// is why park is not called in contain: the next body would be run by a goroutine that is bound
// to exit.
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

// park gives the worker its goroutine back, until the next resume.
func (c *coroutine) park() {
	c.leaveThread()
	c.yield(struct{}{})
}

// leaveThread comes before every yield.
func (c *coroutine) leaveThread() {
	if !c.threadLocked {
		unlockThread()
	}
}

// maxThreadLocks is how many nested LockOSThread calls a suspension undoes. The count cannot be
// read, and a call too many is free (0.3 ns), so this is as deep as any sane nesting.
const maxThreadLocks = 8

func unlockThread() {
	for range maxThreadLocks {
		runtime.UnlockOSThread()
	}
}

// dispose ends an idle or broken coroutine: it resumes it for the last time. It stays on the
// worker's goroutine, the only one that may switch to the coroutine if both are locked to a
// thread.
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
