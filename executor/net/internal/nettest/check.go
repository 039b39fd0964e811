package nettest

import (
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/reactor"
)

// WantIs fails the test unless err is a *net.OpError of op, on a network whose name begins with network, that wraps
// target.
func WantIs(tb testing.TB, network string, err error, op string, target error) {
	tb.Helper()
	var oe *net.OpError
	if !errors.As(err, &oe) || oe.Op != op || !strings.HasPrefix(oe.Net, network) {
		tb.Errorf("error is %#v (%v), want a *net.OpError of %q", err, err, op)
	}
	if !errors.Is(err, target) {
		tb.Errorf("error is %q, want one that is %q", err, target)
	}
}

// TakeWaiters takes out the waiters of fd for direction d, and returns how many they were.
func TakeWaiters(fd *netfd.FD, d reactor.Direction) int {
	reg := fd.Registration()
	if reg == nil {
		return 0
	}
	return len(reg.TakeWaiters(d, nil))
}

// WakeWaiters wakes the waiters of fd for direction d, which then wait again, and returns how many they were.
func WakeWaiters(fd *netfd.FD, d reactor.Direction) int {
	reg := fd.Registration()
	if reg == nil {
		return 0
	}
	wakers := reg.TakeWaiters(d, nil)
	for _, w := range wakers {
		w.Wake()
	}
	return len(wakers)
}

// HasWaiters reports whether there are any.
func HasWaiters(fd *netfd.FD, d reactor.Direction) bool {
	reg := fd.Registration()
	return reg != nil && reg.HasWaiters(d)
}
