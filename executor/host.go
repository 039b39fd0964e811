package executor

import (
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
	"github.com/moduvex/moduvex-go/executor/internal/drain"
)

// This file is the view of a worker that its tasks have during a poll. All of it runs on the worker but Schedule, and,
// where tasks move, Arm and Disarm.

var (
	_ coro.Host         = (*worker)(nil)
	_ core.KeptHost     = (*worker)(nil)
	_ core.MovingHost   = (*worker)(nil)
	_ task.Scheduler    = (*worker)(nil)
	_ task.PanicHost    = (*worker)(nil)
	_ task.QueueingHost = (*worker)(nil)
	_ task.TimingHost   = (*worker)(nil)
	_ drain.Host        = (*worker)(nil)
)

// Schedule takes a task that is bound to this worker and has become ready. Any goroutine.
func (w *worker) Schedule(t *task.Task) {
	if w.timing.all {
		t.ForHost().MarkQueued(w.Now())
	}
	notify, ok := w.inbox.Push(t)
	if !ok {
		return // the worker is closing, and kills the task
	}
	if notify {
		w.notify()
	} else {
		w.endSpin()
	}
}

// asOwnTask returns k as a task that this worker may queue, or nil.
func (w *worker) asOwnTask(k core.Waker) *task.Task {
	t, ok := k.(*task.Task)
	if !ok {
		return nil
	}
	if h := t.ForHost().Home(); h == &w.home || h == w.unbound {
		return t
	}
	return nil
}

// Wake puts a task that another task wakes into the slot: its data is likely to be in the cache.
func (w *worker) Wake(k core.Waker) {
	t := w.asOwnTask(k)
	if t == nil {
		k.Wake()
		return
	}
	if t.ForHost().MarkWoken() {
		w.counts.wakesLocal++
		if w.timing.all {
			t.ForHost().MarkQueued(w.Now())
		}
		w.ready.PutFirst(t)
	}
}

// WakeLater puts a task behind the others. It also serves I/O and timers, which wake many tasks at a time: first come,
// first served.
func (w *worker) WakeLater(k core.Waker) {
	t := w.asOwnTask(k)
	if t == nil {
		k.Wake()
		return
	}
	if t.ForHost().MarkWoken() {
		w.counts.wakesLocal++
		if w.timing.all {
			t.ForHost().MarkQueued(w.Now())
		}
		w.ready.PushWoken(t)
	}
}

// ScheduleHere implements task.QueueingHost. Like WakeLater, it puts the task behind the others.
func (w *worker) ScheduleHere(t *task.Task) bool {
	if w.asOwnTask(t) == nil {
		return false
	}
	w.counts.wakesLocal++
	if w.timing.all {
		t.ForHost().MarkQueued(w.Now())
	}
	w.ready.PushWoken(t)
	return true
}

// Now reads the clock.
func (w *worker) Now() time.Duration { return w.rt.now() }

// Epoch is when the runtime was made.
func (w *worker) Epoch() time.Time { return w.rt.epoch }

// Arm implements core.Host.
func (w *worker) Arm(e *wheel.Entry, at time.Duration) { w.timers.arm(e, at) }

// Disarm implements core.Host.
func (w *worker) Disarm(e *wheel.Entry) { w.timers.disarm(e) }

// Shares implements core.MovingHost.
func (w *worker) Shares(other core.Host) bool {
	o := workerAs(other)
	return o != nil && o.rt == w.rt && w.ready.Stealer != nil
}

// Rand implements core.Host.
func (w *worker) Rand() uint64 { return w.rand.Uint64() }

// IO returns the worker's *reactor.Reactor.
func (w *worker) IO() any { return w.reactor }

// Coroutines implements coro.Host.
func (w *worker) Coroutines() *coro.Pool { return w.pool }

// TaskPanicked implements task.PanicHost.
func (w *worker) TaskPanicked(t *task.Task, err *task.PanicError) {
	w.counts.panicked++
	info := infoOf(t)
	switch {
	case w.rt.opts.OnPanic != nil:
		w.rt.opts.OnPanic(info, err)
	case w.rt.opts.Panics == Contain && !t.ForHost().Joined():
		w.rt.logPanic("executor: a task panicked", info, err)
	}
	if w.rt.opts.Panics == Propagate {
		w.fatal = &propagated{info, err}
	}
}

// WakerPanicked implements task.PanicHost.
func (w *worker) WakerPanicked(t *task.Task, err *task.PanicError) {
	w.rt.reportStray("executor: what the end of a task calls panicked", infoOf(t), err)
	if w.rt.opts.Panics == Propagate {
		w.fatal = &propagated{infoOf(t), err}
	}
}
