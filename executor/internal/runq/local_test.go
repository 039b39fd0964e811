package runq_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor/internal/runq"
)

// A localQueue is a Local that does not steal, with what a worker's loop does around it.
type localQueue struct {
	runq.Local
	home task.Home
}

func newLocal() *localQueue {
	q := new(localQueue)
	q.Init(&q.home, nil, 0)
	return q
}

// adopt binds t to the worker.
func (q *localQueue) adopt(t *task.Task) { t.ForHost().Bind(&q.home, 0) }

func (q *localQueue) pop() *task.Task {
	if !q.Slot.Empty() {
		return q.TakeSlot()
	}
	q.Slot.Skip()
	return q.Next()
}

func (q *localQueue) len() int {
	n := q.Bound.Len()
	if !q.Slot.Empty() {
		n++
	}
	return n
}

// A queueModel is what a localQueue does, in as few words as possible.
type queueModel struct {
	lifo       *task.Task
	runs       int          // how often in a row the slot went first
	ring, list []*task.Task // what came when the ring was full is behind it, in the list
	mixed      bool         // woken tasks are in the list
	overtook   bool
	since      int // polls of the ring since the last share of the list
}

func (m *queueModel) push(t *task.Task) {
	if len(m.ring) >= runq.Size || len(m.list) != 0 {
		m.list = append(m.list, t)
		return
	}
	m.ring = append(m.ring, t)
}

func (m *queueModel) pushWoken(t *task.Task) {
	if len(m.list) == 0 || m.mixed || len(m.ring) >= runq.Slots-runq.PollsPerRound {
		n := len(m.list)
		m.push(t)
		m.mixed = m.mixed || len(m.list) != n
		return
	}
	m.ring = append(m.ring, t)
	m.overtook = true
}

func (m *queueModel) pushLIFO(t *task.Task) {
	if m.lifo != nil {
		m.pushWoken(m.lifo)
	}
	m.lifo = t
}

func (m *queueModel) serveLists() (list bool) {
	if m.overtook && m.since >= runq.ListShare*runq.PollsPerRound {
		n := min(runq.PollsPerRound, runq.Slots-len(m.ring), len(m.list))
		m.ring, m.list = slices.Concat(m.list[:n], m.ring), m.list[n:]
		m.overtook, m.since = false, 0
		list = n != 0
		m.mixed = m.mixed && len(m.list) != 0
	}
	return list
}

func (m *queueModel) pop() *task.Task {
	if m.lifo != nil && m.runs == runq.MaxRuns {
		m.pushWoken(m.lifo)
		m.lifo = nil
	}
	if t := m.lifo; t != nil {
		m.lifo = nil
		m.runs++
		return t
	}
	m.runs = 0
	if len(m.ring) == 0 {
		n := min(runq.Refill, len(m.list))
		m.ring, m.list = m.list[:n:n], m.list[n:]
		m.mixed = m.mixed && len(m.list) != 0
	}
	if len(m.ring) == 0 {
		return nil
	}
	m.since++
	t := m.ring[0]
	m.ring = m.ring[1:]
	return t
}

func (m *queueModel) len() int {
	n := len(m.ring) + len(m.list)
	if m.lifo != nil {
		n++
	}
	return n
}

func TestLocalQueueKeepsItsOrder(t *testing.T) {
	shares := 0 // of the list
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, seed))
		q := newLocal()
		var m queueModel
		free := make([]*task.Task, 5*runq.Size) // tasks that are in no queue
		for i := range free {
			free[i] = &task.New(future.Ready(i)).Task
			q.adopt(free[i])
		}
		for range 100 {
			// Phases that fill and phases that empty, so that the ring overflows and refills.
			fill := rng.IntN(11)
			for range rng.IntN(2 * runq.Size) {
				if rng.IntN(runq.PollsPerRound) == 0 {
					list := m.serveLists()
					if q.ServeLists() != list {
						t.Fatalf("seed %d: the list got its share: %t, want %t", seed, !list, list)
					}
					if list {
						shares++
					}
				}
				if rng.IntN(10) >= fill {
					want := m.pop()
					if got := q.pop(); got != want {
						t.Fatalf("seed %d: the wrong task was popped, with %d in the queue", seed, m.len()+1)
					}
					if want != nil {
						free = append(free, want)
					}
				} else if last := len(free) - 1; last >= 0 {
					next := free[last]
					free = free[:last]
					switch rng.IntN(5) {
					case 4:
						var arrived task.Queue
						arrived.Push(next)
						m.push(next)
						for n := rng.IntN(min(last, 100) + 1); n > 0; n-- {
							arrived.Push(free[len(free)-1])
							m.push(free[len(free)-1])
							free = free[:len(free)-1]
						}
						q.Bound.PushAll(&arrived)
					case 0:
						q.PutFirst(next)
						m.pushLIFO(next)
					case 1:
						q.PushWoken(next)
						m.pushWoken(next)
					default:
						q.Push(next)
						m.push(next)
					}
				}
				if q.len() != m.len() || q.Empty() != (m.len() == 0) {
					t.Fatalf("seed %d: len %d, empty %t; want %d", seed, q.len(), q.Empty(), m.len())
				}
			}
		}
	}
	if shares == 0 {
		t.Fatal("the list never got a share")
	}
}

func TestLocalQueueIsFirstInFirstOutBeyondItsRing(t *testing.T) {
	q := newLocal()
	const n = 10*runq.Size + 7
	tasks := make([]*task.Task, n)
	for i := range tasks {
		tasks[i] = &task.New(future.Ready(i)).Task
		q.adopt(tasks[i])
		q.Push(tasks[i])
	}
	for i := range tasks {
		if q.pop() != tasks[i] {
			t.Fatalf("task %d is not in its place", i)
		}
	}
	if q.pop() != nil || !q.Empty() {
		t.Fatal("the queue is not empty")
	}
}
