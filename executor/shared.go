package executor

import "github.com/moduvex/moduvex-go/core/task"

// A commons is what the workers of a runtime share where they steal: tasks belong to all of them.
type commons struct {
	home     task.Home // of every task that is not bound to a worker
	injector injector
	idle     idleState
	workers  []*worker
}

func newCommons(workers int) *commons {
	c := &commons{idle: idleState{workers: workers}}
	c.home.Scheduler = c
	return c
}

// Schedule takes a task that has become ready elsewhere than on a worker. Any goroutine.
func (c *commons) Schedule(t *task.Task) {
	if w := c.workers[0]; w.timed {
		t.Queued(w.Now())
	}
	c.injector.push(t)
	c.wakeOne()
}

// wakeOne makes a worker search if that is needed: see idle.go. The caller has made a task stealable.
func (c *commons) wakeOne() {
	if c.idle.quiet() {
		return
	}
	if act, chosen := c.idle.apply(idleWork, 0); act == idleNotify {
		c.workers[chosen].unpark()
	}
}

// anyWork looks at all queues that a searcher looks at.
func (c *commons) anyWork() bool {
	if !c.injector.empty() {
		return true
	}
	for _, w := range c.workers {
		if w.queue.ring.len() != 0 {
			return true
		}
	}
	return false
}

// This is the worker where workers steal.

// offer puts t, which any worker may run, behind the others. One task in the queue is no reason to
// wake somebody: this worker takes it after the poll that is under way.
func (w *worker) offer(t *task.Task) {
	ring := w.queue.ring
	if !ring.push(t) {
		w.overflow(t)
	}
	if ring.len() > 1 || w.queue.lifo != nil {
		w.commons.wakeOne()
	}
}

// overflow makes room for t: half of the full ring goes to the injector, and if that does not help,
// because a thief is at work, t does.
func (w *worker) overflow(t *task.Task) {
	w.counts.overflows++
	ring := w.queue.ring
	ring.spill(w.arrived.Push)
	if !ring.push(t) {
		w.arrived.Push(t)
	}
	w.commons.injector.pushAll(&w.arrived)
}

// inject takes this worker's share of the injector. It comes each turn, before the tasks that are
// queued here are looked at again: so these do not starve the injector. Where the ring is full, one
// task is taken all the same, and half of the ring changes places with the injector's.
func (w *worker) inject() {
	c := w.commons
	c.injector.take(&w.arrived, len(c.workers), w.queue.ring.room()/2)
	w.enqueueArrived()
}

// steal searches for work, if not enough others do, and reports whether it has found some.
func (w *worker) steal() bool {
	c := w.commons
	if !w.searching {
		act, _ := c.idle.apply(idleSearch, w.id)
		if act != idleSteal {
			return false
		}
		w.searching = true
	}
	if w.rob() {
		w.found()
		return true
	}
	return false
}

func (w *worker) rob() bool {
	c := w.commons
	w.counts.searches++
	n := len(c.workers)
	start := w.rand.IntN(n)
	for i := range n {
		victim := c.workers[(start+i)%n]
		if victim == w {
			continue
		}
		if stolen := w.queue.ring.stealFrom(victim.queue.ring); stolen != 0 {
			w.counts.steals++
			w.counts.stolen += uint64(stolen)
			return true
		}
	}
	w.inject()
	return !w.queue.empty()
}

// found ends the search. What is left where the tasks came from is another searcher's.
func (w *worker) found() {
	w.searching = false
	if act, _ := w.commons.idle.apply(idleFound, w.id); act == idleReplace {
		w.commons.wakeOne()
	}
}

// fallAsleep announces that the worker sleeps. It is the sleeper's first two steps of idle.go.
func (w *worker) fallAsleep() {
	e := idleSleep
	if w.searching {
		e = idleGiveUp
		w.searching = false
	}
	if act, _ := w.commons.idle.apply(e, w.id); act == idleLook && w.commons.anyWork() {
		w.commons.wakeOne()
	}
}

// wakeUp is the other end of fallAsleep. A worker that was chosen searches.
func (w *worker) wakeUp() {
	act, _ := w.commons.idle.apply(idleWake, w.id)
	w.searching = act == idleSteal
	if w.searching && !w.queue.empty() {
		w.found() // its own I/O has brought it some meanwhile
	}
}
