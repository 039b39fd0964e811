package core

import (
	"context"
	"errors"
)

var (
	// ErrCancelled is the error of an await in an aborted task, and of the join of a cancelled task;
	// they may wrap it. It also matches context.Canceled: errors.Is(ErrCancelled, context.Canceled) is true.
	ErrCancelled error = &cancelledError{}

	// ErrDeadlineExceeded is the error of an await when the deadline of an enclosing scope has
	// passed, and of a Timeout. It is a net.Error whose Timeout is true; errors.Is matches it with
	// context.DeadlineExceeded and os.ErrDeadlineExceeded.
	ErrDeadlineExceeded error = &deadlineError{}

	// ErrClosed is the error that an operation on something closed fails with: a lock, a channel, a
	// stream of signals. A package whose errors are more specific, such as a channel that tells a closed
	// sender from a closed receiver, has sentinels of its own that wrap this one, so test with
	// errors.Is(err, core.ErrClosed) and not with ==. Sockets are the exception: their errors match
	// net.ErrClosed, as those of package net do.
	ErrClosed = errors.New("core: closed")

	// ErrShutdown is the error of a task that was refused or dropped because its runtime shuts down. The error of
	// its join matches ErrCancelled too.
	ErrShutdown = errors.New("core: runtime is shut down")

	// ErrGoexit is the error of a task whose body called runtime.Goexit (testing.T.FailNow does).
	ErrGoexit = errors.New("core: task called runtime.Goexit")

	// ErrNested is the error of a call that blocks its goroutine, such as Wait of a join handle or LockWait of
	// a mutex, inside a task: the call would block the worker that has to make it return. The call detects
	// this if its context is the task's Co or derived from it.
	ErrNested = errors.New("core: a blocking call from within a task; use Join, Await, or the form that takes a Co")

	// ErrAlreadyJoined is the error of a second join of a task: the first one got the output.
	ErrAlreadyJoined = errors.New("core: task was already joined")
)

type cancelledError struct{}

func (*cancelledError) Error() string { return "task was cancelled" }

func (*cancelledError) Is(target error) bool { return target == context.Canceled }

type deadlineError struct{}

func (*deadlineError) Error() string   { return "core: deadline exceeded" }
func (*deadlineError) Timeout() bool   { return true }
func (*deadlineError) Temporary() bool { return true }

// Is reports whether target is one of the sentinels of other packages that mean that a deadline has passed.
// This package may not import os, so it recognizes os.ErrDeadlineExceeded by its text: Timeout() alone is true
// for syscall.EAGAIN too.
func (*deadlineError) Is(target error) bool {
	if target == context.DeadlineExceeded {
		return true
	}
	t, ok := target.(interface{ Timeout() bool })
	return ok && t.Timeout() && target.Error() == "i/o timeout"
}
