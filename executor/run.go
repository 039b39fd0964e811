package executor

import (
	"context"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// Main makes a runtime, runs body in it as a task, closes the runtime, and returns the error of body. Tasks that body
// leaves behind are dropped. It is the main function of a program that lives in one runtime:
//
//	func main() {
//		err := executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error { ... })
//		...
//
// The rest is as for [BlockOn]. Errors of [New] are returned.
func Main(ctx context.Context, opts Options, body func(co *coro.Co) error) error {
	if body == nil {
		panic("executor: Main with a nil body")
	}
	_, err := run(ctx, "Main", opts, coro.NewDo[struct{}](body))
	return err
}

// Run is [Main] for a body that returns a value too.
func Run[T any](ctx context.Context, opts Options, body func(co *coro.Co) (T, error)) (T, error) {
	if body == nil {
		panic("executor: Run with a nil body")
	}
	return run(ctx, "Run", opts, coro.New(body))
}

// run is Run of the body in slot; name is the function that the program called.
func run[T any](ctx context.Context, name string, opts Options, slot *task.Slot[T]) (value T, err error) {
	if insideTask() {
		return value, errNested(name, "start a task of this runtime with Go or Do")
	}
	rt, err := New(opts)
	if err != nil {
		return value, err
	}
	defer func() {
		if e := rt.Close(); err == nil {
			err = e
		}
	}()
	return wait(ctx, rt, "the body of "+name, slot)
}

// BlockOn makes f a task of rt, blocks the calling goroutine until it has ended, and returns its output.
// Other tasks run on afterwards.
//
// If ctx is done first, the task is aborted, and BlockOn returns ctx's cause once it has ended. A panic of the task
// panics here, with an error whose text has the stack of the task, and which wraps its *task.PanicError; a body that
// returns the error of another task's panic has not panicked. A call inside a task returns core.ErrNested, and f is
// dropped; a call in a bubble of testing/synctest returns [ErrBubble].
func BlockOn[T any](ctx context.Context, rt *Runtime, f core.Future[T]) (T, error) {
	if f == nil {
		panic("executor: BlockOn with a nil Future")
	}
	if insideTask() {
		core.Drop(f)
		var zero T
		return zero, errNested("BlockOn", "await the future with coro.Await")
	}
	if inBubble() {
		core.Drop(f)
		var zero T
		return zero, ErrBubble
	}
	return wait(ctx, rt, "the future of BlockOn", task.New(f))
}

// wait runs the task in slot, and panics if the task panics; not if its body returns the error of another task's panic.
// The panic calls the task what, unless it has a name.
func wait[T any](ctx context.Context, rt *Runtime, what string, slot *task.Slot[T]) (T, error) {
	h := joinhandle.New(slot)
	ended := h.Done() // before the task can end: it is a join, so no panic is logged
	if err := rt.Spawn(&slot.Task); err != nil {
		slot.ForHost().Kill(err)
	}
	var cause error
	select {
	case <-ended:
	case <-ctx.Done():
		if h.Abort() {
			cause = context.Cause(ctx)
		}
		<-ended
	}
	info, state := infoOf(&slot.Task), slot.State()
	v, failed, _, err := slot.TakeEnd()
	if !failed {
		return v, err
	}
	if p, ok := err.(*task.PanicError); ok {
		if info.Name == "" {
			info.Name = what
		}
		panic(&propagated{info, p})
	}
	if state == task.Cancelled && cause != nil {
		return v, cause
	}
	return v, &joinhandle.JoinError{ID: info.ID, Cause: err}
}
