package task

import "github.com/moduvex/moduvex-go/core"

// A Bystander is a waker for the end of a task that does not learn how the task ended: it is no join. A panic of
// a task that only bystanders watch is reported as one that nobody joins.
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
