package executor

import (
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

var (
	_ core.ReleasingHost = (*worker)(nil)
	_ core.ReleasingHost = (*keptWorker)(nil)
)

// released is a stack of the timers that other goroutines have given back to a worker whose wheel has no lock.
// The worker removes all of them from its wheel once a round, and before it sleeps.
//
// # Why none is left in the wheel
//
// A goroutine that gives a timer back (1) pushes it; (2) if the stack was empty, interrupts the inbox. The worker
// (1) parks its inbox, (2) takes the stack, and sleeps. Either the worker takes the entry, or the interrupt finds the
// inbox parked. If the stack was not empty, the goroutine that pushed the first entry interrupts.
type released struct {
	top atomic.Pointer[releasedEntry] // pushed by any goroutine, taken by the worker; closedStack at the end
}

type releasedEntry struct {
	entry *wheel.Entry
	below *releasedEntry
}

// closedStack is the top of a stack whose worker has ended: its wheel is empty.
var closedStack = &releasedEntry{}

// push puts e onto the stack, and reports whether the caller interrupts the worker.
func (r *released) push(e *wheel.Entry) bool {
	n := &releasedEntry{entry: e}
	for {
		top := r.top.Load()
		if top == closedStack {
			return false
		}
		n.below = top
		if r.top.CompareAndSwap(top, n) {
			return top == nil
		}
	}
}

// Release implements core.ReleasingHost.
func (w *worker) Release(e *wheel.Entry) { w.timers.giveBack(e) }

// Release implements core.ReleasingHost.
func (k *keptWorker) Release(e *wheel.Entry) { k.worker().timers.giveBack(e) }

// giveBack removes e from the wheel, now or soon. Any goroutine.
func (ts *timers) giveBack(e *wheel.Entry) {
	if ts.shared {
		ts.disarm(e)
		return
	}
	if ts.released.push(e) {
		ts.worker.unpark()
	}
}

// takeBack removes the timers that were given back from the wheel. The worker.
func (ts *timers) takeBack() {
	if ts.released.top.Load() == nil { // most rounds pay for this load only
		return
	}
	for n := ts.released.top.Swap(nil); n != nil; n = n.below {
		ts.wheel.Remove(n.entry)
	}
}
