package joinhandle

import (
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core/task"
)

// An AbortHandle aborts one task. The zero AbortHandle belongs to no task, and its methods panic.
type AbortHandle struct {
	to *aborter
	id uint64
}

// Abort asks the task to end and returns at once. Its future is dropped, or its body unwound, on
// its worker, and its join resolves after that with a [*JoinError] that wraps core.ErrCancelled. That is so for a
// body that returns the error of an await that failed; one that returns something else has that as its output. A
// body that has not begun begins for that, with its awaits failing from the first on, so that it releases what it
// was given.
// Abort reports whether it took: it changes nothing on a task that has ended or was aborted. A
// task that completes in the poll that was under way has completed.
func (h AbortHandle) Abort() bool { return h.to.abort() }

// Finished reports whether the task has ended.
func (h AbortHandle) Finished() bool {
	t := h.to.task.Load()
	return t == nil || t.Finished()
}

// ID returns the task's number, unique in its runtime. A task that was refused has none, and it is 0,
// unless the runtime began to shut down just then: such a task may have got its number already.
func (h AbortHandle) ID() uint64 { return h.id }

// An aborter is what an AbortHandle points to: a watcher of the task, which lets go of it when it ends. The
// pointer is written by the end, once, and read by anybody.
type aborter struct {
	task atomic.Pointer[task.Task]
}

// nobody is the aborter of tasks that have ended.
var nobody aborter

func newAborter(t *task.Task) *aborter {
	a := &aborter{}
	a.task.Store(t)
	return a
}

// Wake is called at the end of the task.
func (a *aborter) Wake() { a.task.Store(nil) }

// Bystander says that it is no join.
func (a *aborter) Bystander() {}

func (a *aborter) abort() bool {
	t := a.task.Load()
	return t != nil && t.Abort()
}
