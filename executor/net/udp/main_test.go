package udp_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/udp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(modetest.In(m)) }

// local is a port of this machine that is free.
var local = netip.MustParseAddrPort("127.0.0.1:0")

// bind makes a socket on loopback that is closed at the end of the test.
func bind(tb testing.TB) *udp.Socket {
	tb.Helper()
	s, err := udp.Bind(local)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	return s
}

// pair makes two sockets that are connected to each other.
func pair(tb testing.TB) (a, b *udp.Socket) {
	tb.Helper()
	a, b = bind(tb), bind(tb)
	if err := errors.Join(a.Connect(b.LocalAddrPort()), b.Connect(a.LocalAddrPort())); err != nil {
		tb.Fatal(err)
	}
	return a, b
}

// stranger is a socket of package net.
func stranger(tb testing.TB) *net.UDPConn {
	tb.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(nettest.Timeout))
	return c
}

// wantIs fails the test unless err is a *net.OpError of op that wraps target.
func wantIs(tb testing.TB, err error, op string, target error) {
	tb.Helper()
	nettest.WantIs(tb, "udp", err, op, target)
}

// want reads a datagram and fails unless it is text.
func want(co *coro.Co, s *udp.Socket, text string) (from netip.AddrPort, err error) {
	buf := make([]byte, 1<<16)
	n, from, err := s.ReadFrom(co, buf)
	if err == nil && string(buf[:n]) != text {
		err = fmt.Errorf("got %q, want %q", buf[:n], text)
	}
	return from, err
}
