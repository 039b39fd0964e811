package executor

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor/internal/nested"
)

var (
	// ErrBubble is what New, Run, Main, BlockOn and Shutdown return in a bubble of testing/synctest: the workers wait
	// in system calls, which the bubble does not count as waiting, so its clock would not advance. Package
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

// An AbortedError is what [Runtime.Shutdown] returns when tasks were left when its context was done, so that it had to
// abort them. Names ([Named]) tell the tasks apart; Options.Instrument adds what they ran and where they were spawned.
type AbortedError struct {
	Cause error        // of the context of Shutdown
	Tasks []TaskStatus // the first of them, [MaxUnfinished] at most, as they were before the abort
	More  int          // how many there were besides
}

// Error names the tasks.
func (e *AbortedError) Error() string {
	return unfinishedText("executor: tasks that Shutdown aborted", e.Tasks, e.More, e.Cause)
}

// Unwrap returns Cause.
func (e *AbortedError) Unwrap() error { return e.Cause }

// An UnfinishedError is what [Runtime.Shutdown] returns when tasks that it had aborted were still there after
// Options.CleanupGrace, and were dropped.
type UnfinishedError struct {
	Cause error        // an [*AbortedError], which wraps the cause of the context of Shutdown
	Tasks []TaskStatus // the first of them, [MaxUnfinished] at most
	More  int          // how many there were besides
}

// MaxUnfinished is how many tasks an [AbortedError] and an [UnfinishedError] name at most.
const MaxUnfinished = 10

// Error names the tasks.
func (e *UnfinishedError) Error() string {
	return unfinishedText("executor: tasks that were dropped when the grace for clean-up was over", e.Tasks, e.More, e.Cause)
}

// Unwrap returns Cause.
func (e *UnfinishedError) Unwrap() error { return e.Cause }

func unfinishedText(what string, tasks []TaskStatus, more int, cause error) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d in all: ", what, len(tasks)+more)
	for i, t := range tasks {
		if i != 0 {
			b.WriteString("; ")
		}
		b.WriteString(t.String())
	}
	if more > 0 {
		fmt.Fprintf(&b, "; and %d more", more)
	}
	fmt.Fprintf(&b, ": %v", cause)
	return b.String()
}

// aborted returns an AbortedError of the tasks there are, or cause if there is none.
func (rt *Runtime) aborted(cause error) error {
	if tasks, more := rt.firstTasks(); len(tasks) > 0 {
		return &AbortedError{cause, tasks, more}
	}
	return cause
}

// unfinished returns an UnfinishedError of the tasks there are, or cause if there is none.
func (rt *Runtime) unfinished(cause error) error {
	if tasks, more := rt.firstTasks(); len(tasks) > 0 {
		return &UnfinishedError{cause, tasks, more}
	}
	return cause
}

// firstTasks returns the MaxUnfinished live tasks with the lowest numbers, in their order, and how many more there are.
// It sorts no more than these: there may be a million tasks, which Shutdown is about to abort.
func (rt *Runtime) firstTasks() (statuses []TaskStatus, more int) {
	var first []*task.Task
	for i := range rt.sets {
		for _, t := range rt.sets[i].Tasks() {
			if t.Finished() { // it has not left its set yet
				continue
			}
			at, _ := slices.BinarySearchFunc(first, t.ID(), func(t *task.Task, id uint64) int { return cmp.Compare(t.ID(), id) })
			if first = slices.Insert(first, at, t); len(first) > MaxUnfinished {
				first = first[:MaxUnfinished]
				more++
			}
		}
	}
	for _, t := range first {
		statuses = append(statuses, rt.statusOf(t))
	}
	return statuses, more
}
