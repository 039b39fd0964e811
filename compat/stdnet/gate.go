package stdnet

import (
	"sync/atomic"
	"unsafe"

	"github.com/moduvex/moduvex-go/compat/internal/goroutine"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/reactor"
)

// A gate lets the calls of ordinary goroutines wait, and refuses those that are made inside a task.
//
// # Why the check is cheap
//
// [executor.Inside] is exact, but takes a microsecond, and more the deeper the stack is. The gate does not call it
//
//  1. while no worker of the runtime polls a task, since the caller is inside none then; or
//  2. if it has returned false for a call of the same socket and direction by the same goroutine, with its frame at the same
//     address.
//
// (1) is exact. (2) is not: a coroutine may get the descriptor and the stack of a goroutine that has ended. The gate takes its
// body for that goroutine if it also calls the same socket, and at the same depth, to the byte: the socket must have been
// handed on to it. Such a call blocks its worker, and the watchdog reports that. Where a goroutine has no number
// (see [goroutine.Sign]), its frame alone counts.
//
// (1) does not see a task of another runtime than the socket's. Its call blocks a worker there, but none that is to wake the
// call.
type gate struct {
	rt *executor.Runtime

	// outside has what tells the callers that were outside, by direction, for the two that are usual: a reader, and another
	// one in the background. Any goroutine that waits writes it; a lost store costs a check.
	outside [2][2]atomic.Uintptr
}

// park waits until a poll of p is woken. Inside a task it returns ErrOnWorker instead. It is not inlined, so that its frame
// is at the same depth whichever poll it follows.
//
//go:noinline
func (g *gate) park(p *executor.Parker, d reactor.Direction) error {
	if g.rt.Polling() {
		var here byte
		if !g.passes(uintptr(unsafe.Pointer(&here))*31+goroutine.Sign(), d) {
			return ErrOnWorker
		}
	}
	p.Park()
	return nil
}

// passes reports whether a caller may block.
func (g *gate) passes(caller uintptr, d reactor.Direction) bool {
	known := &g.outside[d]
	if known[0].Load() == caller || known[1].Load() == caller {
		return true
	}
	if executor.Inside() {
		return false
	}
	known[1].Store(known[0].Load())
	known[0].Store(caller)
	return true
}

// mayBlock returns ErrOnWorker inside a task of the runtime.
func (g *gate) mayBlock() error {
	if g.rt.Polling() && executor.Inside() {
		return ErrOnWorker
	}
	return nil
}
