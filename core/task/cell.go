package task

import (
	"fmt"

	"github.com/moduvex/moduvex-go/core"
)

// A Slot is a task together with the place where its output waits for the join. Cells embed it
// at their start.
type Slot[T any] struct {
	Task
	value T
}

// Init is for cells of other packages: it makes s the slot of a task that runs body and will
// be scheduled for the first time by whoever gets it. The body is told of aborts if it is a
// [GracefulBody].
func (s *Slot[T]) Init(body Body) {
	s.body = body
	w := word(Scheduled)
	if _, ok := body.(GracefulBody); ok {
		w |= graceful
	}
	s.word.birth(w)
}

// Store puts the output where the join will find it. Only a Body calls it, during a Poll. err is how the body
// has ended, or what it has returned; the latter is passed to [Returned] before.
func (s *Slot[T]) Store(value T, err error) {
	s.value = value
	s.setError(err)
}

// New makes a task of f: one allocation. The task is Scheduled, so it goes to a host's Spawn.
func New[T any](f core.Future[T]) *Slot[T] {
	if f == nil {
		panic("task: New of a nil Future")
	}
	c := &cell[T]{future: f}
	c.body = c
	c.word.birth(word(Scheduled))
	return &c.Slot
}

type cell[T any] struct {
	Slot[T]
	future core.Future[T]
}

func (c *cell[T]) Poll(cx *core.Context) Poll {
	v, ok := c.future.Poll(cx)
	if !ok {
		return Pending
	}
	c.future = nil
	c.value = v
	return Ready
}

// Describe names the type of the future.
func (c *cell[T]) Describe() string { return fmt.Sprintf("%T", c.future) }

func (c *cell[T]) Drop() {
	f := c.future
	c.future = nil
	core.Drop(f)
}

// NewValue is New for a future that moves into the task: the task with its future is one allocation, and
// lies in memory in one piece. P is the pointer to F that is a future; T cannot be inferred, so it is
// called as NewValue[int](f). What f refers to stays reachable as long as the task does.
func NewValue[T, F any, P core.FuturePointer[F, T]](f F) *Slot[T] {
	c := &valueCell[T, F, P]{future: f}
	c.body = c
	c.word.birth(word(Scheduled))
	return &c.Slot
}

type valueCell[T, F any, P core.FuturePointer[F, T]] struct {
	Slot[T]
	future F // never cleared: futures that have answered may be in a wheel or a wait list still
}

func (c *valueCell[T, F, P]) Poll(cx *core.Context) Poll {
	v, ok := P(&c.future).Poll(cx)
	if !ok {
		return Pending
	}
	c.value = v
	return Ready
}

// Describe names the type of the future.
func (c *valueCell[T, F, P]) Describe() string { return fmt.Sprintf("%T", &c.future) }

func (c *valueCell[T, F, P]) Drop() { core.Drop(&c.future) }

// Take returns the output if the task has finished. The first Take gets it and the slot forgets
// it; later ones get ErrAlreadyJoined. done is false while the task has not finished. Any
// goroutine.
func (s *Slot[T]) Take() (value T, err error, done bool) {
	value, _, done, err = s.TakeEnd()
	return value, err, done
}

// TakeEnd is Take, and tells how the task has ended: where failed is true, err is what ended the body (a
// [*PanicError], core.ErrGoexit or a cancellation), and otherwise what the body returned.
func (s *Slot[T]) TakeEnd() (value T, failed, done bool, err error) {
	switch s.word.transition(evTake) {
	case actPending:
		return value, false, false, nil
	case actAlreadyJoined:
		return value, false, true, core.ErrAlreadyJoined
	}
	value, err = s.value, s.error()
	var zero T
	s.value, s.err = zero, nil
	if s.State() == Cancelled {
		return value, true, true, err // a returned one stays so, or it would look like another end
	}
	if r, ok := err.(*returned); ok {
		return value, false, true, r.error
	}
	return value, endsTask(err), true, err
}
