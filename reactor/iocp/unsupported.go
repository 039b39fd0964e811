//go:build !windows

package iocp

import (
	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/pollerkit"
)

// Poller has an implementation on Windows only. On this system New makes none, and the methods of the zero value
// return errors that wrap errors.ErrUnsupported.
type Poller struct{ pollerkit.Unsupported }

var _ reactor.Poller = (*Poller)(nil)

// New returns an error that wraps errors.ErrUnsupported.
func New() (*Poller, error) { return nil, pollerkit.ErrNew("iocp") }
