package executor

import (
	"fmt"

	"github.com/moduvex/moduvex-go/core/task"
)

// Every panic of user code that is contained is reported:
//
//	| where                                        | a join waits         | OnPanic | neither             |
//	|----------------------------------------------|----------------------|---------|---------------------|
//	| a poll, a body, a Drop, a deferred function; | JoinError            | called  | logged              |
//	| also of an aborted task, and at Close        |                      |         |                     |
//	| what the end of a task calls: JoinHandle.    | -                    | called  | logged              |
//	| OnEnd, wakers of joiners                     |                      |         |                     |
//	| a function on the blocking pool              | panics in its task   | as body | as body             |
//	| - whose task does not take the result        | -                    | called  | logged              |
//	| Drop of a future whose spawn was refused     | JoinError            | -       | -                   |
//
// All but the last are counted in Stats.Panicked, and end the process under Propagate. Elsewhere (a waker in the
// timer wheel, a context's AfterFunc, OnPanic itself) a panic is not contained, and ends the process.

// reportStray counts and reports a panic that no join reports.
func (rt *Runtime) reportStray(what string, info TaskInfo, err *task.PanicError) {
	rt.strayPanics.Add(1)
	switch {
	case rt.opts.OnPanic != nil:
		rt.opts.OnPanic(info, err)
	case rt.opts.Panics == Contain:
		rt.logPanic(what, info, err)
	}
}

// stray is reportStray for code that no worker runs, or that may be contained as part of other code; under Propagate
// it also ends the process.
func (rt *Runtime) stray(what string, info TaskInfo, err *task.PanicError) {
	rt.reportStray(what, info, err)
	if rt.opts.Panics == Propagate {
		go panic(&propagated{info, err})
	}
}

// A propagated is the value of a panic that continues outside its task. Its text has the stack of the task, which the
// traceback of the process does not show.
type propagated struct {
	task TaskInfo
	err  *task.PanicError
}

func (p *propagated) Error() string {
	return fmt.Sprintf("executor: %v: %v\n\n%s", p.task, p.err, p.err.Stack)
}

func (p *propagated) Unwrap() error { return p.err }
