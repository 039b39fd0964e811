package task

import (
	"time"

	"github.com/moduvex/moduvex-go/core"
)

// A HostView has the methods of a [Task] for its host, the code that queues and polls it. Each method documents its
// permitted callers.
type HostView Task

// ForHost returns the methods of t that only a host calls. It is a conversion.
func (t *Task) ForHost() *HostView { return (*HostView)(t) }

// A Scheduler takes tasks that have become ready to run.
type Scheduler interface {
	// Schedule puts t into a queue. It is called from any goroutine, once for each time that t
	// becomes Scheduled, and must not block nor run t.
	Schedule(t *Task)
}

// A Home is where tasks are queued when they become ready. All tasks of a worker share one, so that a task
// holds one word for it, and comparing pointers tells whether two tasks belong to the same worker.
type Home struct{ Scheduler }

// A QueueingHost is a host with a queue of its own, to which a task of the host adds without a hand-over.
type QueueingHost interface {
	core.Host
	// ScheduleHere is [Scheduler.Schedule] for a caller that is in a poll on this host. It returns false, and has
	// done nothing, if t belongs to another host.
	ScheduleHere(t *Task) bool
}

// A PanicHost is a host that is told of panics. Its methods must not panic.
type PanicHost interface {
	core.Host
	// TaskPanicked is called on the worker, just before t, which has panicked, ends.
	TaskPanicked(t *Task, err *PanicError)
	// WakerPanicked is called on the worker when the end of t has woken a waker that panicked.
	WakerPanicked(t *Task, err *PanicError)
}

// A TimingHost is a host that is told, after each poll of a timed task, how long the task was ready before
// it, and how long the poll took.
type TimingHost interface {
	core.Host
	TaskTimed(ready, busy time.Duration)
}

// Bind gives the task its home and its number. The host calls it once, when it accepts the task, before
// another goroutine can see the task.
func (v *HostView) Bind(home *Home, id uint64) { v.home, v.id = home, id }

// Home returns what Bind was given. Any goroutine.
func (v *HostView) Home() *Home { return v.home }

// MarkWoken is Wake for a caller that queues the task itself: it reports whether the caller must
// push the task to a queue now. Any goroutine.
func (v *HostView) MarkWoken() (push bool) { return v.word.wakeIdle() || v.word.wake() == actPush }

// IndexInSet returns what Set.RemoveAll takes for the task. Only the runner calls it, and only if no other
// goroutine removes the task meanwhile.
func (v *HostView) IndexInSet() uint32 { return v.setIndex }

// StartTiming makes the task account for its time from now on, by the host's clock. site is where it was
// spawned, as by runtime.Callers. The host calls it before another goroutine can see the task.
func (v *HostView) StartTiming(now time.Duration, site []uintptr) {
	v.Describe()
	tr := v.trace
	tr.site, tr.timed = site, true
	tr.since.Store(int64(now))
}

// Describe makes the task keep the description of its body, for Description. The host calls it before another goroutine
// can see the task.
func (v *HostView) Describe() {
	if tr := (*Task)(v).traced(); tr.body == "" {
		tr.body = describe(v.body)
	}
}

// Description returns the name of the task, or, if it has none, what Describe has kept: the name of its function or the
// type of its future. Any goroutine.
func (v *HostView) Description() string {
	switch {
	case v.trace == nil:
		return ""
	case v.trace.name != "":
		return v.trace.name
	}
	return v.trace.body
}

// MarkQueued notes that the task, if it is timed, is not idle any more at now. The host calls it when a wake
// or a spawn has made the task ready, before it queues the task. It does not call it after an Outcome of Again:
// the task was not idle.
func (v *HostView) MarkQueued(now time.Duration) {
	if tr := v.trace; tr != nil && tr.timed {
		tr.enter(&tr.idle, now)
	}
}
