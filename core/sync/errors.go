package sync

import "errors"

// ErrClosed answers who wants a permit of a [Semaphore] that is closed.
var ErrClosed = errors.New("sync: semaphore is closed")
