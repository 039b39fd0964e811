package executor

import "github.com/moduvex/moduvex-go/core/task"

const (
	// ringSize is the number of tasks in the fast part of a local queue: as many as one turn of
	// the reactor can make ready (reactor.MaxEvents), and 8 KiB. A place in the ring costs two
	// pointer writes, one in the list behind it eight, each with a barrier while the garbage
	// collector marks.
	ringSize = 1024
	// maxLIFO is how often in a row the LIFO slot goes before the queue, so that two tasks that
	// wake each other keep their caches warm without starving the rest.
	maxLIFO = 3
)

// A localQueue holds the tasks that are ready on one worker: a slot for the one woken last, and
// behind it everything else, first in, first out. What does not fit the ring goes to a list
// without a bound, linked through the tasks. It has one owner and no lock.
type localQueue struct {
	lifo     *task.Task
	lifoRuns int // how often in a row the slot was used
	ring     [ringSize]*task.Task
	head     uint32
	tail     uint32 // head <= tail <= head+ringSize, modulo 2^32
	overflow task.Queue
}

// push puts t at the back.
func (q *localQueue) push(t *task.Task) {
	if q.tail-q.head < ringSize && q.overflow.Len() == 0 {
		q.ring[q.tail%ringSize] = t
		q.tail++
		return
	}
	q.overflow.Push(t)
}

// pushLIFO puts t in front. What the slot held goes to the back.
func (q *localQueue) pushLIFO(t *task.Task) {
	if q.lifo != nil {
		q.push(q.lifo)
	}
	q.lifo = t
}

// pop takes the next task, or returns nil.
func (q *localQueue) pop() *task.Task {
	if t := q.lifo; t != nil {
		q.lifo = nil
		if q.lifoRuns < maxLIFO {
			q.lifoRuns++
			return t
		}
		q.push(t)
	}
	q.lifoRuns = 0
	if q.head == q.tail {
		return q.overflow.Pop()
	}
	slot := &q.ring[q.head%ringSize]
	t := *slot
	*slot = nil
	q.head++
	if q.head == q.tail && q.overflow.Len() != 0 {
		q.refill()
	}
	return t
}

// refill moves half a ring of tasks from the list.
func (q *localQueue) refill() {
	for range ringSize / 2 {
		t := q.overflow.Pop()
		if t == nil {
			return
		}
		q.ring[q.tail%ringSize] = t
		q.tail++
	}
}

func (q *localQueue) empty() bool {
	return q.lifo == nil && q.head == q.tail && q.overflow.Len() == 0
}
