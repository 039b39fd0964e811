package stdnet

import (
	"errors"

	"github.com/moduvex/moduvex-go/core"
)

var (
	// ErrForeign is the error of a use of a bound connection by another goroutine than the body that it is bound to, or
	// after the end of that body: see [Bind]. It comes in a *net.OpError.
	ErrForeign = errors.New("stdnet: the connection is bound to another body: a task binds the stream for itself, and a goroutine uses Free")

	// ErrOnWorker is the error of a call that would block the worker of the task that makes it. It is core.ErrNested, too.
	// The task calls a driver in executor.Blocking, and uses a connection of its own through [Bind].
	ErrOnWorker error = onWorkerError{}
)

type onWorkerError struct{}

func (onWorkerError) Error() string {
	return "stdnet: the call would block the worker of its task: make it in executor.Blocking, or bind the stream with stdnet.Bind"
}

func (onWorkerError) Unwrap() error { return core.ErrNested }
