package task

import "github.com/moduvex/moduvex-go/core"

// A Task is a unit of work that a host polls until it ends: the header that the tasks of all outputs share.
// Its output is in the [Slot] around it. Any goroutine may call its methods, except where they say
// otherwise. [HostView] has the methods that only a host calls.
type Task struct {
	word      atomicWord
	setIndex  uint32 // its index in its Set + 1
	next      *Task  // link of the queue that holds it
	body      Body
	home      *Home
	trace     *trace   // nil unless the task is named, described or timed
	id        uint64   // all fields up to here, which each poll reads, are on one cache line
	joiners   WakerSet // the join slot: the wakers that finishing wakes
	outputErr *error   // the error of the output, or nil. A pointer takes one word where an error takes two
}

var _ core.Task = (*Task)(nil)

// ID returns the number that the host gave the task, or 0 before a host has accepted it.
func (t *Task) ID() uint64 { return t.id }

// SetName names the task for reports. The spawner calls it, before it spawns the task.
func (t *Task) SetName(name string) { t.traced().name = name }

// Name returns the name, or "" if none was set.
func (t *Task) Name() string {
	if t.trace == nil {
		return ""
	}
	return t.trace.name
}

// State returns the state at some instant during the call.
func (t *Task) State() State { return t.word.load().state() }

// Finished reports whether the task has ended and its output can be taken.
func (t *Task) Finished() bool { return t.word.load().has(finished) }

// AbortRequested reports whether a call of Abort has taken effect.
func (t *Task) AbortRequested() bool { return t.word.load().has(abortRequested) }

// CleansUp reports whether the task was aborted and its body knows it, so that everything it does now is
// clean-up: it is being dropped, or it is a [GracefulBody] that was told. A body that is aborted during a poll is
// mostly told after that poll. Only a poll or a drop of the task itself may call it.
func (t *Task) CleansUp() bool {
	w := t.word.load()
	if !w.has(abortRequested) {
		return false
	}
	g, ok := t.body.(GracefulBody)
	return w.state() == Cancelled || w.has(unwinding) || ok && g.AbortNoticed()
}

// Wake schedules the task for another poll; see [core.Waker].
func (t *Task) Wake() {
	if t.ForHost().MarkWoken() {
		t.home.Schedule(t)
	}
}

// Abort asks the task to end, and returns at once. The worker then drops the future, or unwinds the
// coroutine, and resolves the join after that. Abort has no effect on a task that has ended or was aborted
// before. It reports whether this call took effect.
func (t *Task) Abort() bool {
	act := t.abort()
	if act == actAbortPush {
		t.home.Schedule(t)
	}
	return act != actNone
}

// AbortOn is Abort for a caller that is in a poll: cx is its Context. Where that is the task's worker, and a
// [QueueingHost], the task goes into the worker's own queue, without an atomic hand-over.
func (t *Task) AbortOn(cx *core.Context) bool {
	act := t.abort()
	if act == actAbortPush {
		if h, ok := cx.Worker().(QueueingHost); !ok || !h.ScheduleHere(t) {
			t.home.Schedule(t)
		}
	}
	return act != actNone
}

// abort returns actAbortPush or actAbortMark if the abort has taken effect, and the body has been told, else actNone.
func (t *Task) abort() action {
	act := actAbortPush
	if !t.word.abortIdle() {
		act = t.word.transition(evAbort)
	}
	if act != actNone && t.word.load().has(graceful) {
		t.body.(GracefulBody).Aborted()
	}
	return act
}

// LocalValue returns the value that the body has for key, or nil. Only core.Context calls it.
func (t *Task) LocalValue(key any) any {
	if b, ok := t.body.(ValueBody); ok {
		return b.Value(key)
	}
	return nil
}

// LocalValues returns all values of the body. Only core.Context calls it.
func (t *Task) LocalValues() *core.Values {
	if b, ok := t.body.(ValueBody); ok {
		return b.Values()
	}
	return nil
}
