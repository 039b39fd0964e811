package executor

import (
	"errors"
	"fmt"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/executor/internal/nested"
)

var (
	// ErrBubble answers New, Run, BlockOn and Shutdown in a bubble of testing/synctest: the workers wait in system
	// calls, which the bubble does not take for waiting, so its clock and they would stand still. Package
	// core/coretest has a host with a virtual clock.
	ErrBubble = errors.New("executor: a runtime cannot run in a synctest bubble; core/coretest has a virtual clock")

	// ErrClosed is what a second Shutdown or Close returns. It wraps core.ErrClosed. A refused spawn fails with
	// core.ErrShutdown instead.
	ErrClosed error = closedError{}
)

type closedError struct{}

func (closedError) Error() string { return "executor: the runtime is shut down already" }
func (closedError) Unwrap() error { return core.ErrClosed }

// errNested is what call returns when a task calls it.
func errNested(call, instead string) error {
	return &nested.Error{Call: "executor." + call, Instead: instead}
}

// An OptionError names the option that New refused.
type OptionError struct {
	Option string
	Value  any
	Reason string
}

// Error names the option, its value and what is wrong with it.
func (e *OptionError) Error() string {
	return fmt.Sprintf("executor: option %s = %v: %s", e.Option, e.Value, e.Reason)
}

// A BusyError is what Shutdown returns when its time is over and functions on the blocking pool
// are still running. Nothing can stop those; their goroutines end when they return.
type BusyError struct{ Blocking int }

// Error says how many there are.
func (e *BusyError) Error() string {
	return fmt.Sprintf("executor: %d blocking functions still run", e.Blocking)
}
