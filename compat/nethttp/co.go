package nethttp

import (
	"context"
	"net/http"

	"github.com/moduvex/moduvex-go/compat/nethttp/internal/exchange"
	"github.com/moduvex/moduvex-go/compat/taskctx"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// Co returns the Co of the task that serves the request with the context ctx, or nil if no task does: if the exchange is
// not [Tasks], or the request came over TLS or by HTTP/2. ctx may be derived from the context of the request. Only the goroutine of the
// handler may await with the Co; its awaits end when the task is aborted, and not when the peer disconnects. For that, open a
// scope:
//
//	err := coro.WithContext(co, r.Context(), func(co *coro.Co) error { ... })
//
// [Await] is for handlers that run in either exchange.
func Co(ctx context.Context) *coro.Co { return exchange.Co(ctx) }

// Await runs body for the handler of r, and returns what body returns: in the task of the handler if it runs in one, else in
// a task of rt, for which it blocks the goroutine. So a handler that awaits in it works in both exchanges, with TLS and
// with HTTP/2. When the client disconnects, the awaits of body fail with the cause of r's context. Only the goroutine of the
// handler may call it. A nil rt or body panics.
func Await[T any](r *http.Request, rt *executor.Runtime, body func(co *coro.Co) (T, error)) (v T, err error) {
	co := Co(r.Context())
	if co == nil {
		return taskctx.Call(r.Context(), rt, body)
	}
	err = coro.WithContext(co, r.Context(), func(co *coro.Co) (err error) {
		v, err = body(co)
		return err
	})
	return v, err
}
