package task

import "github.com/moduvex/moduvex-go/core"

// A Slot is a task together with its output, which stays here until the one Take that gets it. Types that
// implement a [Body] embed a Slot at their start.
type Slot[T any] struct {
	Task
	output T
}

// Init makes s the slot of a new task that runs body and is Scheduled, so that it can be passed to a host's
// Spawn. It is for types that embed a Slot. The body is told of aborts if it is a [GracefulBody].
func (s *Slot[T]) Init(body Body) {
	s.body = body
	if _, ok := body.(GracefulBody); ok {
		s.word.birth(newborn | graceful)
	}
}

// Store stores the output for the join. Only a Body calls it, during a Poll. err is how the body ended, or what
// it returned; a returned error goes through [Returned] first.
func (s *Slot[T]) Store(value T, err error) {
	s.output = value
	s.setError(err)
}

// Take returns the output if the task has finished. The first Take gets it and the slot releases
// it; later ones get core.ErrAlreadyJoined. done is false while the task has not finished. Any
// goroutine.
func (s *Slot[T]) Take() (value T, err error, done bool) {
	value, _, done, err = s.TakeEnd()
	return value, err, done
}

// TakeEnd is Take, and also reports how the task ended: if failed is true, err is what ended the body (a
// [*PanicError], core.ErrGoexit or a cancellation), and otherwise what the body returned.
func (s *Slot[T]) TakeEnd() (value T, failed, done bool, err error) {
	switch s.word.take() {
	case actPending:
		return value, false, false, nil
	case actAlreadyJoined:
		return value, false, true, core.ErrAlreadyJoined
	}
	value, err = s.output, s.error()
	var zero T
	s.output, s.outputErr = zero, nil
	if s.State() == Cancelled {
		return value, true, true, err // a returned error stays wrapped, or it would look like another end
	}
	if r, ok := err.(*returned); ok {
		return value, false, true, r.error
	}
	return value, endsTask(err), true, err
}

// cancelled is what outputErr points at in most tasks that have an error.
var cancelled = core.ErrCancelled

func (t *Task) setError(err error) {
	switch err {
	case nil:
		t.outputErr = nil
	case core.ErrCancelled:
		t.outputErr = &cancelled
	default:
		other := err // a separate variable, or every call would allocate one
		t.outputErr = &other
	}
}

func (t *Task) error() error {
	if t.outputErr == nil {
		return nil
	}
	return *t.outputErr
}
