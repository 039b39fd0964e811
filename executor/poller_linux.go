package executor

import (
	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/epoll"
)

var systemPoller = func() (reactor.Poller, error) { return epoll.New() }
