package task

import (
	"errors"

	"github.com/moduvex/moduvex-go/core"
)

// A Body is what a task runs. The cell implements it around a future; package coro around a
// coroutine.
type Body interface {
	// Poll drives the body once. Only the runner calls it.
	Poll(cx *core.Context) Poll
	// Drop gives the body up. The runner calls it once, in place of a Poll that would end it.
	Drop()
}

// A GracefulBody unwinds by being polled: an abort does not drop it, it is told of the abort and
// polled until it has ended. Drop is still the way to give it up at once.
type GracefulBody interface {
	Body
	// Unwind is the Poll that tells the body of the abort. Later ones are ordinary.
	Unwind(cx *core.Context) Poll
	// Aborted is called by the goroutine whose abort took, before the task is scheduled for it,
	// at most once and possibly during a Poll.
	Aborted()
	// Told reports, during a Poll, whether the body has noticed the abort before it was told by Unwind.
	Told() bool
}

// A ClosingBody is a Body that a host does not drop when it closes: it is told of the end on a worker, with the
// context of that.
type ClosingBody interface {
	Body
	// Close gives the body up at once, as Drop does, and may run code of it that needs a Context. It is
	// called in place of a Drop, for a task that a host has accepted.
	Close(cx *core.Context)
}

// A Describer is a Body that can say what it runs, better than by its type.
type Describer interface {
	Body
	// Describe is called once at most, before the first Poll.
	Describe() string
}

// A Poll is the outcome of one poll of a [Body]. For every outcome but Pending, the Body has stored its output.
type Poll uint8

const (
	// Pending: the waker will be woken.
	Pending Poll = iota
	// Ready: the output is stored.
	Ready
	// Unwound: the body has ended because it was aborted.
	Unwound
	// Panicked: the body contained a panic itself and has stored the error.
	Panicked
)

// String returns the outcome's name.
func (p Poll) String() string {
	if int(p) < len(pollNames) {
		return pollNames[p]
	}
	return "invalid"
}

var pollNames = [...]string{"pending", "ready", "unwound", "panicked"}

// A Scheduler takes tasks that have become ready to run.
type Scheduler interface {
	// Schedule puts t into a queue. It is called from any goroutine, once for each time that t
	// becomes Scheduled, and must not block nor run t.
	Schedule(t *Task)
}

// A Home is where tasks go when they become ready: one for all tasks of a worker, so that a task
// holds one word for it, and two tasks of one worker are told by comparing pointers.
type Home struct{ Scheduler }

// A Task is the header that all cells share. Its methods say who may call them.
type Task struct {
	word  atomicWord
	index uint32 // place in its Set + 1
	next  *Task  // link of the queue that holds it
	body  Body   // the cell, for its methods
	home  *Home
	trace *Trace   // nil unless there is more to know than the state
	id    uint64   // so far what each poll looks at: a line of the cache
	join  WakerSet // the join slot: those that wait for the end
	err   *error   // why the output is not a value; nil if it is: most do not need the second word
}

var _ core.Runnable = (*Task)(nil)

// cancelled is what err points at in most tasks that have one.
var cancelled = core.ErrCancelled

func (t *Task) setError(err error) {
	switch err {
	case nil:
		t.err = nil
	case core.ErrCancelled:
		t.err = &cancelled
	default:
		other := err // a variable of its own, or every call would allocate one
		t.err = &other
	}
}

func (t *Task) error() error {
	if t.err == nil {
		return nil
	}
	return *t.err
}

// Bind gives the task its home and its number. The host calls it once, before anybody else can
// see the task.
func (t *Task) Bind(home *Home, id uint64) { t.home, t.id = home, id }

// ID returns the number that the host gave the task.
func (t *Task) ID() uint64 { return t.id }

// Home returns what Bind was given.
func (t *Task) Home() *Home { return t.home }

// SetName names the task for reports. Only before it is spawned.
func (t *Task) SetName(name string) { t.traced().name = name }

// Name returns the name, or "" if none was set. Any goroutine.
func (t *Task) Name() string {
	if t.trace == nil {
		return ""
	}
	return t.trace.name
}

// State returns the state at some instant during the call. Any goroutine.
func (t *Task) State() State { return t.word.load().state() }

// Finished reports whether the join is resolved. Any goroutine.
func (t *Task) Finished() bool { return t.word.load().has(finished) }

// AbortRequested reports whether Abort took. Any goroutine.
func (t *Task) AbortRequested() bool { return t.word.load().has(abortRequested) }

// CleansUp reports whether the task was aborted and knows it, so that what it does now is clean-up: it is being
// dropped, or it is a [GracefulBody] that has been told. What is aborted while it is polled is mostly told after
// that poll. Only in a poll or a drop of the task.
func (t *Task) CleansUp() bool {
	w := t.word.load()
	if !w.has(abortRequested) {
		return false
	}
	g, ok := t.body.(GracefulBody)
	return w.state() == Cancelled || w.has(unwinding) || ok && g.Told()
}

// Wake schedules the task for another poll; see [core.Waker].
func (t *Task) Wake() {
	if t.Notify() {
		t.home.Schedule(t)
	}
}

// Notify is Wake for a caller that queues the task itself: it returns true if the caller must
// push the task to a queue now.
func (t *Task) Notify() bool { return t.word.wakeIdle() || t.word.wake() == actPush }

// Abort asks the task to end. It returns at once; the worker drops the future, or unwinds the
// coroutine, and the join resolves after that. Aborting a task that has ended or was aborted
// changes nothing. It reports whether this call was the one that took. Any goroutine.
func (t *Task) Abort() bool {
	act := t.word.transition(evAbort)
	if act != actAbortPush && act != actAbortMark {
		return false
	}
	if g, ok := t.body.(GracefulBody); ok {
		g.Aborted()
	}
	if act == actAbortPush {
		t.home.Schedule(t)
	}
	return true
}

