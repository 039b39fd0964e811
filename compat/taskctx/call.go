package taskctx

import (
	"context"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
)

// Call runs body as a task that ends with ctx, as [Go] does, blocks the calling goroutine until the task has ended, and
// returns what the join returns. So nothing of the task outlives the call, as for a function that takes ctx: an HTTP
// handler passes the context of its request. If ctx is done first, the error is a *joinhandle.JoinError, which matches
// context.Cause(ctx) if body returns the error of its await. (JoinHandle.Wait(ctx) returns at the end of ctx while the
// task still cleans up.)
//
// Call is for goroutines outside the runtime. Inside a task, where it would block a worker, it starts nothing and returns
// an error that wraps core.ErrNested: a task calls [coro.WithContext]. A nil ctx, s or body panics.
func Call[T any](ctx context.Context, s core.Spawner, body func(co *coro.Co) (T, error)) (T, error) {
	if ctx == nil || body == nil {
		panicNil("Call", ctx)
	}
	if coro.Inside() {
		var zero T
		return zero, errNested
	}
	h := start("Call", s, coro.NewWithContext(ctx, body))
	<-h.Done() // at once for a task that was refused
	r, _ := h.TryJoin()
	return r.Value, r.Err
}

// errNested is the error of a Call inside a task.
var errNested error = nestedError{}

type nestedError struct{}

func (nestedError) Error() string {
	return "taskctx: Call inside a task, whose worker it would block: use coro.WithContext"
}

func (nestedError) Unwrap() error { return core.ErrNested }
