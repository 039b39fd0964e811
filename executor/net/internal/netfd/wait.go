package netfd

import (
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/reactor"
)

// An Awaiter is what an operation in direct style waits on: an [FD], an [Acceptor] or a [Receiver].
type Awaiter interface {
	// Await follows a try in direction d that was not Done: it suspends the body of co, or registers the socket.
	Await(co *coro.Co, d reactor.Direction, p Progress) error
}

// A Registrar is what an operation in poll style waits on: an [FD] or an [Acceptor].
type Registrar interface {
	// Register follows a try that was Unregistered.
	Register(cx *core.Context) error
}

// Wait runs an operation in direct style: it calls try until that is Done. In between it suspends the body of co.
//
// A function literal for try does not escape, and neither does what it captures. FD.Read, FD.Write and FD.WaitReady
// have the loop written out: an idle connection waits in one of them, and Wait and the literal would add 136 bytes to
// the stack that each one has (amd64).
func Wait[W Awaiter, R any](co *coro.Co, w W, d reactor.Direction, try func(cx *core.Context) (R, Progress, error)) (r R, err error) {
	var none R
	if err := co.Interrupted(); err != nil {
		return none, err
	}
	for {
		r, p, err := try(co.Context())
		if p == Done {
			return r, err
		}
		if err := w.Await(co, d, p); err != nil {
			return none, err
		}
	}
}

// Poll runs an operation in poll style: it calls try, and once more after it has registered w.
func Poll[W Registrar, R any](cx *core.Context, w W, try func(cx *core.Context) (R, Progress, error)) (r R, ready bool, err error) {
	var none R
	for {
		r, p, err := try(cx)
		switch p {
		case Done:
			return r, true, err
		case Pending:
			return none, false, nil
		}
		if err := w.Register(cx); err != nil {
			return none, true, err
		}
	}
}
