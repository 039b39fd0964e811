package task

import (
	"fmt"
	"runtime/debug"
)

// A PanicError is the end of a task that panicked.
type PanicError struct {
	Value  any    // what was passed to panic
	Stack  []byte // the stack at the panic
	InDrop error  // what happened when the future was dropped after that, if that panicked or exited too
}

// NewPanicError makes the error of a value that was just recovered: it takes the stack, so it is
// called in the deferred function.
func NewPanicError(value any) *PanicError { return asPanicError(value, debug.Stack()) }

// asPanicError keeps a PanicError that is passed on by a second panic, for its stack is the one
// that tells.
func asPanicError(value any, stack []byte) *PanicError {
	if pe, ok := value.(*PanicError); ok {
		return pe
	}
	return &PanicError{Value: value, Stack: stack}
}

// Error returns the panic's value without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("task panicked: %v", e.Value) }

// Unwrap returns the value if it is an error, and what happened in Drop.
func (e *PanicError) Unwrap() []error {
	var errs []error
	if err, ok := e.Value.(error); ok {
		errs = append(errs, err)
	}
	if e.InDrop != nil {
		errs = append(errs, e.InDrop)
	}
	return errs
}
