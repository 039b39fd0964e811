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

func TestInternals(t *testing.T) {
	reactortest.TestInternals(t, func(t *testing.T) reactortest.Internals {
		p := newPoller(t)
		return reactortest.Internals{Poller: p, Notify: p.NotifyFlag(), HoldWait: p.HoldWait}
	})
}

func TestTheZeroPollerIsClosed(t *testing.T) { reactortest.TestClosed(t, new(iocp.Poller)) }
