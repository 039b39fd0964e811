package pollerkit

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
)

// Unsupported is a [reactor.Poller] whose methods all return a [reactor.PollError] that wraps
// errors.ErrUnsupported. A backend embeds it in its Poller on the systems that it does not support.
type Unsupported struct{}

var _ reactor.Poller = Unsupported{}

// ErrNew returns the error of a backend's New on a system that the backend does not support. name is the backend's.
func ErrNew(name string) error {
	err := fmt.Errorf("%s on %s: %w", name, runtime.GOOS, errors.ErrUnsupported)
	return &reactor.PollError{Op: "new", FD: reactor.NoFD, Err: err}
}

// Add returns an error that wraps errors.ErrUnsupported.
func (Unsupported) Add(fd uintptr, _ reactor.Key, _ reactor.Interest, _ reactor.Mode) error {
	return unsupported("add", fd)
}

// Modify returns an error that wraps errors.ErrUnsupported.
func (Unsupported) Modify(fd uintptr, _ reactor.Key, _ reactor.Interest, _ reactor.Mode) error {
	return unsupported("modify", fd)
}

// Delete returns an error that wraps errors.ErrUnsupported.
func (Unsupported) Delete(fd uintptr) error { return unsupported("delete", fd) }

// Wait returns events as they were passed and an error that wraps errors.ErrUnsupported.
func (Unsupported) Wait(events []reactor.Event, _ time.Duration) ([]reactor.Event, error) {
	return events, unsupported("wait", reactor.NoFD)
}

// Notify returns an error that wraps errors.ErrUnsupported.
func (Unsupported) Notify() error { return unsupported("notify", reactor.NoFD) }

// Close returns an error that wraps errors.ErrUnsupported.
func (Unsupported) Close() error { return unsupported("close", reactor.NoFD) }

func unsupported(op string, fd uintptr) error {
	return &reactor.PollError{Op: op, FD: fd, Err: errors.ErrUnsupported}
}
