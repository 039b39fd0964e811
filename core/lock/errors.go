package lock

import "errors"

// ErrClosed answers who wants a permit of a [Semaphore] that is closed.
var ErrClosed = errors.New("lock: semaphore is closed")
