package executor

import (
	"errors"
	"fmt"
	"strings"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/executor/internal/nested"
)

var (
	// ErrBubble is what New, Run, Main, BlockOn and Shutdown return in a bubble of testing/synctest: the workers wait
	// in system calls, which the bubble does not count as waiting, so its clock and they would stand still. Package
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

// An OptionError is what [New] returns for a wrong option.
type OptionError struct {
	Option string
	Value  any
	Reason string
}

// Error names the option, its value and what is wrong with it.
func (e *OptionError) Error() string {
	return fmt.Sprintf("executor: option %s = %v: %s", e.Option, e.Value, e.Reason)
}

// A BusyError is what [Runtime.Shutdown] returns when its time is over and functions on the blocking pool
// still run. Nothing can stop those; their goroutines end when they return.
type BusyError struct {
	Blocking int   // how many functions still run
	Cause    error // the error that Shutdown would have returned without them; nil if every task ended in time
}

// Error says how many functions there are, and what else went wrong.
func (e *BusyError) Error() string {
	text := fmt.Sprintf("executor: %d blocking functions still run", e.Blocking)
	if e.Cause != nil {
		text += "; " + e.Cause.Error()
	}
	return text
}

// Unwrap returns Cause.
func (e *BusyError) Unwrap() error { return e.Cause }

// An UnfinishedError is what [Runtime.Shutdown] returns when tasks that it had aborted were still there after
// Options.CleanupGrace, and were dropped.
type UnfinishedError struct {
	Cause error        // of the context of Shutdown
	Tasks []TaskStatus // the first of them, [MaxUnfinished] at most
	More  int          // how many there were besides
}

// MaxUnfinished is how many tasks an [UnfinishedError] names at most.
const MaxUnfinished = 10

// Error names the tasks.
func (e *UnfinishedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "executor: tasks that were dropped when the grace for clean-up was over, %d in all: ", len(e.Tasks)+e.More)
	for i, t := range e.Tasks {
		if i != 0 {
			b.WriteString("; ")
		}
		b.WriteString(t.String())
	}
	if e.More > 0 {
		fmt.Fprintf(&b, "; and %d more", e.More)
	}
	fmt.Fprintf(&b, ": %v", e.Cause)
	return b.String()
}

// Unwrap returns Cause.
func (e *UnfinishedError) Unwrap() error { return e.Cause }

// unfinished returns an UnfinishedError of the tasks there are, or cause if there is none.
func (rt *Runtime) unfinished(cause error) error {
	tasks := rt.liveTasks()
	if len(tasks) == 0 {
		return cause
	}
	e := &UnfinishedError{Cause: cause, More: max(len(tasks)-MaxUnfinished, 0)}
	for _, t := range tasks[:len(tasks)-e.More] {
		e.Tasks = append(e.Tasks, rt.statusOf(t))
	}
	return e
}
