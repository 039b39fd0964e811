package nethttp

import (
	"context"

	"github.com/moduvex/moduvex-go/compat/nethttp/internal/exchange"
	"github.com/moduvex/moduvex-go/core/coro"
)

// Co returns the Co of the task that serves the request with the context ctx, or nil if no task does: if the exchange is
// not [Tasks], or the request is one of HTTP/2. ctx may be derived from the context of the request. Only the goroutine of the
// handler may await with the Co; its awaits end when the task is aborted, and not when the peer disconnects. For that, open a
// scope:
//
//	err := coro.WithContext(co, r.Context(), func(co *coro.Co) error { ... })
func Co(ctx context.Context) *coro.Co { return exchange.Co(ctx) }
