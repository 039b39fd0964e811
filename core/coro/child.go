package coro

import (
	"fmt"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
)

// A child is a task of a [Group]. It is also the waker that the end of the task wakes.
type child struct {
	group  *Group
	task   *task.Task
	pc     uintptr // of the body's function
	output interface {
		// takeEnd passes the output on, and returns the task's error and whether the body has not returned. Under
		// the group's lock.
		takeEnd() (failed bool, err error)
		// wakers returns the waiters that takeEnd has something for. In the same hold of the lock, after a failure
		// is recorded.
		wakers() task.WakerSet
	}
	waker   core.Waker // of the caller that waits for a permit for this child
	aborted bool       // by the group; under its lock

	in         *children // running, waiting or nil
	prev, next *child
}

// A childTask is a child with its task: one allocation.
type childTask[T any, B body[T]] struct {
	cell    cell[T, B]
	child   child
	results *Results[T] // or nil
}

func newChild[T any, B body[T]](g *Group, r *Results[T], b B) *child {
	c := &childTask[T, B]{results: r}
	c.cell.init(b)
	c.child = child{group: g, task: &c.cell.Task, pc: b.pc(), output: c}
	return &c.child
}

// spawn gives a child that has a permit to the worker of co.
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
func (c *child) Wake() { c.Ended().Wake() }

// Ended implements task.Watcher. It is called instead of Wake.
func (c *child) Ended() task.WakerSet {
	g := c.group
	g.mu.Lock()
	g.running.remove(c)
	failed, err := c.output.takeEnd()
	if c.aborted && c.task.State() == task.Cancelled {
		err = nil // the group has aborted it
	}
	if p, ok := err.(*task.PanicError); ok && failed { // and not the panic of another task, which it has returned
		p = c.named(p)
		err = p
		if g.panicked == nil {
			g.panicked = p
		}
	}
	first := err != nil && g.recordFailure(err)
	waiters, next := c.output.wakers(), g.releasePermit()
	g.mu.Unlock()
	if first {
		g.cancelAll(err)
	}
	if next != nil {
		waiters.Add(next)
	}
	return waiters
}

var _ task.Watcher = (*child)(nil)

// named returns p with the name of the child.
func (c *child) named(p *task.PanicError) *task.PanicError {
	value := &ChildPanic{ID: c.task.ID(), Name: c.task.Name(), Value: p.Value}
	if value.Name == "" {
		value.Name = funcName(c.pc)
	}
	return &task.PanicError{Value: value, Stack: p.Stack, InDrop: p.InDrop}
}

// A ChildPanic is the panic of a child of a [Group]. It is the Value of the *task.PanicError that [WithGroup] panics
// with.
type ChildPanic struct {
	ID    uint64 // of the task
	Name  string // of the task, or of the function that it ran
	Value any    // the child's argument of panic
}

// Error names the child and its value.
func (p *ChildPanic) Error() string {
	return fmt.Sprintf("child task %d (%s): %v", p.ID, p.Name, p.Value)
}

// Unwrap returns the value if it is an error, or nil.
func (p *ChildPanic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

func (c *childTask[T, B]) takeEnd() (failed bool, err error) {
	v, failed, _, err := c.cell.TakeEnd()
	if c.results != nil {
		c.results.add(v, err == nil)
	}
	return failed, err
}

func (c *childTask[T, B]) wakers() (w task.WakerSet) {
	if c.results != nil {
		w = c.results.wakers()
	}
	return w
}

// children is an intrusive list, in the order in which they were pushed. A child is in one list at a time.
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
