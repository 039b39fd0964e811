package stdnet

import (
	"errors"

	"github.com/moduvex/moduvex-go/core"
)

var (
	// ErrForeign is the error of a use of a bound connection by another goroutine than the body that it is bound to, or
	// after the end of that body: see [Bind]. It comes in a *net.OpError.
	ErrForeign = errors.New("stdnet: the connection is bound to another body: a task binds the stream for itself, and a goroutine uses Free")

	// ErrOnWorker is the error of a call that would block the worker that makes it: inside a task, or in a waker or a hook. It
	// is core.ErrNested, too. A task calls a driver in executor.Blocking, and uses a connection of its own through [Bind]; a
	// hook starts a goroutine.
	ErrOnWorker error = onWorkerError{}
)

type onWorkerError struct{}

func (onWorkerError) Error() string {
	return "stdnet: the call would block its worker: make it in executor.Blocking, or bind the stream with stdnet.Bind"
}

func (onWorkerError) Unwrap() error { return core.ErrNested }
