package taskctx

import (
	"context"
	"io"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// Go starts body as a task that ends with ctx, and returns its handle, as executor.Go(s, body) does. body runs in a
// [coro.WithContext] scope: once ctx is done, its awaits fail with a *coro.CancelError, its deferred functions run, and the
// join returns the error of body. If that is the error of the await, errors.Is matches it with context.Cause(ctx),
// ctx.Err() and core.ErrCancelled. The co of body has the values and the deadline of ctx.
//
// A task that the runtime accepts begins, also if ctx is done before: then its awaits fail from the first on. If the
// runtime refuses the task, nothing of it is left with ctx, as after every end of the task.
//
// The end of ctx cancels the task, it does not abort it: a body that ignores the errors of its awaits runs on until
// the handle's Abort, or the runtime, ends it. Any goroutine may call Go. A nil ctx, s or body panics.
func Go[T any](ctx context.Context, s core.Spawner, body func(co *coro.Co) (T, error)) joinhandle.JoinHandle[T] {
	if ctx == nil || body == nil {
		panicNil("Go", ctx)
	}
	return start("Go", s, coro.NewCalling(body, within(ctx, body)))
}

// Do is [Go] for a body that returns an error only.
func Do(ctx context.Context, s core.Spawner, body func(co *coro.Co) error) joinhandle.JoinHandle[struct{}] {
	if ctx == nil || body == nil {
		panicNil("Do", ctx)
	}
	return start("Do", s, coro.NewCalling(body, withinDo(ctx, body)))
}

// GoOwning is [Go] for a body that takes r over, as executor.GoOwning is for executor.Go: from its first line on the body
// owns r and closes it with a defer, also if ctx is done before it begins. If the runtime refuses the task, GoOwning
// closes r before it returns.
func GoOwning[T any](ctx context.Context, s core.Spawner, r io.Closer, body func(co *coro.Co) (T, error)) joinhandle.JoinHandle[T] {
	if ctx == nil || body == nil {
		panicNil("GoOwning", ctx)
	}
	return start("GoOwning", s, coro.NewCallingOwning(r, body, within(ctx, body)))
}

// DoOwning is [GoOwning] for a body that returns an error only.
func DoOwning(ctx context.Context, s core.Spawner, r io.Closer, body func(co *coro.Co) error) joinhandle.JoinHandle[struct{}] {
	if ctx == nil || body == nil {
		panicNil("DoOwning", ctx)
	}
	return start("DoOwning", s, coro.NewCallingOwning(r, body, withinDo(ctx, body)))
}

func panicNil(call string, ctx context.Context) {
	if ctx == nil {
		panic("taskctx: " + call + " with a nil Context")
	}
	panic("taskctx: " + call + " of a nil body")
}

// within returns the body of a task that runs body in the scope of ctx. Only that scope knows ctx, so a task that never
// begins leaves nothing with it.
func within[T any](ctx context.Context, body func(co *coro.Co) (T, error)) func(co *coro.Co) (T, error) {
	return func(co *coro.Co) (value T, err error) {
		err = coro.WithContext(co, ctx, func(co *coro.Co) (err error) {
			value, err = body(co)
			return err
		})
		return value, err
	}
}

func withinDo(ctx context.Context, body func(co *coro.Co) error) func(co *coro.Co) (struct{}, error) {
	return func(co *coro.Co) (struct{}, error) { return struct{}{}, coro.WithContext(co, ctx, body) }
}

// start is the last step of all these calls.
func start[T any](call string, s core.Spawner, slot *task.Slot[T]) joinhandle.JoinHandle[T] {
	if s == nil {
		slot.ForHost().Kill(core.ErrCancelled) // closes what the body was to own
		panic("taskctx: " + call + " with a nil Spawner")
	}
	return joinhandle.Start(s, slot)
}
