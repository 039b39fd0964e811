// Package nested provides the error of a blocking call that a task makes.
package nested

import "github.com/moduvex/moduvex-go/core"

// An Error names the call, such as "executor.Run", and what to call instead. It wraps core.ErrNested.
type Error struct{ Call, Instead string }

// Error names both.
func (e *Error) Error() string {
	return e.Call + " called inside a task, whose worker it would block: " + e.Instead
}

// Unwrap returns core.ErrNested.
func (e *Error) Unwrap() error { return core.ErrNested }
