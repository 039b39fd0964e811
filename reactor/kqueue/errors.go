package kqueue

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/moduvex/moduvex-go/reactor"
)

// unsupported is the answer where there is no kqueue, and that of a Poller which New did not make.
func unsupported(op string, fd uintptr) error {
	err := fmt.Errorf("kqueue on %s: %w", runtime.GOOS, errors.ErrUnsupported)
	return &reactor.PollError{Op: op, FD: fd, Err: err}
}
