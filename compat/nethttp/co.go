package nethttp

import (
	"context"

	"github.com/moduvex/moduvex-go/core/coro"
)

// Co returns the Co of the task that serves the request with the context ctx, or nil if the exchange is not [Tasks].
func Co(ctx context.Context) *coro.Co { return nil }
