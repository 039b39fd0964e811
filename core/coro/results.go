package coro

import (
	"io"
	"iter"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
)

// Results are the values of children of a [Scope], in the order in which they end.
type Results[T any] struct {
	scope *Scope
	// Under the scope's lock.
	running int // children that have not ended, and those that wait for a place
	values  backlog[T]
	waiting task.WakerSet
}

// NewResults makes an empty one, for children of s. A scope may have several.
func NewResults[T any](s *Scope) *Results[T] {
	if s == nil {
		panic("coro: NewResults of a nil Scope")
	}
	return &Results[T]{scope: s}
}

// Go starts body as a child of the scope, as [Scope.Go] does, and keeps its value. An error of it
// is one of the scope.
func (r *Results[T]) Go(co *Co, body func(co *Co) (T, error)) error {
	if body == nil {
		panic("coro: Go of a nil body")
	}
	return start(r.scope, co, r, body)
}

// GoOwning is Go for a body that takes c over, as [Scope.GoOwning] is.
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
			r.waiting.Remove(co.task)
			r.scope.mu.Unlock()
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
	defer r.scope.mu.Unlock()
	switch {
	case r.values.len() > 0:
		return r.values.pop(), true, false, nil
	case r.scope.cause != nil:
		return value, false, false, &CancelError{Cause: r.scope.cause}
	case r.running == 0:
		return value, false, false, nil
	}
	r.waiting.Add(w)
	return value, false, true, nil
}

// expect counts a child that is about to start.
func (r *Results[T]) expect() {
	r.scope.mu.Lock()
	r.running++
	r.scope.mu.Unlock()
}

// ended keeps the value of a child, if it has one, and returns whom to wake. Under the scope's lock.
func (r *Results[T]) ended(value T, ok bool) task.WakerSet {
	r.running--
	if ok {
		r.values.push(value)
	}
	return r.waiting.TakeAll()
}

// lost is ended for a child that was not started.
func (r *Results[T]) lost() {
	var zero T
	r.scope.mu.Lock()
	waiting := r.ended(zero, false)
	r.scope.mu.Unlock()
	waiting.Wake()
}
