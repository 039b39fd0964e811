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
// The worker takes all of them out of its wheel once a turn, and before it sleeps.
//
// # Why none is left in the wheel
//
// The goroutine that gives one back (1) pushes it; (2) if the stack was empty, interrupts the inbox. The worker
// (1) parks its inbox, (2) takes the stack, and sleeps. Either the worker takes the entry, or the interrupt
// finds it parked. Where the stack was not empty, the goroutine that pushed first interrupts.
type released struct {
	top atomic.Pointer[releasedEntry] // pushed by anybody, taken by the worker; closedStack at the end
}

type releasedEntry struct {
	entry *wheel.Entry
	below *releasedEntry
}

// closedStack is the top of a stack whose worker has ended: its wheel is empty.
var closedStack = &releasedEntry{}

// push reports whether the worker is to be told.
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

// giveBack takes e out of the wheel, now or soon. Any goroutine.
func (ts *timers) giveBack(e *wheel.Entry) {
	if ts.shared {
		ts.disarm(e)
		return
	}
	if ts.released.push(e) {
		ts.worker.unpark()
	}
}

// takeBack takes what was given back out of the wheel. The worker.
func (ts *timers) takeBack() {
	if ts.released.top.Load() == nil { // the one look that a turn takes as a rule
		return
	}
	for n := ts.released.top.Swap(nil); n != nil; n = n.below {
		ts.wheel.Remove(n.entry)
	}
}
