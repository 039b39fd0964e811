package task

import (
	"fmt"

	"github.com/moduvex/moduvex-go/core"
)

// New makes a task of f, in one allocation. The task is Scheduled, so that it can be passed to a host's Spawn.
func New[T any](f core.Future[T]) *Slot[T] {
	if f == nil {
		panic("task: New of a nil Future")
	}
	c := &cell[T]{future: f}
	c.body = c
	return &c.Slot
}

// A cell is the task of a future, and its Body.
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
	c.output = v
	return Ready
}

// Describe returns the type of the future.
func (c *cell[T]) Describe() string { return fmt.Sprintf("%T", c.future) }

func (c *cell[T]) Drop() {
	f := c.future
	c.future = nil
	core.Drop(f)
}

// NewValue is New for a future that moves into the task: the task and its future are one allocation, in one
// piece of memory. P is the pointer to F that is a future; T cannot be inferred, so a call reads
// NewValue[int](f). What f refers to stays reachable as long as the task does.
func NewValue[T, F any, P core.FuturePointer[F, T]](f F) *Slot[T] {
	c := &valueCell[T, F, P]{future: f}
	c.body = c
	return &c.Slot
}

// A valueCell is a cell that holds the future itself.
type valueCell[T, F any, P core.FuturePointer[F, T]] struct {
	Slot[T]
	future F // never cleared: a future that has returned its value may still be in a wheel or a wait list
}

func (c *valueCell[T, F, P]) Poll(cx *core.Context) Poll {
	v, ok := P(&c.future).Poll(cx)
	if !ok {
		return Pending
	}
	c.output = v
	return Ready
}

// Describe returns the type of the future.
func (c *valueCell[T, F, P]) Describe() string { return fmt.Sprintf("%T", &c.future) }

func (c *valueCell[T, F, P]) Drop() { core.Drop(&c.future) }