// Run polls the task once. Only the worker that took it from a queue calls it. A panic of the
// future is not recovered here, so that a host can recover once for many tasks: it then calls
// Panicked, which ends the task.
func (t *Task) Run(cx *core.Context) core.Outcome {
	var r Poll
	act := actPoll
	if !t.word.runUnaborted() {
		act = t.word.transition(evRun)
	}
	switch act {
	case actPoll:
		cx.Begin(t)
		if t.trace != nil {
			t.trace.began(cx)
		}
		r = t.body.Poll(cx)
	case actUnwind:
		cx.Begin(t)
		if t.trace != nil {
			t.trace.began(cx)
		}
		r = t.body.(GracefulBody).Unwind(cx)
	case actDrop:
		return t.drop(cx)
	case actNone:
		return core.Done
	default:
		panic(errNotScheduled)
	}
	if t.trace != nil {
		t.trace.ended(cx) // before the word lets somebody else have the task
	}
	if r == Pending {
		event := evPending
		if cx.Yielded() {
			if t.word.yieldUndisturbed() {
				return core.Again
			}
			event = evYield
		} else if t.word.pendUndisturbed() {
			return core.Parked
		}
		switch t.word.transition(event) {
		case actNone:
			return core.Parked
		case actPush:
			return core.Again
		case actDrop:
			return t.drop(cx)
		default:
			panic(errNotRunning)
		}
	}
	if r == Panicked {
		t.report(cx)
	}
	end := Completed
	if r == Unwound {
		end = Cancelled
	}
	return t.resolve(t.word.end(end), cx)
}

// A PanicHost is a host that wants to know of panics. TaskPanicked is called on the worker, just
// before the task ends; WakerPanicked, where a waker panicked that was woken by the end of t. They must not
// panic themselves.
type PanicHost interface {
	core.Host
	TaskPanicked(t *Task, err *PanicError)
	WakerPanicked(t *Task, err *PanicError)
}

func (t *Task) report(cx *core.Context) {
	if cx == nil {
		return
	}
	if err, ok := t.error().(*PanicError); ok {
		if h, ok := cx.Worker().(PanicHost); ok {
			h.TaskPanicked(t, err)
		}
	}
}

// drop drops the future, then resolves the join: in this order, so that whoever joins an aborted
// task finds its resources released.
func (t *Task) drop(cx *core.Context) core.Outcome {
	t.body.Drop()
	if t.err == nil {
		t.err = &cancelled
	}
	return t.finish(evFinish, cx)
}

func (t *Task) finish(e event, cx *core.Context) core.Outcome {
	return t.resolve(t.word.transition(e), cx)
}

// resolve does what finishing the join asks for: it wakes the joiner, through cx, or directly
// where there is none.
func (t *Task) resolve(act action, cx *core.Context) core.Outcome {
	switch act {
	case actInvalid:
		panic(errNotRunning)
	case actWakeJoiner:
		joiners := t.join.TakeAll()
		if cx != nil {
			joiners.WakeLater(cx.Worker())
		} else {
			joiners.Wake()
		}
	}
	return core.Done
}

// What Run and Kill panic with when their caller broke the law of one queue and one runner. It is
// no panic of the task, whose future another worker may be polling this instant.
var (
	errNotScheduled = errors.New("task: run of a task that is not scheduled: it was in two queues")
	errNotRunning   = errors.New("task: the end of a poll of a task that is not running: it had two runners")
	errKillRunning  = errors.New("task: kill of a task that is being polled")
)

// Panicked ends a task whose Run panicked. The host calls it on the same worker with the
// recovered value and the stack at the panic. The future is dropped; a panic of that Drop is
// contained and joined to the error. A Goexit of it is joined to the error too, and goes on: Panicked
// does not return then, though the task has ended, nor does Exited. A panic of Run itself, for a host
// that broke the rules, goes on.
func (t *Task) Panicked(cx *core.Context, value any, stack []byte) core.Outcome {
	if value == errNotScheduled || value == errNotRunning {
		panic(value)
	}
	pe := asPanicError(value, stack)
	return t.fail(cx, pe, func(err error) {
		both := *pe // which may be another task's, passed on
		both.InDrop = err
		t.setError(&both)
	})
}

// Exited is Panicked for a Run that ended its goroutine with runtime.Goexit: the join reports
// core.ErrGoexit.
func (t *Task) Exited(cx *core.Context) core.Outcome {
	return t.fail(cx, core.ErrGoexit, t.setError)
}

func (t *Task) fail(cx *core.Context, err error, inDrop func(error)) (out core.Outcome) {
	w := t.word.load()
	if w.has(finished) {
		if pe, ok := err.(*PanicError); ok { // of a joiner's waker; the task itself is over
			if h, ok := cx.Worker().(PanicHost); ok {
				h.WakerPanicked(t, pe)
			}
		}
		return core.Done
	}
	if w.state() == Cancelled { // Drop itself failed: it has had its one call
		if _, ok := t.error().(*PanicError); !ok || err != core.ErrGoexit { // else it is a Goexit that went on after a panic
			t.setError(err)
		}
		t.report(cx)
		return t.finish(evFinish, cx)
	}
	t.setError(err)
	left := true
	defer func() { // a Goexit of Drop cannot be stopped, but the task ends before the goroutine does
		if left {
			inDrop(core.ErrGoexit)
		}
		t.report(cx)
		out = t.finish(evPanic, cx)
	}()
	t.dropContained(nil, func(pe *PanicError) {
		inDrop(pe)
		left = false
	})
	left = false
	return core.Done
}
