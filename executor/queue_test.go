package executor_test

import (
	"math/rand/v2"
	"testing"

	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor"
)

// queueModel is what a local queue does, said in as few words as possible.
type queueModel struct {
	lifo  *task.Task
	runs  int // how often in a row the slot went first
	queue []*task.Task
}

func (m *queueModel) pushLIFO(t *task.Task) {
	if m.lifo != nil {
		m.queue = append(m.queue, m.lifo)
	}
	m.lifo = t
}

func (m *queueModel) pop() *task.Task {
	if m.lifo != nil && m.runs == executor.MaxLIFO {
		m.queue = append(m.queue, m.lifo)
		m.lifo = nil
	}
	if t := m.lifo; t != nil {
		m.lifo = nil
		m.runs++
		return t
	}
	m.runs = 0
	if len(m.queue) == 0 {
		return nil
	}
	t := m.queue[0]
	m.queue = m.queue[1:]
	return t
}

func (m *queueModel) len() int {
	if m.lifo != nil {
		return len(m.queue) + 1
	}
	return len(m.queue)
}

func TestLocalQueueKeepsItsOrder(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, seed))
		var q executor.LocalQueue
		var m queueModel
		free := make([]*task.Task, 5*executor.FIFOSize) // tasks that are in no queue
		for i := range free {
			free[i] = &task.New(future.Ready(i)).Task
		}
		for range 100 {
			// Phases that fill and phases that empty, so that the ring overflows and refills.
			fill := rng.IntN(11)
			for range rng.IntN(2 * executor.FIFOSize) {
				if rng.IntN(10) >= fill {
					want := m.pop()
					if got := q.Pop(); got != want {
						t.Fatalf("seed %d: the wrong task was popped, with %d in the queue", seed, m.len()+1)
					}
					if want != nil {
						free = append(free, want)
					}
				} else if last := len(free) - 1; last >= 0 {
					next := free[last]
					free = free[:last]
					if rng.IntN(4) == 0 {
						q.PushLIFO(next)
						m.pushLIFO(next)
					} else {
						q.Push(next)
						m.queue = append(m.queue, next)
					}
				}
				if q.Len() != m.len() || q.Empty() != (m.len() == 0) {
					t.Fatalf("seed %d: len %d, empty %t; want %d", seed, q.Len(), q.Empty(), m.len())
				}
			}
		}
	}
}

func TestLocalQueueIsFirstInFirstOutBeyondItsRing(t *testing.T) {
	var q executor.LocalQueue
	const n = 10*executor.FIFOSize + 7
	tasks := make([]*task.Task, n)
	for i := range tasks {
		tasks[i] = &task.New(future.Ready(i)).Task
		q.Push(tasks[i])
	}
	for i := range tasks {
		if q.Pop() != tasks[i] {
			t.Fatalf("task %d is not in its place", i)
		}
	}
	if q.Pop() != nil || !q.Empty() {
		t.Fatal("the queue is not empty")
	}
}
