package epoll_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/epoll"
	"github.com/moduvex/moduvex-go/reactor/reactortest"
)

func TestConformance(t *testing.T) {
	reactortest.TestPoller(t, func() (reactor.Poller, error) { return epoll.New() })
}

func TestConformanceWithMilliseconds(t *testing.T) {
	reactortest.TestPoller(t, func() (reactor.Poller, error) { return epoll.NewMillis() })
}

func TestInternals(t *testing.T) {
	reactortest.TestInternals(t, func(t *testing.T) reactortest.Internals {
		p := newPoller(t)
		last := 0
		return reactortest.Internals{Poller: p, Notify: p.NotifyFlag(), HoldWait: p.HoldWait, Signals: func() int {
			total := p.Signals()
			made := total - last
			last = total
			return made
		}}
	})
}

func TestTheZeroPollerIsClosed(t *testing.T) { reactortest.TestClosed(t, new(epoll.Poller)) }
