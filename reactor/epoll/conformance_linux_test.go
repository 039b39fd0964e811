package epoll_test

import (
	"testing"
	"time"

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

// A netpolled Poller is one whose Waits wait in Go's netpoller.
type netpolled struct{ *epoll.Poller }

func (p netpolled) Wait(events []reactor.Event, timeout time.Duration) ([]reactor.Event, error) {
	return p.WaitInNetpoll(events, timeout)
}

func TestConformanceInNetpoll(t *testing.T) {
	reactortest.TestPoller(t, func() (reactor.Poller, error) {
		p, err := epoll.New()
		return netpolled{p}, err
	})
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
