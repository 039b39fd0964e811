package iocp_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/iocp"
	"github.com/moduvex/moduvex-go/reactor/reactortest"
)

func TestConformance(t *testing.T) {
	reactortest.TestPoller(t, func() (reactor.Poller, error) { return iocp.New() })
}
