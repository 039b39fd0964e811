package lock

import "github.com/moduvex/moduvex-go/core/internal/closed"

// ErrClosed is the error of an acquire from a [Semaphore] that is closed. errors.Is matches it with
// core.ErrClosed.
var ErrClosed = closed.Error("lock: semaphore is closed")
