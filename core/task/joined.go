package task

import "github.com/moduvex/moduvex-go/core"

// A Bystander is a waker that wants to know that a task has ended, and not how: it is no join, and a panic of the
// task is reported where only bystanders watch.
type Bystander interface {
	core.Waker
	// Bystander does nothing.
	Bystander()
}

// Joined reports whether a join waits for the task: a waker that is neither a [Bystander] nor over. A host asks
// in TaskPanicked whether the panic will be seen. Any goroutine.
func (t *Task) Joined() bool {
	if !t.claim() {
		return false
	}
	joined := t.join.has(joins)
	if !t.unclaim() {
		t.join.TakeAll().Wake()
	}
	return joined
}

func joins(w core.Waker) bool {
	if _, ok := w.(Bystander); ok {
		return false
	}
	f, ok := w.(core.FinishedWaker)
	return !ok || !f.Finished()
}
