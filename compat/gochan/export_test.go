package gochan

import "github.com/moduvex/moduvex-go/executor"

// SetLimits sets the limits of the pool of rt, in which no task has waited.
func SetLimits(rt *executor.Runtime, dedicated, shared int) {
	p := pools.Get(rt)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.init(dedicated, shared)
}

// MaxHelpers is the greatest number of helpers of a runtime.
const MaxHelpers = maxDedicated + maxShared

// DropAfter drops f when put has sent a value to the helper, which has not passed it on yet.
func DropAfter[T any](f *RecvFuture[T], put func()) {
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	put()
	f.leaveLine()
}

// Room returns how many lines the map of rt's pool has held since it was made.
func Room(rt *executor.Runtime) int {
	p := pools.Get(rt)
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.peak
}
