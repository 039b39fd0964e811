package task

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/moduvex/moduvex-go/core"
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

// Recovered tells a deferred function, which has got value from recover, why it runs, if the function that
// deferred it has not returned: the error of a panic, which may be one of nil (GODEBUG=panicnil=1), or nil for
// a Goexit. The deferred function itself calls it.
func Recovered(value any) *PanicError {
	if value == nil && !nilPanic() {
		return nil
	}
	return asPanicError(value, debug.Stack())
}

// nilPanic reports whether the deferred function that has called Recovered runs because of a panic. It has got
// nil from recover, so otherwise a Goexit runs it: the one of the two that is nearest on the stack.
func nilPanic() bool {
	var pcs [16]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		f, more := frames.Next()
		switch f.Function {
		case "runtime.gopanic":
			return true
		case "runtime.Goexit":
			return false
		}
		if !more {
			return false
		}
	}
}

// A returned is an error that a body has returned, and that looks like the end of a task.
type returned struct{ error }

func (r *returned) Unwrap() error { return r.error }

// Returned prepares for Store what a body has returned: so that the join of a task whose body returns another
// task's panic, as an error, does not take it for a panic of this one.
func Returned(err error) error {
	if endsTask(err) {
		return &returned{err}
	}
	return err
}

// endsTask reports whether err is how a task ends that has not returned.
func endsTask(err error) bool {
	_, panicked := err.(*PanicError)
	return panicked || err == core.ErrGoexit
}
