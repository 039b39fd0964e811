package task

import "github.com/moduvex/moduvex-go/core"

// Kill gives up a task that nobody polls, now or later, because no host has accepted it: its spawner calls it.
// The error, if not nil, is what the join reports beside ErrCancelled. A panic of Drop is contained. A
// Goexit is not: the caller, whose goroutine is ending, then calls Exited.
func (t *Task) Kill(cause error) { t.kill(nil, cause) }

// KillOn is Kill for a host that has accepted the task and closes. It calls it at shutdown, on the worker of cx,
// when the task's worker polls no more.
func (t *Task) KillOn(cx *core.Context, cause error) { t.kill(cx, cause) }

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
	if t.err == nil {
		t.err = &cancelled
	}
	t.report(cx)
	t.finish(evFinish, nil)
}

// dropContained drops the future, or closes it if cx is that of a host that closes. It calls failed with a panic,
// after which a Goexit may go on.
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
		cx.Begin(t)
		b.Close(cx)
	} else {
		t.body.Drop()
	}
	dropped = true
}
