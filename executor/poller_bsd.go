//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package executor

import (
	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/kqueue"
)

var systemPoller = func() (reactor.Poller, error) { return kqueue.New() }
