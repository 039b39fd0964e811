package task

import "sync"

// A Set holds tasks that have not ended, so that shutdown can reach those that no queue and no
// waker knows of. Inserting and removing are O(1); the memory is a pointer a task. Any goroutine.
//
// It is a slab of chunks (growing never moves what is there) with a stack of free places. A host
// has several, so that the lock, which is taken for a few instructions, is nearly always taken by
// the same worker: uncontended it costs less than the smallest allocation.
type Set struct {
	mu     sync.Mutex
	chunks []*[setChunk]*Task
	free   []uint32
	used   uint32 // places handed out so far
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
	t.index = i + 1
	s.n++
	s.mu.Unlock()
}

// Remove takes t out, which is in s or in no Set, and reports whether it was there: of several that
// take a task out, one is told so.
func (s *Set) Remove(t *Task) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.index == 0 {
		return false
	}
	s.remove(t.index)
	t.index = 0
	return true
}

// Place names the place of t in its Set, for RemoveAll. Only for the runner of t, and only if nobody
// removes t meanwhile.
func (t *Task) Place() uint32 { return t.index }

// RemoveAll takes out the tasks in these places, whom nobody else takes out. It is one lock for all of
// them, and where there are so many tasks that the places are not in the cache, the misses overlap.
func (s *Set) RemoveAll(places []uint32) {
	s.mu.Lock()
	for _, place := range places {
		s.remove(place)
	}
	s.mu.Unlock()
}

func (s *Set) remove(place uint32) {
	i := place - 1
	slot := &s.chunks[i/setChunk][i%setChunk]
	if *slot == nil {
		panic("task: a task was taken out of its Set twice")
	}
	*slot = nil
	s.n--
	if s.n == 0 {
		s.free, s.used = s.free[:0], 0 // all places are free again, in order
		s.shrink()
	} else {
		s.free = append(s.free, i)
	}
}

// keepChunks bounds what an empty Set keeps after a peak.
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

// Tasks returns the tasks of this moment. Any goroutine.
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
