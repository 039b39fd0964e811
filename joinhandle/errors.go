package joinhandle

import (
	"errors"
	"fmt"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
)

// A JoinError is why a task has no output: it was cancelled (errors.Is core.ErrCancelled), it
// panicked (errors.As *task.PanicError), or it called runtime.Goexit (core.ErrGoexit).
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

// Cancelled reports whether the task was aborted or refused.
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

// Is makes every cancelled task, whatever the further cause, equal to core.ErrCancelled and
// context.Canceled.
func (e *JoinError) Is(target error) bool {
	//lint:ignore SA1032 the question is what else core.ErrCancelled is equal to
	return e.cancelled() && errors.Is(core.ErrCancelled, target)
}

func (e *JoinError) cancelled() bool {
	return !e.Panicked() && e.Cause != core.ErrGoexit
}
