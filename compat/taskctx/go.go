package taskctx

import (
	"context"
	"io"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// Go starts body as a task that ends with ctx, and returns its handle, as executor.Go(s, body) does. The end of ctx is to
// the task what an abort by the handle is:
//
//   - Every await fails, with a *coro.CancelError, which errors.Is matches with core.ErrCancelled, context.Cause(ctx) and
//     ctx.Err(). Deferred functions run, and coro.Shield lets them await.
//   - A body that ignores 1,000 of these in a row, with no shielded await in between, is unwound by force.
//   - The task is Cancelled: the join returns a *joinhandle.JoinError of what the body has returned, or of the
//     *coro.CancelError if it was unwound by force. If the body returns no error, or one that is not core.ErrCancelled, the
//     task is Completed, and the join returns that.
//
// The co of body has the values and the deadline of ctx. Awaits fail a moment after the end of ctx: see
// coro.NewWithContext, which makes these tasks.
//
// A task that the runtime accepts begins, also if ctx is done before: then its awaits fail from the first on. If the
// runtime refuses the task, nothing of it is left with ctx, as after every end of the task. Any goroutine may call Go. A
// nil ctx, s or body panics.
func Go[T any](ctx context.Context, s core.Spawner, body func(co *coro.Co) (T, error)) joinhandle.JoinHandle[T] {
	if ctx == nil || body == nil {
		panicNil("Go", ctx)
	}
	return start("Go", s, coro.NewWithContext(ctx, body))
}

// Do is [Go] for a body that returns an error only.
func Do(ctx context.Context, s core.Spawner, body func(co *coro.Co) error) joinhandle.JoinHandle[struct{}] {
	if ctx == nil || body == nil {
		panicNil("Do", ctx)
	}
	return start("Do", s, coro.NewDoWithContext[struct{}](ctx, body))
}

// GoOwning is [Go] for a body that takes r over, as executor.GoOwning is for executor.Go: from its first line on the body
// owns r and closes it with a defer, also if ctx is done before it begins. If the runtime refuses the task, GoOwning
// closes r before it returns.
func GoOwning[T any](ctx context.Context, s core.Spawner, r io.Closer, body func(co *coro.Co) (T, error)) joinhandle.JoinHandle[T] {
	if ctx == nil || body == nil {
		panicNil("GoOwning", ctx)
	}
	return start("GoOwning", s, coro.NewOwningWithContext(ctx, r, body))
}

// DoOwning is [GoOwning] for a body that returns an error only.
func DoOwning(ctx context.Context, s core.Spawner, r io.Closer, body func(co *coro.Co) error) joinhandle.JoinHandle[struct{}] {
	if ctx == nil || body == nil {
		panicNil("DoOwning", ctx)
	}
	return start("DoOwning", s, coro.NewDoOwningWithContext[struct{}](ctx, r, body))
}

func panicNil(call string, ctx context.Context) {
	if ctx == nil {
		panic("taskctx: " + call + " with a nil Context")
	}
	panic("taskctx: " + call + " of a nil body")
}

// start is the last step of all these calls.
func start[T any](call string, s core.Spawner, slot *task.Slot[T]) joinhandle.JoinHandle[T] {
	if s == nil {
		slot.ForHost().Kill(core.ErrCancelled) // closes what the body was to own
		panic("taskctx: " + call + " with a nil Spawner")
	}
	return joinhandle.Start(s, slot)
}
