package task

import "sync"

// A Set holds the tasks that have not ended, so that a shutdown reaches those that no queue and no
// waker refers to. Insert and Remove take constant time; the memory is one pointer a task. Any goroutine.
//
// It is a slab of chunks, which do not move as it grows, with a stack of free indexes. A host
// has several, so that the lock, which is held for a few instructions, is nearly always taken by
// the same worker: uncontended it costs less than the smallest allocation.
type Set struct {
	mu     sync.Mutex
	chunks []*[setChunk]*Task
	free   []uint32 // indexes below used that hold no task
	used   uint32   // indexes handed out so far
	n      int
}

const setChunk = 512 // 4 KiB of pointers

// Insert adds t, which is in no Set.
func (s *Set) Insert(t *Task) {
	s.mu.Lock()
	var i uint32
	if last := len(s.free) - 1; last >= 0 {
		i = s.free[last]
		s.free = s.free[:last]
	} else {
		i = s.used
		s.used++
		if int(i/setChunk) == len(s.chunks) {
			s.chunks = append(s.chunks, new([setChunk]*Task))
		}
	}
	s.chunks[i/setChunk][i%setChunk] = t
	t.setIndex = i + 1
	s.n++
	s.mu.Unlock()
}

// Remove takes t out, which is in s or in no Set, and reports whether it was there. If several goroutines
// remove a task, it returns true to one of them.
func (s *Set) Remove(t *Task) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.setIndex == 0 {
		return false
	}
	s.remove(t.setIndex)
	t.setIndex = 0
	return true
}

// RemoveAll takes out the tasks with these results of [HostView.IndexInSet], which no other goroutine removes. It
// takes the lock once for all of them, and if there are so many tasks that the chunks are not in the cache, the
// misses overlap.
func (s *Set) RemoveAll(indexes []uint32) {
	s.mu.Lock()
	for _, index := range indexes {
		s.remove(index)
	}
	s.mu.Unlock()
}

// remove takes out the task whose setIndex is index.
func (s *Set) remove(index uint32) {
	i := index - 1
	slot := &s.chunks[i/setChunk][i%setChunk]
	if *slot == nil {
		panic("task: a task was taken out of its Set twice")
	}
	*slot = nil
	s.n--
	if s.n == 0 {
		s.free, s.used = s.free[:0], 0 // all indexes are free again, in order
		s.shrink()
	} else {
		s.free = append(s.free, i)
	}
}

// keepChunks is how many chunks an empty Set keeps after a peak.
const keepChunks = 8

func (s *Set) shrink() {
	if len(s.chunks) > keepChunks {
		s.chunks = append([]*[setChunk]*Task(nil), s.chunks[:keepChunks]...)
		s.free = nil
	}
}

// Len returns the number of tasks. Any goroutine.
func (s *Set) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

// Tasks returns the tasks that are in the set at the call. Any goroutine.
func (s *Set) Tasks() []*Task {
	s.mu.Lock()
	defer s.mu.Unlock()
	tasks := make([]*Task, 0, s.n)
	for i := uint32(0); i < s.used; i++ {
		if t := s.chunks[i/setChunk][i%setChunk]; t != nil {
			tasks = append(tasks, t)
		}
	}
	return tasks
}
