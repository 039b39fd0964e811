package coro

import (
	"errors"
	"iter"
	"runtime"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
)

// New returns the task of body, in the slot that takes its output. The task is Scheduled, so it goes to a host's
// Spawn.
func New[T any](body func(co *Co) (T, error)) *task.Slot[T] {
	if body == nil {
		panic("coro: New of a nil body")
	}
	return newCell[T](valueBody[T](body))
}

// NewDo is [New] for a body that returns an error only. The task's value is the zero T, which has to be given:
// NewDo[struct{}](body).
func NewDo[T any](body func(co *Co) error) *task.Slot[T] {
	if body == nil {
		panic("coro: NewDo of a nil body")
	}
	return newCell[T](errorBody[T](body))
}

// NewCalling is [New] for a body that calls fn, a function that the program wrote, with arguments of its own: where a
// task is described by the name of its function, this one is by the name of fn. It is for hosts and libraries.
func NewCalling[T any](fn any, body func(co *Co) (T, error)) *task.Slot[T] {
	if body == nil {
		panic("coro: NewCalling of a nil body")
	}
	return newCell[T](callingBody[T]{body, pcOf(fn)})
}

// A cell is a task whose body is straight-line code: one allocation.
type cell[T any, B body[T]] struct {
	task.Slot[T]
	bodyState
	co   Co
	body B // zero once the body has ended: a task keeps nothing of what its body refers to
}

func newCell[T any, B body[T]](b B) *task.Slot[T] {
	c := &cell[T, B]{}
	c.init(b)
	return &c.Slot
}

func (c *cell[T, B]) init(b B) {
	c.prepare(b)
	c.Init(c)
}

// prepare is the part of init that comes before Slot.Init.
func (c *cell[T, B]) prepare(b B) {
	c.body = b
	c.bodyState.task = &c.Task
	c.co.bodyState = &c.bodyState
}

var (
	_ task.GracefulBody = (*cell[int, valueBody[int]])(nil)
	_ task.ClosingBody  = (*cell[int, valueBody[int]])(nil)
)

// Poll runs the body until it suspends or ends, and then those that it hands the worker on to.
func (c *cell[T, B]) Poll(cx *core.Context) task.Poll { return c.resume(cx, c) }

// state implements job.
func (c *cell[T, B]) state() *bodyState { return &c.bodyState }

// Unwind is the Poll that follows an abort. A body that has not begun begins: it releases what it was given, and
// it has no deferred functions for that before it begins.
func (c *cell[T, B]) Unwind(cx *core.Context) task.Poll { return c.Poll(cx) }

// Aborted closes the Done channels of the body's Cos.
func (c *cell[T, B]) Aborted() { c.changed() }

// AbortNoticed reports whether an await has failed because of the abort, or of the end of the task's context.
func (c *cell[T, B]) AbortNoticed() bool { return c.ignored != 0 }

// Describe returns the name of the function.
func (c *cell[T, B]) Describe() string { return funcName(c.body.pc()) }

func funcName(pc uintptr) string { return runtime.FuncForPC(pc).Name() }

// Close implements task.ClosingBody. A body that has not begun begins, as in Unwind.
func (c *cell[T, B]) Close(cx *core.Context) {
	p := poolOf(cx.Worker(), c.coroutine)
	if c.coroutine == nil {
		c.begin(p, c)
	}
	c.cx = cx
	c.coroutine.pool = p
	c.drop()
}

// Drop gives up a body that no host has accepted: it never begins.
func (c *cell[T, B]) Drop() { c.release() }

// release forgets the body.
func (c *cell[T, B]) release() {
	var zero B
	c.body = zero
}

// loop implements job. The collector walks the stacks of all suspended bodies, and reads tables for each frame: so few
// frames are below the user's. A call of run through the interface has one more, of the compiler's: loop avoids it for
// jobs of its own type, of which a program has many. It does not keep the cell.
func (*cell[T, B]) loop(c *coroutine) iter.Seq[struct{}] {
	return func(yield func(struct{}) bool) {
		c.started(yield)
		defer c.exit()
		for c.resumed() {
			if j, ok := c.job.(*cell[T, B]); ok {
				j.run()
			} else {
				c.job.run()
			}
			c.finish()
		}
	}
}

// run implements job. Its frame stays on the stack while the body is suspended, so it is small.
func (c *cell[T, B]) run() {
	defer c.coroutine.contain()
	c.coroutine.beginBody()
	if co := c.body.take(&c.co); co == nil {
		c.fail(core.ErrShutdown)
	} else if value, do := c.body.functions(); do != nil {
		c.fail(do(co))
	} else {
		c.returned(value(co))
	}
	c.coroutine.inBody = false
}

// fail is returned with the zero T.
func (c *cell[T, B]) fail(err error) {
	var zero T
	c.returned(zero, err)
}

// returned stores what the body has returned.
func (c *cell[T, B]) returned(v T, err error) {
	ctxErr := c.leaveContext()
	switch {
	case c.dropping:
		c.endDropped() // whatever it returned: Drop's caller has the reason
	case err != nil && (ctxErr != nil || c.AbortRequested()) && errors.Is(err, core.ErrCancelled):
		c.end(task.Unwound, task.Returned(err)) // with what went wrong on the way
	default:
		c.release()
		c.Store(v, task.Returned(err))
		c.result = task.Ready
	}
}

// crashed implements job.
func (c *cell[T, B]) crashed(err *task.PanicError) {
	c.tryLeaveContext()
	c.end(task.Panicked, err)
}

// exited implements job.
func (c *cell[T, B]) exited() {
	panicked, ctxErr := c.tryLeaveContext()
	switch {
	case c.result == task.Panicked: // a deferred function, inside Goexit
	case panicked != nil:
		c.end(task.Panicked, panicked)
	case c.dropping:
		c.endDropped()
	case c.ignored == forced:
		c.end(task.Unwound, core.ErrCancelled)
	case c.ignored == forcedByContext:
		c.end(task.Unwound, ctxErr)
	default:
		c.end(task.Panicked, core.ErrGoexit)
	}
}

func (c *cell[T, B]) end(r task.Poll, err error) {
	var zero T
	c.release()
	c.Store(zero, err)
	c.result = r
}

// endDropped ends a body that was dropped. The error is already where the join looks for it.
func (c *cell[T, B]) endDropped() {
	c.release()
	c.result = task.Unwound
}
