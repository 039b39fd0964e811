package executor

import "github.com/moduvex/moduvex-go/core/task"

const (
	// fifoSize is the number of tasks in the fast part of a fifo: as many as one turn of the
	// reactor can make ready (reactor.MaxEvents), and 8 KiB. A place in the ring costs two
	// pointer writes, one in the list behind it eight, each with a barrier while the garbage
	// collector marks.
	fifoSize = 1024
	// maxLIFO is how often in a row the LIFO slot goes before the queue, so that two tasks that
	// wake each other keep their caches warm without starving the rest.
	maxLIFO = 3
)

// A localQueue holds the tasks that are ready on one worker: a slot for the one woken last, and
// behind it everything else, first in, first out. What is in the slot or bound to the worker is the
// owner's alone, without a lock; what others may steal lies in the ring.
//
// Nobody else sees the slot, so it hides a task, but not for longer than one poll of the owner:
// then the task is polled, or goes to the back where thieves look.
type localQueue struct {
	lifo     *task.Task
	lifoRuns int       // how often in a row the slot was used
	bound    fifo      // tasks that stay on this worker
	ring     *stealing // nil where nobody steals
	ringNext bool      // whose turn it is, if there are tasks in both
}

// pop takes the next task from behind the slot, or returns nil.
func (q *localQueue) pop() *task.Task {
	if q.ring != nil {
		return q.popEither()
	}
	if t := q.bound.first(); t != nil {
		return t
	}
	return q.bound.pop()
}

// popEither is pop where there are tasks of two kinds: bound to this worker and not. They take turns.
func (q *localQueue) popEither() *task.Task {
	if q.ringNext = !q.ringNext; q.ringNext {
		if t := q.ring.pop(); t != nil {
			return t
		}
		return q.bound.pop()
	}
	if t := q.bound.pop(); t != nil {
		return t
	}
	return q.ring.pop()
}

func (q *localQueue) empty() bool {
	return q.lifo == nil && q.bound.empty() && (q.ring == nil || q.ring.len() == 0)
}

// A fifo is a queue with one owner and no lock. What does not fit the ring goes to a list without a
// bound, linked through the tasks.
type fifo struct {
	ring     [fifoSize]*task.Task
	head     uint32
	tail     uint32 // head <= tail <= head+fifoSize, modulo 2^32
	overflow task.Queue
}

func (q *fifo) push(t *task.Task) {
	if q.tail-q.head >= fifoSize || q.overflow.Len() != 0 {
		q.overflow.Push(t)
		return
	}
	q.ring[q.tail%fifoSize] = t
	q.tail++
}

// first takes the first task of the ring, or returns nil. It is pop without what is rare, so that it
// is inlined.
func (q *fifo) first() *task.Task {
	if q.head == q.tail {
		return nil
	}
	slot := &q.ring[q.head%fifoSize]
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
			q.ring[q.tail%fifoSize] = t
			q.tail++
		}
	}
	return q.first()
}

func (q *fifo) empty() bool { return q.head == q.tail && q.overflow.Len() == 0 }
