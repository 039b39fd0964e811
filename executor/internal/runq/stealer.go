package runq

import (
	"math/rand/v2"

	"github.com/moduvex/moduvex-go/core/task"
)

// A Stealer holds the ready tasks of one worker that other workers may steal, and steals theirs. The worker's
// goroutine calls its methods. A nil Stealer belongs to a worker that does not steal: it has no tasks, and never
// finds any.
//
// Tasks go through the private queue, the ring, where thieves look, and the hand, in this order, many at a time: so
// workers that are all busy pay next to nothing for stealing. While a worker sleeps or searches no more is held
// back than one task: see expose. Otherwise the first few dozen are in the ring in case a poll takes long: see
// keepReserve. Tasks that thieves do not see become visible as soon as the owner takes its next task; only the
// task that is in the slot then is polled first.
//
// Source of the idea: U. Acar, A. Charguéraud, M. Rainey, "Scheduling Parallel Programs by Work Stealing with
// Private Deques", PPoPP 2013.
type Stealer struct {
	shared *Shared
	id     int
	own    *Local // the worker's, with its slot and bound tasks: these count when a task may be alone

	private FIFO
	ring    *stealRing // older tasks
	hand    hand       // the oldest

	boundNext bool       // the next task is a bound one, if there are bound tasks and others
	searching bool       // counted as a searcher in the idle word
	dice      *rand.Rand // where a search begins; apart from the tasks' random numbers, which are to repeat
	arrived   task.Queue // scratch of TakeShare
	counts    Counts
}

// Counts are what a Stealer has done so far.
type Counts struct {
	Searches, Steals, Stolen uint64
	Overflows                uint64 // tasks that went to the list of the private queue, or from the worker to the injector
	Injected                 uint64 // tasks that came out of the injector
}

// newStealer makes the Stealer of the next worker.
func (s *Shared) newStealer(own *Local, seed uint64) *Stealer {
	id := len(s.stealers)
	st := &Stealer{
		shared: s,
		id:     id,
		own:    own,
		ring:   newStealRing(ringSize),
		dice:   rand.New(rand.NewPCG(seed, ^uint64(id))),
	}
	s.stealers = append(s.stealers, st)
	return st
}

// beforeSlot makes tasks stealable before the worker polls the task from its slot, because that poll may last.
func (st *Stealer) beforeSlot() {
	if st.shared.idle.anyIdle() {
		st.expose(1)
	}
}

// next takes the worker's next task from behind its slot, which is empty, or returns nil. It alternates between bound
// tasks and others if there are both.
func (st *Stealer) next() *task.Task {
	idle := st.shared.idle.anyIdle()
	if idle {
		st.expose(0)
	}
	if st.boundNext = !st.boundNext; st.boundNext && !st.own.Bound.Empty() {
		return st.own.Bound.Pop()
	}
	if t := st.hand.pop(); t != nil {
		return t
	}
	some := 1 // leave the rest in the ring, for thieves
	if !idle {
		if st.keepReserve(); st.ring.len() >= reserve/2 {
			some = handSize
		}
	}
	st.hand.fillFrom(st.ring, some)
	if t := st.hand.pop(); t != nil {
		return t
	}
	if t := st.private.Pop(); t != nil { // alone: see expose
		return t
	}
	return st.own.Bound.Pop()
}

// offer makes tasks stealable, as far as there are thieves. The worker has pushed a task to the private queue.
func (st *Stealer) offer() {
	if st.shared.idle.anyIdle() {
		st.expose(0)
		return
	}
	st.keepReserve()
}

// reserve bounds how many tasks a busy worker keeps in its ring while there are no thieves.
const reserve = 64

// keepReserve puts tasks into the ring although there are no thieves: a thief may come while this worker is in a long
// poll. So only the tasks behind half a reserve are hidden.
func (st *Stealer) keepReserve() {
	if st.private.Empty() || st.ring.len() >= reserve/2 {
		return
	}
	st.ring.fill(&st.private, reserve)
	if st.shared.idle.anyIdle() {
		st.expose(0) // a worker that became idle meanwhile may have looked before they were there
	}
}

// expose makes tasks stealable: those in the hand, and the private ones. It wakes a worker if there is anything to
// steal. Tasks that do not fit the ring go to the injector. A task that is alone stays: this worker takes it
// after the poll that is under way, sooner than another could. before is how many tasks the worker will poll
// before those in its queues.
func (st *Stealer) expose(before int) {
	n := before + st.private.Len() + st.ring.len() + st.hand.len() + st.own.Bound.Len()
	if !st.own.Slot.Empty() {
		n++
	}
	if n <= 1 {
		return
	}
	st.hand.returnTo(st.ring)
	if !st.private.Empty() {
		st.ring.fill(&st.private, ringSize)
	}
	if !st.private.Empty() {
		st.counts.Overflows += uint64(st.private.Len())
		st.shared.injector.pushAll(&st.private)
	}
	if st.ring.len() != 0 || !st.shared.injector.empty() {
		st.shared.wakeOne()
	}
}

// serveList is [FIFO.ServeList] of the private queue.
func (st *Stealer) serveList() bool { return st != nil && st.private.ServeList() }

// TakeShare takes this worker's share of the injector. The worker calls it once a round however many tasks it has,
// so busy workers do not starve the injector.
func (st *Stealer) TakeShare() {
	if st == nil {
		return
	}
	s := st.shared
	s.injector.take(&st.arrived, len(s.stealers))
	if st.arrived.Len() == 0 {
		return
	}
	for t := st.arrived.Pop(); t != nil; t = st.arrived.Pop() {
		st.counts.Injected++
		st.private.Push(t)
	}
	st.offer()
}

// empty reports whether there is no task to take but bound ones.
func (st *Stealer) empty() bool {
	return st == nil || st.private.Empty() && st.hand.empty() && st.ring.len() == 0
}

// Counts returns what the Stealer has done so far.
func (st *Stealer) Counts() Counts {
	if st == nil {
		return Counts{}
	}
	c := st.counts
	c.Overflows += st.private.Spills()
	return c
}

// CloseInjector makes the injector forget its tasks, and those that come later. Each worker calls it when it stops.
func (st *Stealer) CloseInjector() {
	if st != nil {
		st.shared.injector.close()
	}
}

// clear forgets all tasks.
func (st *Stealer) clear() {
	if st == nil {
		return
	}
	st.private.Clear()
	for st.hand.pop() != nil {
	}
	st.ring.clear()
}
