package joinhandle

import (
	"context"
	"errors"
	"fmt"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
)

// ErrEmpty is the error of a wait on a [JoinSet] that has no task left.
var ErrEmpty = errors.New("joinhandle: the set has no task left")

// A JoinError says why a task has no output: the task was cancelled (errors.Is core.ErrCancelled), by an abort or by the
// end of its context, it panicked (errors.As *task.PanicError), or it called runtime.Goexit (core.ErrGoexit).
type JoinError struct {
	ID    uint64 // of the task
	Cause error
}

// Error returns "task was cancelled", followed by the cause if there is a further one. For a panic, a Goexit and
// core.ErrShutdown it returns the text of the cause alone.
func (e *JoinError) Error() string {
	if e.cancelled() && e.Cause != core.ErrCancelled && e.Cause != core.ErrShutdown {
		return fmt.Sprintf("%v: %v", core.ErrCancelled, e.Cause)
	}
	return e.Cause.Error()
}

// Cancelled reports whether the task was aborted, ended by its context, or refused by its host.
func (e *JoinError) Cancelled() bool { return e.cancelled() }

// Panicked reports whether the task panicked.
func (e *JoinError) Panicked() bool { _, ok := e.Panic(); return ok }

// Panic returns the panic of the task with its value and stack.
func (e *JoinError) Panic() (*task.PanicError, bool) {
	p, ok := e.Cause.(*task.PanicError)
	return p, ok
}

// Unwrap returns the cause.
func (e *JoinError) Unwrap() error { return e.Cause }

// Is reports true for core.ErrCancelled if the task was cancelled, whatever the further cause, and for context.Canceled
// too, unless the cause is a deadline.
func (e *JoinError) Is(target error) bool {
	if target == context.Canceled && errors.Is(e.Cause, context.DeadlineExceeded) {
		return false // the cause decides: errors.Is asks it next
	}
	//lint:ignore SA1032 the question is what else core.ErrCancelled is equal to
	return e.cancelled() && errors.Is(core.ErrCancelled, target)
}

func (e *JoinError) cancelled() bool {
	return !e.Panicked() && e.Cause != core.ErrGoexit
}

// A nestedError is the error of a call inside a task that would block the task's worker. It wraps core.ErrNested.
type nestedError struct{ call, instead string }

func (e *nestedError) Error() string {
	return "joinhandle: " + e.call + " called inside a task, whose worker it would block: " + e.instead
}

func (e *nestedError) Unwrap() error { return core.ErrNested }

var (
	errNestedWait    error = &nestedError{"JoinHandle.Wait", "use JoinHandle.Join"}
	errNestedSetWait error = &nestedError{"JoinSet.Wait", "use JoinSet.Join"}
)
