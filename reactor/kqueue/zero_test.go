//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package kqueue_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/reactor/kqueue"
	"github.com/moduvex/moduvex-go/reactor/reactortest"
)

func TestTheZeroPollerIsClosed(t *testing.T) { reactortest.TestClosed(t, new(kqueue.Poller)) }
