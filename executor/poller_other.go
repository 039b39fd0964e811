//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd && !windows

package executor

import "github.com/moduvex/moduvex-go/reactor"

var systemPoller func() (reactor.Poller, error)
