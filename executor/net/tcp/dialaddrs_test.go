package tcp_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// DialAddrsFuture tries the addresses as Dial tries those of a name: the families alternate, and the first to connect wins.
func TestDialAddrsFutureTriesAll(t *testing.T) {
	rt := nettest.NewRuntime(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).AddrPort().Port()
	to := func(ips ...string) (addrs []netip.AddrPort) {
		for _, ip := range ips {
			addrs = append(addrs, netip.AddrPortFrom(netip.MustParseAddr(ip), port))
		}
		return addrs
	}
	var r recorder
	d := tcp.Dialer{FallbackDelay: time.Hour, Control: r.control} // the next one when one has failed
	dial := func(network string, addrs []netip.AddrPort) (*tcp.Stream, error) {
		ctx, cancel := context.WithTimeout(context.Background(), nettest.Timeout)
		defer cancel()
		got, err := executor.PollHere(ctx, rt, d.DialAddrsFuture(network, addrs))
		return got.Value, errors.Join(err, got.Err)
	}
	s, err := dial("tcp", to("127.0.0.2", "127.0.0.3", "::1", "127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if want := []string{"127.0.0.2", "::1", "127.0.0.3", "127.0.0.1"}; !slices.Equal(r.to, want) {
		t.Errorf("tried %v, not %v", r.to, want)
	}

	r.to = nil
	if _, err := dial("tcp4", to("::1", "127.0.0.2")); !errors.Is(err, syscall.ECONNREFUSED) || len(r.to) != 1 {
		t.Errorf("tcp4: %v, tried %v", err, r.to)
	}
	for _, c := range []struct {
		network string
		addrs   []netip.AddrPort
	}{
		{"tcp", nil},
		{"tcp6", to("127.0.0.1")},
		{"tcp", []netip.AddrPort{{}}},
		{"udp", to("127.0.0.1")},
	} {
		var oe *net.OpError
		if _, err := dial(c.network, c.addrs); !errors.As(err, &oe) || oe.Op != "dial" || oe.Net != c.network {
			t.Errorf("%s %v: %v", c.network, c.addrs, err)
		}
	}
}

// A listener that is attached to a runtime closes with its drain, without an accept, and one cannot be attached later.
func TestAttachedListenerClosesWhenItsRuntimeDrains(t *testing.T) {
	rt := nettest.NewRuntime(t)
	attach := func() (*tcp.Listener, error) {
		l, err := tcp.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		p := rt.Parker(0)
		defer p.Release()
		return l, l.Attach(p.Context())
	}
	l, err := attach()
	if err != nil {
		t.Fatal(err)
	}
	if err := rt.Close(); err != nil {
		t.Fatal(err)
	}
	if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
		c.Close()
		t.Error("the port accepts after the drain")
	}
	if err := l.Close(); err != nil {
		t.Errorf("the first Close by its owner: %v", err)
	}
	l, err = attach()
	if !errors.Is(err, core.ErrShutdown) {
		t.Errorf("attached to a runtime that has ended: %v", err)
	}
	l.Close()
}
