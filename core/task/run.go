package task

import (
	"errors"

	"github.com/moduvex/moduvex-go/core"
)

// Run panics with these, and Kill with the last, if the caller broke the rule of one queue and one runner.
// They are no panics of the task, whose future another worker may be polling at the same time.
var (
	errNotScheduled = errors.New("task: run of a task that is not scheduled: it was in two queues")
	errNotRunning   = errors.New("task: the end of a poll of a task that is not running: it had two runners")
	errKillRunning  = errors.New("task: kill of a task that is being polled")
)

// Run polls the task once. Only the worker that took it from a queue calls it, and does what the Outcome
// says. Run does not recover a panic of the future, so that a host can recover once for many tasks: the host
// then calls Panicked, which ends the task.
//
// Where coroutines hand the worker on, Run ends the poll that has begun last, and the Outcome is that of its task: see Begin.
func (v *HostView) Run(cx *core.Context) core.Outcome {
	t := (*Task)(v)
	act := actPoll
	if !t.word.runUnaborted() {
		if t.word.runAborted() {
			return t.drop(cx)
		}
		act = t.word.transition(evRun)
	}
	if act != actPoll && act != actUnwind {
		return t.runUnpolled(act, cx)
	}
	cx.ForHost().Begin(t)
	if t.trace != nil {
		t.trace.pollBegins(cx)
	}
	var p Poll
	if act == actPoll {
		p = t.body.Poll(cx)
	} else {
		p = t.body.(GracefulBody).Unwind(cx)
	}
	if p == Over {
		return core.Parked
	}
	if now := cx.ForHost().Task(); now != core.Waker(t) { // coroutines have handed the worker on
		t = now.(*Task)
	}
	if t.trace != nil {
		t.trace.pollEnded(cx) // before the word gives the task to another goroutine
	}
	if p != Pending {
		return t.end(p, cx)
	}
	if cx.ForHost().Yielded() {
		if t.word.yieldUndisturbed() {
			return core.Again
		}
		return t.park(evYield, cx)
	}
	if t.word.pendUndisturbed() {
		return core.Parked
	}
	return t.park(evPending, cx)
}

// runUnpolled is Run of a task that is not to be polled.
func (t *Task) runUnpolled(act action, cx *core.Context) core.Outcome {
	switch act {
	case actDrop:
		return t.drop(cx)
	case actNone:
		return core.Done
	}
	panic(errNotScheduled)
}

// park is the end of a poll that returned pending, if something happened to the task meanwhile.
func (t *Task) park(e event, cx *core.Context) core.Outcome {
	switch t.word.transition(e) {
	case actNone:
		return core.Parked
	case actPush:
		return core.Again
	case actDrop:
		return t.drop(cx)
	}
	panic(errNotRunning)
}

// end is the end of a poll that has stored the output.
func (t *Task) end(p Poll, cx *core.Context) core.Outcome {
	if p == Panicked {
		t.reportPanic(cx)
	}
	end := Completed
	if p == Unwound {
		end = Cancelled
	}
	return t.wakeJoiners(t.word.end(end), cx)
}

// drop drops the future, then resolves the join: in this order, so that a joiner of an aborted task finds its
// resources released.
func (t *Task) drop(cx *core.Context) core.Outcome {
	t.body.Drop()
	if t.outputErr == nil {
		t.outputErr = &cancelled
	}
	return t.wakeJoiners(t.word.finish(), cx)
}

// finish applies e, an event that resolves the join, and wakes the joiners.
func (t *Task) finish(e event, cx *core.Context) core.Outcome {
	return t.wakeJoiners(t.word.transition(e), cx)
}

// wakeJoiners carries out act, the action of the event that resolved the join: it wakes the wakers of the join slot,
// through cx, or directly if cx is nil.
func (t *Task) wakeJoiners(act action, cx *core.Context) core.Outcome {
	switch act {
	case actInvalid:
		panic(errNotRunning)
	case actWakeJoiners:
		joiners := t.joiners.TakeAll()
		if cx != nil {
			joiners.WakeLater(cx.Worker())
		} else {
			joiners.Wake()
		}
	}
	return core.Done
}

// Begin begins a poll as Run does, and returns true. If it returns false it has done nothing, and the task is for Run. The
// caller lets the body go on, also if it was aborted: it is a [GracefulBody], whose Unwind is its Poll. The poll ends by End,
// EndBody, or the Run that has begun the last poll of the worker's goroutine.
func (v *HostView) Begin(cx *core.Context) bool {
	if v.Timed() {
		return false
	}
	if !v.word.runUnaborted() {
		if !v.word.load().has(graceful) {
			return false
		}
		if act := v.word.transition(evRun); act != actPoll && act != actUnwind {
			return false
		}
	}
	cx.ForHost().Begin((*Task)(v))
	return true
}

// End ends a poll that has returned pending. If it returns false it has done nothing: the poll ends when the body's
// Poll returns. It always does for a task that is timed.
func (v *HostView) End(cx *core.Context) (core.Outcome, bool) {
	if v.Timed() {
		return core.Parked, false
	}
	if cx.ForHost().Yielded() {
		return core.Again, v.word.yieldUndisturbed()
	}
	return core.Parked, v.word.pendUndisturbed()
}

// Timed reports whether the task is timed: then the Run that has begun a poll has to end it. Only the runner calls it.
func (v *HostView) Timed() bool { return v.trace != nil && v.trace.timed }

// EndBody ends the last poll of a body, which has stored its output: p is Ready or Unwound. It returns the wakers that the
// end is to wake.
func (v *HostView) EndBody(p Poll) (joiners WakerSet) {
	end := Completed
	if p == Unwound {
		end = Cancelled
	}
	switch v.word.end(end) {
	case actWakeJoiners:
		joiners = v.joiners.TakeAll()
	case actInvalid:
		panic(errNotRunning)
	}
	return joiners
}

// Body returns the body. Only the runner calls it.
func (v *HostView) Body() Body { return v.body }
