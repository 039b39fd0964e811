package core

import (
	"context"
	"errors"
)

var (
	// ErrCancelled is what every await of an aborted task and every join of a cancelled one
	// wraps. errors.Is(ErrCancelled, context.Canceled) holds.
	ErrCancelled error = &cancelledError{}

	// ErrDeadlineExceeded is what an await returns when the deadline of a scope around it has
	// passed. It is a net.Error whose Timeout is true; errors.Is finds it equal to
	// context.DeadlineExceeded and to os.ErrDeadlineExceeded.
	ErrDeadlineExceeded error = &deadlineError{}

	// ErrClosed is the error that an operation on something closed fails with: a lock, a channel, a
	// stream of signals. A package whose errors are more specific, such as a channel that tells a closed
	// sender from a closed receiver, has sentinels of its own that wrap this one, so test with
	// errors.Is(err, core.ErrClosed) and not with ==. Sockets are the exception: their errors match
	// net.ErrClosed, as those of package net do.
	ErrClosed = errors.New("core: closed")

	// ErrShutdown is why a task was refused or given up: its runtime shuts down. The error of its join
	// matches ErrCancelled too.
	ErrShutdown = errors.New("core: runtime is shut down")

	// ErrGoexit is how a task ended whose body called runtime.Goexit (testing.T.FailNow does).
	ErrGoexit = errors.New("core: task called runtime.Goexit")

	// ErrNested answers a call that blocks its goroutine, such as a Wait of a join handle or the LockWait of
	// a mutex, where that is inside a task: it would block the worker that has to make the call return. It is
	// found if the call's context is the task's Co or derived from it.
	ErrNested = errors.New("core: a blocking call from within a task; use Join, Await, or the form that takes a Co")

	// ErrAlreadyJoined answers a second join: the output went to the first.
	ErrAlreadyJoined = errors.New("core: task was already joined")
)

type cancelledError struct{}

func (*cancelledError) Error() string { return "task was cancelled" }

func (*cancelledError) Is(target error) bool { return target == context.Canceled }

type deadlineError struct{}

func (*deadlineError) Error() string   { return "core: deadline exceeded" }
func (*deadlineError) Timeout() bool   { return true }
func (*deadlineError) Temporary() bool { return true }

// Is reports equality with the sentinels of other packages that mean a deadline has passed. This
// package may not import os, so it knows os.ErrDeadlineExceeded by its text; that Timeout() is
// true would not do, for that holds for syscall.EAGAIN too.
func (*deadlineError) Is(target error) bool {
	if target == context.DeadlineExceeded {
		return true
	}
	t, ok := target.(interface{ Timeout() bool })
	return ok && t.Timeout() && target.Error() == "i/o timeout"
}
