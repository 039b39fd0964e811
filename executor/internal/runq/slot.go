package runq

import "github.com/moduvex/moduvex-go/core/task"

// MaxRuns is how many times in a row the slot goes before the queue. So two tasks that wake each other keep
// their caches warm and do not starve the others.
const MaxRuns = 3

// A Slot holds the task that another task on the same worker woke last: last in, first out. The worker's
// goroutine. The zero Slot is empty.
type Slot struct {
	task *task.Task
	runs int // how many times in a row the slot was used
}

// Empty reports whether the slot holds no task.
func (s *Slot) Empty() bool { return s.task == nil }

// Put puts t into the slot and returns the task that was in it, or nil. The caller puts that one at the back
// of the queue.
func (s *Slot) Put(t *task.Task) (displaced *task.Task) {
	displaced, s.task = s.task, t
	return displaced
}

// Take empties the slot, which is not empty, and returns the task. If first is true, the caller polls it next;
// otherwise the slot was used MaxRuns times in a row, and the caller puts the task at the back of the queue.
func (s *Slot) Take() (t *task.Task, first bool) {
	t, s.task = s.task, nil
	if s.runs == MaxRuns {
		s.runs = 0
		return t, false
	}
	s.runs++
	return t, true
}

// Skip notes that the worker takes a task from the queue, because the slot is empty.
func (s *Slot) Skip() { s.runs = 0 }

// Clear forgets the task.
func (s *Slot) Clear() { s.task = nil }
