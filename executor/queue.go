package executor

import "github.com/moduvex/moduvex-go/core/task"

const (
	// fifoSize is the number of tasks in the fast part of a fifo, unless tasks that were woken overtake
	// others: as many as one turn of the reactor can make ready (reactor.MaxEvents). A place in the ring
	// costs two pointer writes, one in the list behind it eight, each with a barrier while the garbage
	// collector marks.
	fifoSize = 1024
	// fifoRing is the number of places: those more are for who overtakes. 16 KiB.
	fifoRing = 2 * fifoSize
	// listShare says what part of the ring's polls is the list's while it is overtaken: one in so many. What
	// has begun goes first, so that a backlog of spawns neither delays it nor piles up more of it.
	listShare = 4
	// maxLIFO is how often in a row the LIFO slot goes before the queue, so that two tasks that
	// wake each other keep their caches warm without starving the rest.
	maxLIFO = 3
)

// A localQueue holds the tasks that are ready on one worker: a slot for the one woken last, and
// behind it everything else, first in, first out. All but the ring is the owner's alone, without a
// lock.
//
// Where workers steal, tasks that are not bound go through private, the ring, where thieves look, and
// the hand, in this order, many at a time: so workers that are all busy pay next to nothing for
// stealing. While somebody sleeps or searches nothing more is held back: see worker.expose. Otherwise
// the first few dozen are in the ring for the case that a poll lasts: see worker.stock. What thieves do not
// see, they do as soon as the owner takes its next task; only what is in the slot then is polled first.
//
// Source of the idea: U. Acar, A. Charguéraud, M. Rainey, "Scheduling Parallel Programs by Work Stealing
// with Private Deques", PPoPP 2013.
type localQueue struct {
	lifo      *task.Task
	lifoRuns  int        // how often in a row the slot was used
	bound     fifo       // tasks that stay on this worker
	private   fifo       // tasks that do not have to
	ring      *stealRing // older ones of those; nil where nobody steals
	hand      hand       // the oldest
	boundNext bool       // whose turn it is, if there are bound tasks and others
}

func (q *localQueue) empty() bool {
	return q.lifo == nil && q.bound.empty() && q.private.empty() && q.hand.empty() && (q.ring == nil || q.ring.len() == 0)
}

// clear forgets all tasks, one by one, so that none keeps others alive by its link.
func (q *localQueue) clear() {
	q.lifo = nil
	for q.bound.pop() != nil || q.private.pop() != nil || q.hand.pop() != nil {
	}
	if q.ring != nil {
		q.ring.take(make([]*task.Task, len(q.ring.slots)))
	}
}

// handSize is how many tasks the owner takes out of its ring with one atomic operation.
const handSize = 8

// A hand holds tasks that have been taken out of the ring to be polled next.
type hand struct {
	tasks [handSize]*task.Task
	at, n int // tasks[at:n] are there
}

func (h *hand) len() int    { return h.n - h.at }
func (h *hand) empty() bool { return h.at == h.n }

// rest is what is there, in order.
func (h *hand) rest() []*task.Task { return h.tasks[h.at:h.n] }

// drop forgets the first n.
func (h *hand) drop(n int) {
	clear(h.tasks[h.at : h.at+n])
	h.at += n
}

func (h *hand) pop() *task.Task {
	if h.at == h.n {
		return nil
	}
	t := h.tasks[h.at]
	h.tasks[h.at] = nil
	h.at++
	return t
}

// A fifo is a queue with one owner and no lock. What does not fit goes to a list without a bound, linked
// through the tasks.
type fifo struct {
	ring     [fifoRing]*task.Task
	head     uint32
	tail     uint32 // head <= tail <= head+fifoRing, modulo 2^32
	overflow task.Queue
	barred   uint32 // fifoSize while there is something in the list, so that pushes go there; else 0
	spills   uint64 // tasks that went to the list
	overtook bool   // woken tasks have overtaken the list since its last turn
	mixed    bool   // tasks that were woken are in the list, and none may overtake those
	mark     uint32 // head at the last turn of the list
}

// push puts t at the back.
func (q *fifo) push(t *task.Task) {
	if !q.fits(t) {
		q.spill(t)
	}
}

// fits is push if there is room in the ring. It is so small that it is inlined.
func (q *fifo) fits(t *task.Task) bool {
	if q.tail+q.barred-q.head >= fifoSize {
		return false
	}
	q.ring[q.tail%fifoRing] = t
	q.tail++
	return true
}

// pushWoken is push for a task that was woken on this worker. It does not wait behind the list, which is as
// long as it is because tasks were spawned faster than polled: see listShare. But those that are woken are
// first come, first served among themselves: once one has to go to the list, none overtakes until the list
// is empty.
func (q *fifo) pushWoken(t *task.Task) {
	if q.overflow.Len() == 0 || q.mixed || q.tail-q.head >= fifoRing-pollsPerTurn {
		if !q.fits(t) {
			q.spill(t)
			q.mixed = true
		}
		return
	}
	q.overtook = true
	q.ring[q.tail%fifoRing] = t
	q.tail++
}

// turn begins a turn of the worker, and reports whether it is the list's. Then as many tasks as a turn
// polls go from there to the front of the ring. They are taken in a row because hardware foresees that:
// they lie in memory as they were spawned.
func (q *fifo) turn() bool {
	if !q.overtook || q.head-q.mark < listShare*pollsPerTurn {
		return false
	}
	q.overtook = false
	n := min(pollsPerTurn, fifoRing-(q.tail-q.head), uint32(q.overflow.Len()))
	q.head -= n
	for i := range n {
		q.ring[(q.head+i)%fifoRing] = q.overflow.Pop()
	}
	q.mark = q.head
	q.unbar()
	return n != 0
}

//go:noinline
func (q *fifo) spill(t *task.Task) {
	q.overflow.Push(t)
	q.barred = fifoSize
	q.spills++
}

func (q *fifo) unbar() {
	if q.overflow.Len() == 0 {
		q.barred, q.mixed = 0, false
	}
}

// first takes the first task of the ring, or returns nil. It is pop without what is rare, so that it
// is inlined.
func (q *fifo) first() *task.Task {
	if q.head == q.tail {
		return nil
	}
	slot := &q.ring[q.head%fifoRing]
	t := *slot
	*slot = nil
	q.head++
	return t
}

// pop takes the first task, or returns nil. When the ring is empty, half of one comes from the list.
func (q *fifo) pop() *task.Task {
	if q.head == q.tail {
		for range fifoSize / 2 {
			t := q.overflow.Pop()
			if t == nil {
				break
			}
			q.ring[q.tail%fifoRing] = t
			q.tail++
		}
		q.unbar()
	}
	return q.first()
}

func (q *fifo) len() int    { return int(q.tail-q.head) + q.overflow.Len() }
func (q *fifo) empty() bool { return q.head == q.tail && q.overflow.Len() == 0 }
