package coro

import (
	"io"
	"iter"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
)

// Results are the values of children of a [Group], in the order in which they end. A value wakes one of those that
// wait, the one that has waited longest; the end of the last child and a failure of the scope wake all.
type Results[T any] struct {
	scope *Group
	// Under the scope's lock.
	running int // children that have not ended, and those that wait for a place
	values  backlog[T]
	turns   task.WaitQueue // for the values
}

// NewResults makes an empty one, for children of s. A scope may have several.
func NewResults[T any](s *Group) *Results[T] {
	if s == nil {
		panic("coro: NewResults of a nil Group")
	}
	return &Results[T]{scope: s}
}

// Go starts body as a child of the scope, as [Group.Go] does, and keeps its value. An error of it
// is one of the scope.
func (r *Results[T]) Go(co *Co, body func(co *Co) (T, error)) error {
	if body == nil {
		panic("coro: Go of a nil body")
	}
	return start(r.scope, co, r, body)
}

// GoOwning is Go for a body that takes c over, as [Group.GoOwning] is.
func (r *Results[T]) GoOwning(co *Co, c io.Closer, body func(co *Co) (T, error)) error {
	if body == nil {
		panic("coro: GoOwning of a nil body")
	}
	return startOwning(r.scope, co, r, c, body)
}

// All ranges over the values as the children end, until no child is left, or as long as the loop
// likes; it may be called again for the rest, in the scope or after it. A value goes to one of those
// that range. If a child fails or co is cancelled, the last round has the error that says why.
func (r *Results[T]) All(co *Co) iter.Seq2[T, error] {
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
			r.scope.mu.Lock()
			r.turns.Leave(co.task)
			wake := r.next()
			r.scope.mu.Unlock()
			wake.Wake()
		}
	}()
	for {
		value, ok, waiting, err = r.take(co.task)
		if !waiting {
			return value, ok, err
		}
		co.cx.Waits(core.WaitJoin)
		if err := co.Suspend(); err != nil {
			return value, false, err
		}
	}
}

// take takes a value if there is one, and makes w wait if there may be one later.
func (r *Results[T]) take(w core.Waker) (value T, ok, waiting bool, err error) {
	r.scope.mu.Lock()
	switch {
	case r.values.len() > 0:
		value, ok = r.values.pop(), true
	case r.scope.cause != nil:
		err = &CancelError{Cause: r.scope.cause}
	default:
		waiting = r.running > 0
	}
	if waiting {
		r.turns.Wait(w)
	} else {
		r.turns.Leave(w)
	}
	wake := r.next()
	r.scope.mu.Unlock()
	wake.Wake()
	return value, ok, waiting, err
}

// expect counts a child that is about to start.
func (r *Results[T]) expect() {
	r.scope.mu.Lock()
	r.running++
	r.scope.mu.Unlock()
}

// ended keeps the value of a child, if it has one. Under the scope's lock, as is next, which follows.
func (r *Results[T]) ended(value T, ok bool) {
	r.running--
	if ok {
		r.values.push(value)
	}
}

// next returns whom to wake after a change: one for each value, or all if nothing more will come.
func (r *Results[T]) next() task.WakerSet {
	if r.running == 0 || r.scope.cause != nil {
		return r.turns.TakeAll()
	}
	return r.turns.Next(r.values.len())
}

// lost is ended for a child that was not started.
func (r *Results[T]) lost() {
	var zero T
	r.scope.mu.Lock()
	r.ended(zero, false)
	wake := r.next()
	r.scope.mu.Unlock()
	wake.Wake()
}
