package stdnet

import (
	"errors"
	"fmt"

	"github.com/moduvex/moduvex-go/core"
)

var (
	// ErrForeign is the error of a use of a bound connection that is not the body's that it is bound to, or that comes
	// after the end of that body: see [Bind]. It comes in a *net.OpError.
	ErrForeign = errors.New("stdnet: the connection is bound to another task, which alone may read and write")

	// ErrOnWorker is the error of a call that would block the worker of the task that makes it. It wraps
	// core.ErrNested. A task uses a connection that is bound to it: see [Bind].
	ErrOnWorker = fmt.Errorf("stdnet: the call would block the worker of a task, which uses Bind: %w", core.ErrNested)
)
