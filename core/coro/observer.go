package coro

import "github.com/moduvex/moduvex-go/core/task"

// An Observer is told of the polls of the bodies of a worker, for profiles and traces. Its methods are called on the goroutine
// of the body's coroutine, with the worker that the body is on, and must not await, block or panic. They run on
// a stack that began with 2 KB, so that of an observed body may grow.
type Observer interface {
	// Begins is called before the body of t begins. If the result is not nil, it is called at the end of the body, on the same
	// goroutine: when the body has returned, has panicked or is inside Goexit.
	Begins(t *task.Task) (ends func())
	// Ended is called after that, on the same goroutine, of the Observer of the worker on which the body has ended. The
	// goroutine may then be idle for long.
	Ended()
	// Resumed is called before the body goes on in another poll. moved says that the poll before, or the begin, was on
	// another worker.
	Resumed(t *task.Task, moved bool)
}

// An observation is what a coroutine keeps for the Observer of its pool.
type observation struct {
	on   *Pool // of the last poll
	ends func()
}

// beginObserved is the part of beginBody for an observed body.
func (c *coroutine) beginObserved(o Observer) {
	c.observed = true
	c.optional().observation = observation{on: c.pool, ends: o.Begins(c.job.state().task)}
}

// resumeObserved is the end of back for an observed body.
func (c *coroutine) resumeObserved() {
	seen := &c.extras.options.observation
	moved := seen.on != c.pool
	seen.on = c.pool
	c.pool.opts.Observer.Resumed(c.job.state().task, moved)
}

// endObserved is called when an observed body has ended, on its goroutine.
func (c *coroutine) endObserved() {
	c.observed = false
	ends := c.extras.options.observation.ends
	c.extras.options.observation = observation{}
	if ends != nil {
		ends()
	}
	c.pool.opts.Observer.Ended()
}
