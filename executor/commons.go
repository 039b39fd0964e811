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

// anyWork looks at all queues that a searcher looks at, for more than the one task that who asks takes
// next.
func (c *commons) anyWork(asks *worker) bool {
	if !c.injector.empty() {
		return true
	}
	for _, w := range c.workers {
		n := w.queue.ring.len()
		if w == asks {
			n--
		}
		if n > 0 {
			return true
		}
	}
	return false
}

// This is the worker where workers steal.

// reserve is up to how many of a busy worker's tasks lie where thieves look while there are none.
const reserve = 64

// nextShared is next where workers steal: bound tasks and others take turns.
func (w *worker) nextShared() *task.Task {
	q := &w.queue
	hungry := w.commons.idle.hungry()
	if hungry {
		w.expose(0)
	}
	if q.boundNext = !q.boundNext; q.boundNext && !q.bound.empty() {
		return q.bound.pop()
	}
	if t := q.hand.pop(); t != nil {
		return t
	}
	some := 1 // leave the rest where it is seen
	if !hungry {
		if w.stock(); q.ring.len() >= reserve/2 {
			some = handSize
		}
	}
	q.hand.at, q.hand.n = 0, q.ring.take(q.hand.tasks[:some])
	if t := q.hand.pop(); t != nil {
		return t
	}
	if t := q.private.pop(); t != nil { // alone: see expose
		return t
	}
	return q.bound.pop()
}

// show makes tasks stealable, as far as there are thieves.
func (w *worker) show() {
	if w.commons.idle.hungry() {
		w.expose(0)
		return
	}
	w.stock()
}

// stock puts tasks where thieves look, though there are none: this worker may be polling for long when
// there are. So nothing is hidden but what is behind half a reserve.
func (w *worker) stock() {
	q := &w.queue
	if q.private.empty() || q.ring.len() >= reserve/2 {
		return
	}
	q.ring.fill(&q.private, reserve)
	if w.commons.idle.hungry() {
		w.expose(0) // who became hungry meanwhile may have looked before they were there
	}
}

// expose makes tasks stealable: those in the hand, and the private ones. It wakes a worker if there is
// anything to steal. What does not fit the ring goes to the injector. A task that is alone stays: this
// worker takes it after the poll that is under way, sooner than another could. before is how many tasks
// the worker will poll before those in its queues.
func (w *worker) expose(before int) {
	q := &w.queue
	n := before + q.private.len() + q.ring.len() + q.hand.len() + q.bound.len()
	if q.lifo != nil {
		n++
	}
	if n <= 1 {
		return
	}
	q.hand.drop(q.ring.put(q.hand.rest()))
	if !q.private.empty() {
		q.ring.fill(&q.private, stealSize)
	}
	if !q.private.empty() {
		w.counts.overflows += uint64(q.private.len())
		w.commons.injector.pushAll(&q.private)
	}
	if q.ring.len() != 0 || !w.commons.injector.empty() {
		w.commons.wakeOne()
	}
}

// inject takes this worker's share of the injector. It comes each turn, whatever is queued here: so
// this does not starve the injector.
func (w *worker) inject() {
	c := w.commons
	c.injector.take(&w.arrived, len(c.workers))
	if w.arrived.Len() == 0 {
		return
	}
	for t := w.arrived.Pop(); t != nil; t = w.arrived.Pop() {
		w.counts.wakesRemote++
		w.queue.private.push(t)
	}
	w.show()
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
	start := w.dice.IntN(n)
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

// found ends the search. If nobody searches any more, it looks for tasks that were left to this search:
// see idle.go.
func (w *worker) found() {
	w.searching = false
	if act, _ := w.commons.idle.apply(idleFound, w.id); act == idleReplace && w.commons.anyWork(w) {
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
	if act, _ := w.commons.idle.apply(e, w.id); act == idleLook && w.commons.anyWork(nil) {
		w.commons.wakeOne()
	}
}

// wakeUp is the other end of fallAsleep. A worker that was chosen searches.
func (w *worker) wakeUp() {
	act, _ := w.commons.idle.apply(idleWake, w.id)
	w.searching = act == idleSteal
}
