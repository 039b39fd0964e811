package task

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
)

// A trace holds the name of a task and, if the host wants it, the description of its body; if the host times the task, also
// the place where it was spawned, and the time that it has spent in each state. Only tasks that are named, described or
// timed have one.
//
// The fields that are not atomic are written before another goroutine sees the task, except for ready,
// which the runner writes. Each atomic has one writer at a time, the goroutine that has the task: first
// the one that queues it, then the one that polls it. They are atomics for the readers in Times.
type trace struct {
	name  string
	body  string
	site  []uintptr
	timed bool
	ready time.Duration // how long the task was ready before the current poll

	polls                 atomic.Uint64
	busy, scheduled, idle atomic.Int64 // ns
	since                 atomic.Int64 // when it came into its state, ns since the host's epoch
	waits                 atomic.Uint32
}

func (t *Task) traced() *trace {
	if t.trace == nil {
		t.trace = &trace{}
	}
	return t.trace
}

// describe returns what b runs.
func describe(b Body) string {
	if d, ok := b.(Describer); ok {
		return d.Describe()
	}
	return fmt.Sprintf("%T", b)
}

// enter adds the time since the last change of state to total, and returns it.
func (tr *trace) enter(total *atomic.Int64, now time.Duration) time.Duration {
	spent := int64(now) - tr.since.Load()
	total.Store(total.Load() + spent)
	tr.since.Store(int64(now))
	return time.Duration(spent)
}

func (tr *trace) pollBegins(cx *core.Context) {
	if tr.timed {
		tr.ready = tr.enter(&tr.scheduled, cx.Now())
	}
}

func (tr *trace) pollEnded(cx *core.Context) {
	if !tr.timed {
		return
	}
	busy := tr.enter(&tr.busy, cx.Now())
	tr.polls.Store(tr.polls.Load() + 1)
	tr.waits.Store(uint32(cx.ForHost().Waiting()))
	if h, ok := cx.Worker().(TimingHost); ok {
		h.TaskTimed(tr.ready, busy)
	}
}

// Times is how a timed task has spent its time. The three durations add up to the age of the task, less the
// time since it came into its present state.
type Times struct {
	Body      string // what it runs: the type of a future or the name of a function
	Polls     uint64
	Busy      time.Duration // in polls
	Scheduled time.Duration // ready, in a queue
	Idle      time.Duration // waiting
	Since     time.Duration // when it came into its present state, since the host's epoch
	Waits     core.Wait     // what the last poll has said it waits for
	Site      []uintptr     // where it was spawned, as by runtime.Callers
}

// Times returns what was counted so far; ok is false if the task is not timed. The task may move on during
// the call, so the numbers may be of neighbouring instants. Any goroutine.
func (t *Task) Times() (ts Times, ok bool) {
	tr := t.trace
	if tr == nil || !tr.timed {
		return ts, false
	}
	return Times{
		Body:      tr.body,
		Polls:     tr.polls.Load(),
		Busy:      time.Duration(tr.busy.Load()),
		Scheduled: time.Duration(tr.scheduled.Load()),
		Idle:      time.Duration(tr.idle.Load()),
		Since:     time.Duration(tr.since.Load()),
		Waits:     core.Wait(tr.waits.Load()),
		Site:      tr.site,
	}, true
}
