package executor

import (
	"sync"

	"github.com/moduvex/moduvex-go/core/task"
)

// A phase says how far the end of a runtime has come. It only grows.
//
//	| phase    | spawns from outside | spawns of tasks                                            |
//	|----------|---------------------|------------------------------------------------------------|
//	| running  | accepted            | accepted                                                   |
//	| draining | refused             | accepted                                                   |
//	| aborting | refused             | accepted; aborted, unless it is clean-up: see cleanUps     |
//	| closing  | refused             | refused                                                    |
//
// Shutdown goes through all of them, Close from running to closing.
//
// # Why no task is lost
//
// A spawner (1) inserts the task into a set, (2) reads the phase, and removes the task again if the phase refuses it.
// Shutdown or Close (1) writes the phase, (2) lists the sets. One of them sees the other. So a task that is accepted
// before aborting was written is aborted with the rest, and one that is accepted before closing was written is
// dropped with the rest: the sets are listed for that when no worker polls any more. A task that is inserted and not
// yet queued by then is given up too.
//
// # Why the drain does not end too early
//
// The sets are counted one after the other, so a task of a set that is still to be counted might spawn into one that
// was counted already, and then end: a sum of 0, with a task alive. So the count is valid only if lateSpawns was the
// same before and after. A task (1) inserts its child, (2) reads the phase, (3) adds to lateSpawns if the runtime
// ends, (4) ends, and leaves its set. The count (0) comes after the phase was written, (1) reads lateSpawns, (2)
// counts, (3) reads lateSpawns again. If it misses the child, its read of that set comes before step 1 of the
// spawner; if it misses the spawner too, its read of that set comes after step 4. So step 3 of the spawner lies
// between the two reads of lateSpawns. A valid count of 0 stays right: only live tasks spawn.
type phase uint32

const (
	running phase = iota
	draining
	aborting
	closing
)

func (rt *Runtime) phaseNow() phase { return phase(rt.phase.Load()) }

// checkDrained closes empty, for Shutdown, if no task is left while the runtime ends. It is called after each step that
// may have removed the last one: by workers in each round, by the call that has begun the end, and by a spawner that
// has taken back a task that came too late.
func (rt *Runtime) checkDrained() {
	if rt.phaseNow() == running {
		return
	}
	rt.checkDrainedFrom(rt.lateSpawns.Load())
}

// checkDrainedFrom is the rest of checkDrained; late is what lateSpawns was before the count.
func (rt *Runtime) checkDrainedFrom(late uint64) {
	if rt.live() == 0 && rt.lateSpawns.Load() == late {
		rt.emptyOnce.Do(func() { close(rt.empty) })
	}
}

// live counts the tasks that have not ended.
func (rt *Runtime) live() (n int) {
	for i := range rt.sets {
		n += rt.sets[i].Len()
	}
	return n
}

// abortAll aborts every task there is. All sets are listed before the first abort, so tasks that an aborted task
// spawns to clean up are in none of the lists.
func (rt *Runtime) abortAll() {
	var tasks []*task.Task
	for i := range rt.sets {
		tasks = append(tasks, rt.sets[i].Tasks()...)
	}
	for _, t := range tasks {
		t.Abort()
	}
}

// cleanUps are the tasks that Shutdown does not abort: those that aborted tasks have spawned since, to clean up with,
// and those that these have spawned. Tasks that other tasks spawn then, which are about to be aborted (one for a
// connection that was just accepted, say), are aborted at once: otherwise they would use up the grace, and leave none
// for their own clean-up.
type cleanUps struct {
	mu  sync.Mutex
	ids map[uint64]struct{}
}

func (c *cleanUps) add(id uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ids == nil {
		c.ids = make(map[uint64]struct{})
	}
	c.ids[id] = struct{}{}
}

func (c *cleanUps) has(id uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.ids[id]
	return ok
}

// cleansUp reports whether the code that spawns this moment is clean-up. A task that is dropped without a poll is not
// the one that the context was prepared for last. Where tasks move, a task that spawns through a kept Host is not
// known; a Drop is the code that does so, so it counts as clean-up.
func (from origin) cleansUp() bool {
	w := from.worker
	if w == nil {
		return true
	}
	t, ok := w.cx.ForHost().Task().(*task.Task)
	if !ok || t.ID()&taskMask != w.current.Load()&taskMask {
		return true
	}
	return t.CleansUp() || w.rt.cleanUps.has(t.ID())
}
