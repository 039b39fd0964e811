//go:build !darwin && !dragonfly && !freebsd && !linux && !netbsd && !openbsd

package kqueue

import (
	"time"

	"github.com/moduvex/moduvex-go/reactor"
)

// Poller cannot be had on this system: New makes none, and the methods of the zero value return errors that
// wrap errors.ErrUnsupported.
type Poller struct{}

var _ reactor.Poller = (*Poller)(nil)

// Add returns an error that wraps errors.ErrUnsupported.
func (*Poller) Add(fd uintptr, _ reactor.Key, _ reactor.Interest, _ reactor.Mode) error {
	return unsupported("add", fd)
}

// Modify returns an error that wraps errors.ErrUnsupported.
func (*Poller) Modify(fd uintptr, _ reactor.Key, _ reactor.Interest, _ reactor.Mode) error {
	return unsupported("modify", fd)
}

// Delete returns an error that wraps errors.ErrUnsupported.
func (*Poller) Delete(fd uintptr) error { return unsupported("delete", fd) }

// Wait returns events and an error that wraps errors.ErrUnsupported.
func (*Poller) Wait(events []reactor.Event, _ time.Duration) ([]reactor.Event, error) {
	return events, unsupported("wait", reactor.NoFD)
}

// Notify returns an error that wraps errors.ErrUnsupported.
func (*Poller) Notify() error { return unsupported("notify", reactor.NoFD) }

// Close returns an error that wraps errors.ErrUnsupported.
func (*Poller) Close() error { return unsupported("close", reactor.NoFD) }
