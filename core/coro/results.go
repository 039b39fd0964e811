package coro

import (
	"io"
	"iter"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
)

// Results are the values of children of a [Group], in the order in which the children end. A value wakes the waiter
// that has waited longest; the end of the last child and a failure of the group wake all waiters.
type Results[T any] struct {
	group *Group
	// Under the group's lock:
	running int // children that have not ended, and those that wait for a permit
	values  backlog[T]
	waiters task.WaitQueue // for the values
}

// NewResults returns Results without a child, for children of g. A group may have several.
func NewResults[T any](g *Group) *Results[T] {
	if g == nil {
		panic("coro: NewResults of a nil Group")
	}
	if g.isZero() {
		panic(textZeroGroup)
	}
	return &Results[T]{group: g}
}

const textZeroResults = "coro: Results is zero: it was not returned by NewResults"

func (r *Results[T]) assertMade() {
	if r.group == nil {
		panic(textZeroResults)
	}
}

// Go starts body as a child of the group, as [Group.Do] does, and keeps its value. An error of body is an error of
// the group.
func (r *Results[T]) Go(co *Co, body func(co *Co) (T, error)) error {
	r.assertMade()
	if body == nil {
		panic("coro: Go of a nil body")
	}
	return start(r.group, co, r, valueBody[T](body))
}

// GoOwning is Go for a body that takes c over, as [Group.DoOwning] is for [Group.Do].
func (r *Results[T]) GoOwning(co *Co, c io.Closer, body func(co *Co) (T, error)) error {
	if r.group == nil {
		o := newOwner(c)
		o.close()
		panic(textZeroResults)
	}
	if body == nil {
		panic("coro: GoOwning of a nil body")
	}
	return startOwning(r.group, co, r, c, valueBody[T](body))
}

// All ranges over the values as the children end, until no child is left or the loop ends. It may be called again
// for the rest, in the group's body or after it, and by several tasks at once: each value goes to one of them. If a
// child fails or co is cancelled, the last iteration has the error that says why.
func (r *Results[T]) All(co *Co) iter.Seq2[T, error] {
	r.assertMade()
	return func(yield func(T, error) bool) {
		for {
			v, ok, err := r.await(co)
			if err != nil {
				yield(v, err)
				return
			}
			if !ok || !yield(v, nil) {
				return
			}
		}
	}
}

// await takes a value; ok is false if there will be none.
func (r *Results[T]) await(co *Co) (value T, ok bool, err error) {
	if err := co.Interrupted(); err != nil {
		return value, false, err
	}
	co.spend()
	waiting := false
	defer func() {
		if waiting { // cancelled, or unwound by force
			r.unwait(co.task)
		}
	}()
	for {
		value, ok, waiting, err = r.takeOrWait(co.task)
		if !waiting {
			return value, ok, err
		}
		co.cx.Waits(core.WaitJoin)
		if err := co.Suspend(); err != nil {
			return value, false, err
		}
	}
}

// takeOrWait takes a value if there is one, and registers w if there may be one later.
func (r *Results[T]) takeOrWait(w core.Waker) (value T, ok, waiting bool, err error) {
	r.group.mu.Lock()
	switch {
	case r.values.len() > 0:
		value, ok = r.values.pop(), true
	case r.group.cause != nil:
		err = &CancelError{Cause: r.group.cause}
	default:
		waiting = r.running > 0
	}
	if waiting {
		r.waiters.Wait(w)
	} else {
		r.waiters.Leave(w)
	}
	r.unlock()
	return value, ok, waiting, err
}

// unwait takes w out of the waiters.
func (r *Results[T]) unwait(w core.Waker) {
	r.group.mu.Lock()
	r.waiters.Leave(w)
	r.unlock()
}

// expect counts a child that is about to start.
func (r *Results[T]) expect() {
	r.group.mu.Lock()
	r.running++
	r.group.mu.Unlock()
}

// unexpect takes back the count of a child that was not started.
func (r *Results[T]) unexpect() {
	r.group.mu.Lock()
	r.running--
	r.unlock()
}

// unlock releases the group's lock after a change, and wakes the waiters that the change is for.
func (r *Results[T]) unlock() {
	w := r.wakers()
	r.group.mu.Unlock()
	w.Wake()
}

// add keeps the value of a child that has ended, if it has one. Under the group's lock; wakers follows.
func (r *Results[T]) add(value T, ok bool) {
	r.running--
	if ok {
		r.values.push(value)
	}
}

// wakers returns the waiters to wake after a change: one for each value, or all if there will be no further value.
func (r *Results[T]) wakers() task.WakerSet {
	if r.running == 0 || r.group.cause != nil {
		return r.waiters.TakeAll()
	}
	return r.waiters.Next(r.values.len())
}
