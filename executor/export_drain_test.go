package executor

import "github.com/moduvex/moduvex-go/core/task"

// A DrainCount is a count of the live tasks of a runtime that drains, by hand: nothing else may run in it.
type DrainCount struct {
	rt   *Runtime
	late uint64
}

// BeginDrainCount makes rt drain and takes the first step of a count.
func BeginDrainCount(rt *Runtime) *DrainCount {
	rt.phase.Store(uint32(draining))
	return &DrainCount{rt, rt.lateSpawns.Load()}
}

// SpawnInside is a spawn of the n-th task by a task of worker 0, in its place.
func SpawnInside(rt *Runtime, t *task.Task, n uint64) bool {
	return rt.admit(t, &rt.workers[0].home, 0, n, origin{inside: true})
}

// EndInside takes such a task out of the live ones.
func EndInside(rt *Runtime, t *task.Task) bool { return rt.sets[0].Remove(t) }

// Finish takes the other steps of the count, and reports whether the drain has ended.
func (c *DrainCount) Finish() bool {
	c.rt.checkDrainedFrom(c.late)
	select {
	case <-c.rt.empty:
		return true
	default:
		return false
	}
}

// Undo makes rt run again, for its Close.
func (c *DrainCount) Undo() { c.rt.phase.Store(uint32(running)) }
