package executor

import (
	"fmt"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
)

// This file is where a task becomes one of the live tasks of a runtime, and where it leaves them. Every spawn ends
// in admit: one of a task on its own worker by way of worker.Spawn, every other by way of adopt.

// An origin says where a spawn comes from: from outside, or from a task of the runtime, on this worker if that is
// known.
type origin struct {
	inside bool
	worker *worker
}

// Spawn takes a task that one of this worker's tasks has made.
func (w *worker) Spawn(r core.Task) error {
	t := asTask(r)
	w.spawned++
	if !w.rt.admit(t, w.unbound, w.id, w.spawned, origin{true, w}) {
		w.spawned-- // the number is free again
		return core.ErrShutdown
	}
	w.ready.Push(t) // its Trace counts from its spawn
	return nil
}

// adopt takes a task from elsewhere: from outside, or from a task of another worker.
func (w *worker) adopt(t *task.Task, home *task.Home, from origin) error {
	rt := w.rt
	if p := rt.phaseNow(); p == closing || p != running && !from.inside {
		return core.ErrShutdown
	}
	if !rt.admit(t, home, len(rt.workers)+w.id, w.adopted.Add(1), from) {
		return core.ErrShutdown
	}
	w.accepted.Add(1) // before its end is counted
	home.Schedule(t)
	return nil
}

// admit gives t, the n-th task of a set, its home and number, and makes it one of the live tasks. It returns false
// if the phase of the runtime refuses t.
func (rt *Runtime) admit(t *task.Task, home *task.Home, set int, n uint64, from origin) bool {
	t.ForHost().Bind(home, rt.taskID(set, n))
	if rt.detailed {
		rt.describe(t)
	}
	rt.sets[set].Insert(t)
	if p := rt.phaseNow(); p != running {
		return rt.admitLate(p, t, set, from)
	}
	return true
}

// describe notes what Options.Instrument and Options.Profile want to know of a task that is spawned.
func (rt *Runtime) describe(t *task.Task) {
	if rt.opts.Instrument {
		t.ForHost().StartTiming(rt.now(), spawnSite())
	}
	if rt.opts.Profile {
		t.ForHost().Describe()
	}
}

// admitLate is the rest of admit while the runtime ends: see phase.
func (rt *Runtime) admitLate(p phase, t *task.Task, set int, from origin) bool {
	if p == closing || !from.inside {
		if !rt.sets[set].Remove(t) {
			return true // it was given up already, as one that was accepted
		}
		rt.checkDrained()
		return false
	}
	rt.lateSpawns.Add(1)
	switch {
	case p != aborting:
	case from.cleansUp():
		rt.cleanUps.add(t.ID())
	default:
		t.Abort()
	}
	return true
}

// A liveSet is a set of live tasks that shares no cache line with the next, which belongs to another worker: its lock
// is taken at each spawn and each end.
type liveSet struct {
	task.Set
	_ [128]byte
}

// idsAtOnce is how many numbers in a row belong to the same set.
const idsAtOnce = 1024

// taskID returns the number of the n-th task of a set, from 1 on. Blocks of numbers go to the sets round-robin, so no
// two workers share a counter, and the number tells the set.
func (rt *Runtime) taskID(set int, n uint64) uint64 {
	n--
	block := n/idsAtOnce*uint64(len(rt.sets)) + uint64(set)
	return block*idsAtOnce + n%idsAtOnce + 1
}

// setOf returns the set of the task with this number.
func (rt *Runtime) setOf(id uint64) *task.Set {
	return &rt.sets[(id-1)/idsAtOnce&uint64(len(rt.sets)-1)].Set
}

// ended holds the indexes of tasks that have ended in this round. They leave the set of the live tasks together: see
// task.Set.RemoveAll.
type ended struct {
	set     *task.Set // that all of them are in
	indexes [pollsPerRound]uint32
	n       int
}

func (e *ended) add(set *task.Set, index uint32) {
	if e.set != set || e.n == len(e.indexes) {
		e.forget()
		e.set = set
	}
	e.indexes[e.n] = index
	e.n++
}

// forget removes the tasks that have ended from the live ones.
func (e *ended) forget() {
	if e.n != 0 {
		e.set.RemoveAll(e.indexes[:e.n])
		e.n = 0
	}
}

func asTask(r core.Task) *task.Task {
	t, ok := r.(*task.Task)
	if !ok || t == nil {
		panic(fmt.Sprintf("executor: Spawn of a %T, which is not a *task.Task", r))
	}
	return t
}
