package runq

import "github.com/moduvex/moduvex-go/core/task"

const (
	// PollsPerRound is how many tasks a worker polls before it serves everything else. Go and tokio check their
	// global queues as often. It is a prime, so that it does not resonate with periods of the tasks.
	PollsPerRound = 61
	// Size is the number of tasks in the ring of a FIFO, unless woken tasks overtake others: as many as one
	// wait of the reactor can make ready (reactor.MaxEvents). A slot of the ring costs two pointer writes, one in
	// the list behind it eight, each with a barrier while the garbage collector marks.
	Size = 1024
	// Slots is the number of slots in the ring. Those beyond Size are for tasks that overtake. 16 KiB.
	Slots = 2 * Size
	// ListShare is the list's share of the polls while tasks overtake it: one in ListShare. Tasks that
	// have begun go first, so that a backlog of spawns neither delays them nor adds more of them.
	ListShare = 4
	// refill is how many tasks move at a time from the list to the ring. The move brings the header of each into the
	// cache, several at a time (see task.Queue), and these many are still in the first level when they are polled.
	refill = 64
)

// A FIFO is a queue of ready tasks for one goroutine, without a lock: a ring, and a list behind it that has no
// bound and is linked through the tasks. The zero FIFO is empty. It must not be copied.
type FIFO struct {
	ring     [Slots]*task.Task
	head     uint32
	tail     uint32 // head <= tail <= head+Slots, modulo 2^32
	list     task.Queue
	barred   uint32 // Size while the list has tasks, so that pushes go there; else 0
	spills   uint64 // tasks that went to the list
	overtook bool   // woken tasks have overtaken the list since its last share
	mixed    bool   // woken tasks are in the list, and no task may overtake those
	mark     uint32 // head at the last share of the list
}

// Push puts t at the back.
func (q *FIFO) Push(t *task.Task) {
	if !q.PushIfRoom(t) {
		q.Spill(t)
	}
}

// PushAll moves all tasks of ts to the back. What has no room in the ring goes to the list in one step, which touches
// none of these tasks.
func (q *FIFO) PushAll(ts *task.Queue) {
	for ts.Len() != 0 && q.tail+q.barred-q.head < Size {
		q.ring[q.tail%Slots] = ts.Pop()
		q.tail++
	}
	if n := ts.Len(); n != 0 {
		q.list.PushAll(ts)
		q.barred = Size
		q.spills += uint64(n)
	}
}

// PushIfRoom puts t at the back if the ring has room, and reports whether it had. It is so small that it is
// inlined. If it returns false, the caller calls Spill.
func (q *FIFO) PushIfRoom(t *task.Task) bool {
	if q.tail+q.barred-q.head >= Size {
		return false
	}
	q.ring[q.tail%Slots] = t
	q.tail++
	return true
}

// PushWoken puts t, which was woken on this worker, at the back of the ring. It does not wait behind the list,
// which is as long as it is because tasks were spawned faster than polled: see ListShare. Woken tasks are first
// come, first served among themselves: once one of them has to go to the list, none overtakes until the list is
// empty.
func (q *FIFO) PushWoken(t *task.Task) {
	if q.list.Len() == 0 || q.mixed || q.tail-q.head >= Slots-PollsPerRound {
		if !q.PushIfRoom(t) {
			q.Spill(t)
			q.mixed = true
		}
		return
	}
	q.overtook = true
	q.ring[q.tail%Slots] = t
	q.tail++
}

// Spill puts t into the list.
//
//go:noinline
func (q *FIFO) Spill(t *task.Task) {
	q.list.Push(t)
	q.barred = Size
	q.spills++
}

// ServeList gives the list its share of the polls, if woken tasks have overtaken it for long enough: as many
// tasks as a round polls move from the list to the front of the ring. It reports whether any did. The worker
// calls it once a round. The tasks move in a row because they are in memory in the order of their spawns, which the
// processor prefetches.
func (q *FIFO) ServeList() bool {
	if !q.overtook || q.head-q.mark < ListShare*PollsPerRound {
		return false
	}
	q.overtook = false
	n := min(PollsPerRound, Slots-(q.tail-q.head), uint32(q.list.Len()))
	q.head -= n
	for i := range n {
		q.ring[(q.head+i)%Slots] = q.list.Pop()
	}
	q.mark = q.head
	q.unbar()
	return n != 0
}

func (q *FIFO) unbar() {
	if q.list.Len() == 0 {
		q.barred, q.mixed = 0, false
	}
}

// PopRing takes the first task of the ring, or returns nil if the ring is empty. It is Pop without the rare case,
// so that it is inlined. If it returns nil, the caller calls Pop.
func (q *FIFO) PopRing() *task.Task {
	if q.head == q.tail {
		return nil
	}
	slot := &q.ring[q.head%Slots]
	t := *slot
	*slot = nil
	q.head++
	return t
}

// Pop takes the first task, or returns nil if there is none. When the ring is empty, it first moves up to refill
// tasks from the list into it.
func (q *FIFO) Pop() *task.Task {
	if q.head == q.tail {
		for range refill {
			t := q.list.Pop()
			if t == nil {
				break
			}
			q.ring[q.tail%Slots] = t
			q.tail++
		}
		q.unbar()
	}
	return q.PopRing()
}

// Len returns the number of tasks.
func (q *FIFO) Len() int { return int(q.tail-q.head) + q.list.Len() }

// Empty reports whether there is no task.
func (q *FIFO) Empty() bool { return q.head == q.tail && q.list.Len() == 0 }

// Spills returns how many tasks have gone to the list so far.
func (q *FIFO) Spills() uint64 { return q.spills }

// Clear forgets all tasks, one by one, so that none keeps others alive by its link.
func (q *FIFO) Clear() {
	for q.Pop() != nil {
	}
}
