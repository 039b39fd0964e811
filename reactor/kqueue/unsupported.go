//go:build !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package kqueue

import "github.com/moduvex/moduvex-go/reactor/pollerkit"

// New returns an error that wraps errors.ErrUnsupported.
func New() (*Poller, error) { return nil, pollerkit.ErrNew("kqueue") }
