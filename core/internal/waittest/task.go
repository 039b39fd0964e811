package waittest

import (
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// Spawn makes a body in direct style a task of s.
func Spawn[T any](s core.Spawner, body func(co *coro.Co) (T, error)) *task.Slot[T] {
	slot := coro.New(body)
	s.Spawn(&slot.Task)
	return slot
}

// Output returns the output of a task, and fails the test if the task has not ended.
func Output[T any](t *testing.T, s *task.Slot[T]) (T, error) {
	t.Helper()
	v, err, done := s.Take()
	if !done {
		t.Fatalf("the task has not ended: it is %v", s.State())
	}
	return v, err
}

// Body is [Spawn] for a body whose output is an error.
func Body(s core.Spawner, f func(co *coro.Co) error) *task.Slot[struct{}] {
	return Spawn(s, func(co *coro.Co) (struct{}, error) { return struct{}{}, f(co) })
}

// Ended is [Output] for a body whose output is an error.
func Ended(t *testing.T, s *task.Slot[struct{}]) error {
	t.Helper()
	_, err := Output(t, s)
	return err
}
