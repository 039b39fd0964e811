package executor_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/reactor/reactortest"
)

// The system has no socketpair. What these tests are about does not depend on which poller it is.

type socket struct{ reactortest.Stream }

func socketPair(t testing.TB) (a, b *socket) {
	t.Helper()
	t.Skip("there is no pair of sockets")
	return nil, nil
}

func newSocketPair() (a, b *socket, err error) { return nil, nil, executor.ErrClosed }

func realPoller(t testing.TB) {
	t.Helper()
	t.Skip("there is no pair of sockets")
}
