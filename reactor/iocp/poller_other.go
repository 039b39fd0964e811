//go:build !windows

package iocp

import (
	"errors"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
)

// Poller exists on Windows only; here it is a stub whose methods return errors.ErrUnsupported.
type Poller struct{}

var _ reactor.Poller = (*Poller)(nil)

// New returns an error that wraps errors.ErrUnsupported.
func New() (*Poller, error) {
	return nil, &reactor.PollError{Op: "new", FD: reactor.NoFD, Err: errors.ErrUnsupported}
}

// Add returns errors.ErrUnsupported.
func (*Poller) Add(uintptr, reactor.Key, reactor.Interest, reactor.Mode) error {
	return errors.ErrUnsupported
}

// Modify returns errors.ErrUnsupported.
func (*Poller) Modify(uintptr, reactor.Key, reactor.Interest, reactor.Mode) error {
	return errors.ErrUnsupported
}

// Delete returns errors.ErrUnsupported.
func (*Poller) Delete(uintptr) error { return errors.ErrUnsupported }

// Wait returns errors.ErrUnsupported.
func (*Poller) Wait(events []reactor.Event, _ time.Duration) ([]reactor.Event, error) {
	return events, errors.ErrUnsupported
}

// Notify returns errors.ErrUnsupported.
func (*Poller) Notify() error { return errors.ErrUnsupported }

// Close returns errors.ErrUnsupported.
func (*Poller) Close() error { return errors.ErrUnsupported }
