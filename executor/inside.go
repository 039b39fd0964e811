package executor

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core/coro"
)

// Inside reports whether the caller is inside a task, or in other code that runs on a worker, such as a hook: whether blocking
// its goroutine blocks a worker, of whichever runtime. It takes about a microsecond; see coro.Inside. Any goroutine.
func Inside() bool { return insideTask() }

// MayBeInside reports whether the caller may be [Inside]: it is false if all workers of the process sleep, and then Inside
// would be false, too. That takes a few nanoseconds, and a few more for each worker. So a call that is about to block its
// goroutine asks it first, and Inside if it reports true. Any goroutine.
func MayBeInside() bool {
	if all := live.all.Load(); all != nil {
		for _, rt := range *all {
			if rt.awake() {
				return true
			}
		}
	}
	return false
}

// insideTask is Inside. Calls that would block the worker for ever check it; a microsecond does not matter to them.
func insideTask() bool { return coro.Inside(coro.FuncOf((*worker).run)) }

// live has the runtimes of the process whose workers may run user code. A call that blocks a worker blocks it whichever
// runtime the call is about, so this is not kept with a runtime.
var live runtimes

// runtimes is a list that is copied at each change, so that readers take no lock.
type runtimes struct {
	mu  sync.Mutex // held by writers
	all atomic.Pointer[[]*Runtime]
}

// add is called before the workers of rt start.
func (l *runtimes) add(rt *Runtime) {
	l.change(func(all []*Runtime) []*Runtime { return append(all, rt) })
}

// remove is called after the last worker of rt has ended.
func (l *runtimes) remove(rt *Runtime) {
	l.change(func(all []*Runtime) []*Runtime {
		i := slices.Index(all, rt)
		return slices.Delete(all, i, i+1)
	})
}

// change replaces the list by what f makes of a copy.
func (l *runtimes) change(f func(all []*Runtime) []*Runtime) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []*Runtime
	if old := l.all.Load(); old != nil {
		all = slices.Clone(*old)
	}
	all = f(all)
	l.all.Store(&all)
}

// awake reports whether one of the workers does not sleep. A worker runs user code only while it is awake, and that code sees
// what the worker has written before; so awake is true wherever a worker of rt is beneath the caller.
func (rt *Runtime) awake() bool {
	for _, w := range rt.workers {
		if !w.parked.Load() {
			return true
		}
	}
	return false
}
