package coro

import (
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
)

// A child is a task of a [Group], and the waker that its end wakes.
type child struct {
	scope  *Group
	task   *task.Task
	output interface {
		// take hands the output on, and returns its error. Under the scope's lock.
		take() error
		// next returns whom to wake after that. Under the same hold of the lock, when a failure is noted.
		next() task.WakerSet
	}
	waker   core.Waker // who waits for a place for it
	aborted bool       // by the scope; under its lock
	failed  bool       // it has ended otherwise than by returning

	in         *children // running, queue or nil
	prev, next *child
}

// childOf is the one allocation of a child.
type childOf[T any] struct {
	cell    cell[T]
	child   child
	results *Results[T] // or nil
}

// spawn gives a child that has a place to the worker of co.
func (c *child) spawn(co *Co) error {
	c.task.Watch(c)
	spawned := false
	defer func() {
		if !spawned { // the spawner panicked
			c.task.ForHost().Kill(core.ErrCancelled)
		}
	}()
	err := co.cx.Spawn(c.task)
	spawned = true
	if err != nil {
		c.task.ForHost().Kill(err)
	}
	return err
}

// Wake is called once, at the end of the task. Any goroutine.
func (c *child) Wake() {
	s := c.scope
	s.mu.Lock()
	s.running.remove(c)
	err := c.output.take()
	if c.aborted && c.task.State() == task.Cancelled {
		err = nil // as it was told to
	}
	if p, ok := err.(*task.PanicError); ok && c.failed && s.panicked == nil {
		s.panicked = p // and not one that it has returned, as another's
	}
	first := err != nil && s.note(err)
	ready, next := c.output.next(), s.leave()
	s.mu.Unlock()
	if first {
		s.cancelAll(err)
	}
	ready.Wake()
	wake(next)
}

func (c *childOf[T]) take() error {
	v, failed, _, err := c.cell.TakeEnd()
	c.child.failed = failed
	if c.results != nil {
		c.results.ended(v, err == nil)
	}
	return err
}

func (c *childOf[T]) next() (wake task.WakerSet) {
	if c.results != nil {
		wake = c.results.next()
	}
	return wake
}

// children is an intrusive list, in the order in which they came. A child is in one at a time.
type children struct {
	first, last *child
	n           int
}

func (l *children) push(c *child) {
	c.in, c.prev = l, l.last
	if l.last == nil {
		l.first = c
	} else {
		l.last.next = c
	}
	l.last = c
	l.n++
}

func (l *children) remove(c *child) {
	if c.prev == nil {
		l.first = c.next
	} else {
		c.prev.next = c.next
	}
	if c.next == nil {
		l.last = c.prev
	} else {
		c.next.prev = c.prev
	}
	c.in, c.prev, c.next = nil, nil, nil
	l.n--
}

func (l *children) all() (cs []*child) {
	for c := l.first; c != nil; c = c.next {
		cs = append(cs, c)
	}
	return cs
}
