package future

import (
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core"
)

// A wokenSet holds the children of a combinator that were woken since they were polled last.
// Each child has its own waker, which puts itself into the set and wakes the combinator's
// task. The set is separate from the combinator, so that a stale waker keeps neither children nor values
// in memory.
//
// No wake is lost:
//
//	the waker of a child                the poll
//	1. puts the child into the list     1. sets outer
//	2. reads outer and wakes it         2. takes the list
//
// If the child comes too late for the list that the poll takes, its waker reads the outer that this poll
// has set, and another poll follows. A poll whose budget is spent before 2 makes its task be polled again.
type wokenSet struct {
	list   atomic.Pointer[childWaker] // a stack: pushed by wakers, taken as a whole by the poll
	outer  atomic.Pointer[core.Waker] // set by the poll, read by wakers; nil before and after
	closed atomic.Bool                // stored once, by close
}

// A childWaker is the waker of one child. A task that the child waits for may keep it until that task ends,
// or until it finds the waker finished.
type childWaker struct {
	set    *wokenSet
	next   *childWaker // in the list, while queued
	queued atomic.Bool
	index  uint32
}

// newWokenSet returns the set of n children, all of them woken: each has to be polled once.
func newWokenSet(n int) *wokenSet {
	s := &wokenSet{}
	all := make([]childWaker, n)
	var first *childWaker
	for i := n - 1; i >= 0; i-- {
		c := &all[i]
		c.set, c.index, c.next = s, uint32(i), first
		c.queued.Store(true)
		first = c
	}
	s.list.Store(first)
	return s
}

// Wake implements [core.Waker]. Any goroutine.
//
// It swaps even if the child is in the list already, because the caller's writes before Wake must
// be visible to the poll, and only a write that leave reads orders them.
func (c *childWaker) Wake() {
	if c.queued.Swap(true) {
		return // the caller that found it false wakes the task
	}
	s := c.set
	for {
		c.next = s.list.Load()
		if s.list.CompareAndSwap(c.next, c) {
			break
		}
	}
	if outer := s.outer.Load(); outer != nil {
		(*outer).Wake()
	}
}

// setOuter makes wakes go to outer from now on. Only the poll calls it.
func (s *wokenSet) setOuter(outer core.Waker) {
	if have := s.outer.Load(); have == nil || *have != outer {
		kept := outer // in a separate variable, which only this branch allocates
		s.outer.Store(&kept)
	}
}

// takeAll empties the list and returns its first child. Each child of it must leave before it is
// polled. Only the poll calls it.
func (s *wokenSet) takeAll() *childWaker { return s.list.Swap(nil) }

// leave makes c wakeable again and returns the next child of the list. Only the poll calls it.
func (c *childWaker) leave() (next *childWaker) {
	next = c.next // first: a waker may put c into the list anew as soon as it has left
	c.queued.Swap(false)
	return next
}

// close makes later wakes do nothing, and releases the children that were woken. The poll or Drop calls it.
func (s *wokenSet) close() {
	s.closed.Store(true)
	s.outer.Store(nil)
	s.list.Store(nil)
}

// Finished implements [core.FinishedWaker]: the combinator has completed or was dropped.
func (c *childWaker) Finished() bool { return c.set.closed.Load() }
