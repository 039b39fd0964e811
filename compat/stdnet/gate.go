package stdnet

import (
	"sync/atomic"
	"unsafe"

	"github.com/moduvex/moduvex-go/compat/internal/goroutine"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/reactor"
)

// A gate lets the calls of ordinary goroutines wait, and refuses those that are made inside a task of any runtime, or in other
// code that a worker runs, such as a waker or a hook.
//
// # Why the check is cheap
//
// [executor.Inside] is exact, but takes a microsecond, and more the deeper the stack is. The gate calls it only if a call has
// to wait, and not
//
//  1. while all workers of the process sleep, since the caller is on none then; or
//  2. if it has returned false for a call of the same socket and direction by the same goroutine, with its frame at the same
//     address.
//
// (1) is exact. (2) is not: a coroutine may get the descriptor and the stack of a goroutine that has ended. The gate takes its
// body for that goroutine if it also calls the same socket, and at the same depth, to the byte: the socket must have been
// handed on to it. Such a call blocks its worker, and the watchdog reports that. Where a goroutine has no number
// (see [goroutine.Sign]), its frame alone counts.
//
// A host of tasks that is not a runtime of package executor has no workers that (1) knows. A call in its tasks is refused only
// while a worker is awake.
type gate struct {
	rt *executor.Runtime

	// outside has what tells the callers that were outside, by direction, for the two that are usual: a reader, and another
	// one in the background. Any goroutine that waits writes it; a lost store costs a check.
	outside [2][2]atomic.Uintptr
}

// park waits until a poll of p is woken. On a worker it returns ErrOnWorker instead. It is not inlined, so that its frame
// is at the same depth whichever poll it follows.
//
//go:noinline
func (g *gate) park(p *executor.Parker, d reactor.Direction) error {
	if executor.MayBeInside() {
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

// mayBlock returns ErrOnWorker where blocking the goroutine would block a worker.
func (g *gate) mayBlock() error {
	if executor.MayBeInside() && executor.Inside() {
		return ErrOnWorker
	}
	return nil
}
