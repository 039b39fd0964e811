//go:build !darwin && !dragonfly && !freebsd && !linux && !netbsd && !openbsd

package kqueue

import (
	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/pollerkit"
)

// Poller has an implementation on darwin and the BSDs only. On this system New makes none, and the methods of the
// zero value return errors that wrap errors.ErrUnsupported.
type Poller struct{ pollerkit.Unsupported }

var _ reactor.Poller = (*Poller)(nil)
