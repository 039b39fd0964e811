package joinhandle

import (
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
)

// An AbortHandle aborts one task. The zero AbortHandle belongs to no task: its methods panic, with a text that says
// so.
type AbortHandle struct {
	aborter *aborter
	id      uint64
}

const textZeroAbortHandle = "joinhandle: AbortHandle is zero: it was not returned by JoinHandle.AbortHandle or a JoinSet"

// made returns the aborter. A zero handle panics.
func (h AbortHandle) made() *aborter {
	if h.aborter == nil {
		panic(textZeroAbortHandle)
	}
	return h.aborter
}

// Abort asks the task to end and returns at once. It reports whether the request took effect: it has no effect on a
// task that has ended or was aborted before, and a task that completes in the poll under way has completed.
//
// The task's worker then drops the future, or unwinds the body: the body's awaits fail, and its deferred functions run.
// A body that has not begun begins for that, so that it releases what it was given; its awaits fail from the first on.
// After that the join returns a [*JoinError] that wraps core.ErrCancelled, if the body returns the error of the await
// that failed. If the body returns another value or error, that is the task's output.
func (h AbortHandle) Abort() bool { return h.aborter.abort() }

// AbortOn is Abort for a caller that is in a poll: see [JoinHandle.AbortOn].
func (h AbortHandle) AbortOn(cx *core.Context) bool {
	t := h.made().task.Load()
	return t != nil && t.AbortOn(cx)
}

// Finished reports whether the task has ended.
func (h AbortHandle) Finished() bool {
	t := h.made().task.Load()
	return t == nil || t.Finished()
}

// ID returns the number of the task, as [JoinHandle.ID] does.
func (h AbortHandle) ID() uint64 { h.made(); return h.id }

// An aborter points to a task until the end of that task: it watches the task, and the end clears the pointer, once.
// Any goroutine may read the pointer.
type aborter struct {
	task atomic.Pointer[task.Task]
}

// ended is the aborter of the tasks that had ended when their AbortHandle was made.
var ended aborter

func newAborter(t *task.Task) *aborter {
	a := &aborter{}
	a.task.Store(t)
	return a
}

// Wake is called at the end of the task.
func (a *aborter) Wake() { a.task.Store(nil) }

// Bystander makes the watcher no join: see task.Bystander.
func (a *aborter) Bystander() {}

func (a *aborter) abort() bool {
	if a == nil {
		panic(textZeroAbortHandle)
	}
	t := a.task.Load()
	return t != nil && t.Abort()
}
