package executor

import (
	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/iocp"
)

var systemPoller = func() (reactor.Poller, error) { return iocp.New() }
