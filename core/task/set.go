package task

import (
	"math/bits"
	"sync"
)

// A Set holds the tasks that have not ended, so that a shutdown reaches those that no queue and no
// waker refers to. Insert and Remove take constant time; the memory is one pointer a task. Any goroutine.
//
// It is a slab of chunks, which do not move as it grows. Each group of 64 places has a word with a bit for each of them
// that is free again, and a stack has the groups with such places: a removal writes a bit, where a stack of places would
// grow by an index for each. A host has several sets, so that the lock, which is held for a few instructions, is nearly
// always taken by the same worker: uncontended it costs less than the smallest allocation.
type Set struct {
	mu     sync.Mutex
	chunks []*[setChunk]*Task
	free   []uint64 // for each group of places below used, those that hold no task
	groups []uint32 // those with free places
	used   uint32   // places handed out so far
	n      int
}

const (
	setChunk = 512 // 4 KiB of pointers
	setGroup = 64  // the bits of a word
)

// Insert adds t, which is in no Set.
func (s *Set) Insert(t *Task) {
	s.mu.Lock()
	var i uint32
	if last := len(s.groups) - 1; last >= 0 {
		group := s.groups[last]
		free := &s.free[group]
		i = group*setGroup + uint32(bits.TrailingZeros64(*free))
		if *free &= *free - 1; *free == 0 {
			s.groups = s.groups[:last]
		}
	} else {
		i = s.used
		if s.used++; i%setGroup == 0 {
			s.grow(i)
		}
	}
	s.chunks[i/setChunk][i%setChunk] = t
	t.setIndex = i + 1
	s.n++
	s.mu.Unlock()
}

// grow makes room for the group that begins at place i, the first that was not handed out.
func (s *Set) grow(i uint32) {
	s.free = append(s.free, 0)
	if int(i/setChunk) == len(s.chunks) {
		s.chunks = append(s.chunks, new([setChunk]*Task))
	}
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
		s.free, s.groups, s.used = s.free[:0], s.groups[:0], 0 // all places are free again, in order
		s.shrink()
		return
	}
	free := &s.free[i/setGroup]
	if *free == 0 {
		s.groups = append(s.groups, i/setGroup)
	}
	*free |= 1 << (i % setGroup)
}

// keepChunks is how many chunks an empty Set keeps after a peak.
const keepChunks = 8

func (s *Set) shrink() {
	if len(s.chunks) > keepChunks {
		s.chunks = append([]*[setChunk]*Task(nil), s.chunks[:keepChunks]...)
		s.free, s.groups = nil, nil
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
