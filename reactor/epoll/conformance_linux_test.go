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
