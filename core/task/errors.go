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
	InDrop error  // how the Drop of the future after that ended, if it panicked or exited too
}

// NewPanicError returns the error for a value that was just recovered. It records the stack, so the
// deferred function calls it.
func NewPanicError(value any) *PanicError { return asPanicError(value, debug.Stack()) }

// asPanicError returns value itself if it is a PanicError, passed on by a second panic: its stack is that of
// the first.
func asPanicError(value any, stack []byte) *PanicError {
	if pe, ok := value.(*PanicError); ok {
		return pe
	}
	return &PanicError{Value: value, Stack: stack}
}

// Error returns the panic's value without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("task panicked: %v", e.Value) }

// Unwrap returns the value if it is an error, and InDrop.
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

// Recovered distinguishes a panic from a Goexit. A deferred function calls it, itself, with the value that recover
// returned, when the function that deferred it has not returned. Recovered returns the error of a panic, which may be
// a panic with nil (GODEBUG=panicnil=1), or nil for a Goexit.
func Recovered(value any) *PanicError {
	if value == nil && !nilPanic() {
		return nil
	}
	return asPanicError(value, debug.Stack())
}

// nilPanic reports whether the deferred function that called Recovered runs because of a panic. It got
// nil from recover, so otherwise a Goexit runs it: the nearer of the two on the stack.
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

// A returned is an error that a body returned and that looks like the end of a task.
type returned struct{ error }

func (r *returned) Unwrap() error { return r.error }

// Returned prepares an error that a body returned for Store. Without it, the join of a task whose body returns the
// panic of another task as an error would report a panic of this task.
func Returned(err error) error {
	if endsTask(err) {
		return &returned{err}
	}
	return err
}

// endsTask reports whether err is the end of a task that did not return.
func endsTask(err error) bool {
	_, panicked := err.(*PanicError)
	return panicked || err == core.ErrGoexit
}
