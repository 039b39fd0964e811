package task

import "github.com/moduvex/moduvex-go/core"

// Panicked ends a task whose Run panicked. The host calls it on the same worker with the recovered value and
// the stack at the panic. Panicked drops the future. It recovers a panic of that Drop and joins it to the
// error. It joins a Goexit of the Drop to the error too, but the Goexit continues: the task has ended then, but
// Panicked does not return, nor does Exited. A panic of Run itself, caused by a host that broke the rules,
// continues.
func (v *HostView) Panicked(cx *core.Context, value any, stack []byte) core.Outcome {
	if value == errNotScheduled || value == errNotRunning {
		panic(value)
	}
	t := (*Task)(v)
	pe := asPanicError(value, stack)
	return t.fail(cx, pe, func(err error) {
		both := *pe // a copy: pe may be another task's, passed on
		both.InDrop = err
		t.setError(&both)
	})
}

// Exited is Panicked for a Run that ended its goroutine with runtime.Goexit: the join reports
// core.ErrGoexit.
func (v *HostView) Exited(cx *core.Context) core.Outcome {
	t := (*Task)(v)
	return t.fail(cx, core.ErrGoexit, t.setError)
}

// Kill gives up a task that no host has accepted, so that no worker polls it now or later. Its spawner calls it.
// The join reports cause, or core.ErrCancelled if cause is nil. Kill recovers a panic of Drop. It does not stop
// a Goexit: the caller, whose goroutine is ending, then calls Exited.
func (v *HostView) Kill(cause error) { (*Task)(v).kill(nil, cause) }

// KillOn is Kill for a host that has accepted the task and closes. The host calls it on the worker of cx, when
// the task's worker polls no more.
func (v *HostView) KillOn(cx *core.Context, cause error) { (*Task)(v).kill(cx, cause) }

func (t *Task) kill(cx *core.Context, cause error) {
	switch t.word.transition(evKill) {
	case actDrop:
	case actInvalid:
		panic(errKillRunning)
	default:
		return
	}
	t.setError(cause)
	t.dropContained(cx, func(pe *PanicError) { t.setError(pe) })
	if t.outputErr == nil {
		t.outputErr = &cancelled
	}
	t.reportPanic(cx)
	t.finish(evFinish, nil)
}

// fail ends a task whose Run ended with err, a panic or a Goexit. It calls inDrop with what happened in the
// Drop of the future, if that did not return either.
func (t *Task) fail(cx *core.Context, err error, inDrop func(error)) (out core.Outcome) {
	w := t.word.load()
	if w.has(finished) { // the task had ended: a joiner's waker has panicked
		if pe, ok := err.(*PanicError); ok {
			if h, ok := cx.Worker().(PanicHost); ok {
				h.WakerPanicked(t, pe)
			}
		}
		return core.Done
	}
	if w.state() == Cancelled { // Drop itself failed: it is not called again
		if _, ok := t.error().(*PanicError); !ok || err != core.ErrGoexit { // else a Goexit continued after a panic
			t.setError(err)
		}
		t.reportPanic(cx)
		return t.finish(evFinish, cx)
	}
	t.setError(err)
	exited := true
	defer func() { // a Goexit of Drop cannot be stopped, but the task ends before the goroutine does
		if exited {
			inDrop(core.ErrGoexit)
		}
		t.reportPanic(cx)
		out = t.finish(evPanic, cx)
	}()
	t.dropContained(nil, func(pe *PanicError) {
		inDrop(pe)
		exited = false
	})
	exited = false
	return core.Done
}

// dropContained drops the future, or closes it if cx is that of a host that closes. It calls failed with a panic,
// after which a Goexit may continue.
func (t *Task) dropContained(cx *core.Context, failed func(*PanicError)) {
	dropped := false
	defer func() {
		v := recover()
		if dropped {
			return
		}
		if pe := Recovered(v); pe != nil {
			failed(pe)
		}
	}()
	if b, ok := t.body.(ClosingBody); ok && cx != nil {
		cx.ForHost().Begin(t)
		b.Close(cx)
	} else {
		t.body.Drop()
	}
	dropped = true
}

// reportPanic tells the host of cx, if it is a PanicHost, of the panic that the task ends with, if it does.
func (t *Task) reportPanic(cx *core.Context) {
	if cx == nil {
		return
	}
	if err, ok := t.error().(*PanicError); ok {
		if h, ok := cx.Worker().(PanicHost); ok {
			h.TaskPanicked(t, err)
		}
	}
}
