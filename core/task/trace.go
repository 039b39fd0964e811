package task

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
)

// A Trace is what is known of a task beyond its state: its name, and, if the host times it, what it
// runs, where it was spawned and what its time went into. Only tasks that are named or timed have
// one.
//
// What is no atomic is written before anybody else sees the task, but for ready, which is the
// runner's. The rest has one writer at a time, the one who has the task: who queues it, and then
// who polls it. Each is handed over with the task. They are atomics for those who only look.
type Trace struct {
	name  string
	body  string
	site  []uintptr
	timed bool
	ready time.Duration // how long it was ready before the poll under way

	polls                 atomic.Uint64
	busy, scheduled, idle atomic.Int64 // ns
	since                 atomic.Int64 // when it came into the state it is in, ns since the host's epoch
	waits                 atomic.Uint32
}

func (t *Task) traced() *Trace {
	if t.trace == nil {
		t.trace = &Trace{}
	}
	return t.trace
}

// Time makes t account for its time from now on, by the host's clock. site is where it was spawned,
// as by runtime.Callers. The host calls it before anybody else sees the task.
func (t *Task) Time(now time.Duration, site []uintptr) {
	tr := t.traced()
	tr.site, tr.timed = site, true
	tr.since.Store(int64(now))
	if d, ok := t.body.(Describer); ok {
		tr.body = d.Describe()
	} else {
		tr.body = fmt.Sprintf("%T", t.body)
	}
}

// Queued notes that the task, if it is timed, is not idle any more at now. The host calls it whenever a wake
// or a spawn has made the task ready, before it queues it. After a poll that is to be repeated nothing is to be noted:
// the task was not idle.
func (t *Task) Queued(now time.Duration) {
	if tr := t.trace; tr != nil && tr.timed {
		tr.enter(&tr.idle, now)
	}
}

// enter accounts for the time since the last change of state, and returns it.
func (tr *Trace) enter(total *atomic.Int64, now time.Duration) time.Duration {
	spent := int64(now) - tr.since.Load()
	total.Store(total.Load() + spent)
	tr.since.Store(int64(now))
	return time.Duration(spent)
}

// A TimingHost is a host that wants to know of each poll of a timed task how long the task was
// ready before it, and how long it took.
type TimingHost interface {
	core.Host
	TaskTimed(ready, busy time.Duration)
}

func (tr *Trace) began(cx *core.Context) {
	if tr.timed {
		tr.ready = tr.enter(&tr.scheduled, cx.Now())
	}
}

func (tr *Trace) ended(cx *core.Context) {
	if !tr.timed {
		return
	}
	busy := tr.enter(&tr.busy, cx.Now())
	tr.polls.Store(tr.polls.Load() + 1)
	tr.waits.Store(uint32(cx.Waiting()))
	if h, ok := cx.Worker().(TimingHost); ok {
		h.TaskTimed(tr.ready, busy)
	}
}

// Times is what a Trace has counted. The three times add up to the age of the task, less what it
// has spent in the state that it is in.
type Times struct {
	Body      string // what it runs: the type of a future, the name of a function
	Polls     uint64
	Busy      time.Duration // in polls
	Scheduled time.Duration // ready, in a queue
	Idle      time.Duration // waiting
	Since     time.Duration // when it came into the state that it is in, since the host's epoch
	Waits     core.Wait     // what the last poll said it waits for
	Site      []uintptr     // where it was spawned, as by runtime.Callers
}

// Times returns what was counted so far; ok is false if the task is not timed. The task may be
// moving on meanwhile, so the numbers may be those of neighbouring instants. Any goroutine.
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
