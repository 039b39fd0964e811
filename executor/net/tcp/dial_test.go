package tcp_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// blackHole is an address that does not reply: a listener on loopback whose backlog is full, so
// that the SYN is dropped.
func blackHole(tb testing.TB, host string) netip.AddrPort {
	tb.Helper()
	lc := tcp.ListenConfig{Backlog: 1}
	l, err := lc.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		tb.Skip("no black hole:", err)
	}
	tb.Cleanup(func() { l.Close() })
	silent := 0
	for range 20 {
		c, err := net.DialTimeout("tcp", l.Addr().String(), 50*time.Millisecond)
		if err == nil {
			tb.Cleanup(func() { c.Close() })
			silent = 0
		} else if silent++; silent == 3 { // one may be a machine that is busy
			return l.AddrPort()
		}
	}
	tb.Skip("on this system a full backlog still replies")
	panic("unreachable")
}

// refusing is a port of the address without a listener.
func refusing(tb testing.TB, host string) netip.AddrPort {
	tb.Helper()
	l, err := tcp.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		tb.Skip(err)
	}
	l.Close()
	return l.AddrPort()
}

func TestDial(t *testing.T) {
	rt := nettest.NewRuntime(t)
	for _, network := range []string{"tcp", "tcp4", "tcp6"} {
		host := "127.0.0.1"
		if network == "tcp6" {
			host = "::1"
		}
		l, err := net.Listen(network, net.JoinHostPort(host, "0"))
		if err != nil {
			t.Log("no", network, "here:", err)
			continue
		}
		defer l.Close()
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				c.Write([]byte("welcome"))
				c.Close()
			}
		}()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		addresses := []string{l.Addr().String(), ":" + port}
		if network != "tcp6" { // localhost may have no such address
			addresses = append(addresses, "localhost:"+port)
		}
		for _, address := range addresses {
			nettest.Do(t, rt, func(co *coro.Co) error {
				s, err := tcp.Dial(co, network, address)
				if err != nil {
					return err
				}
				defer s.Close()
				buf := make([]byte, 10)
				n, err := s.Read(co, buf)
				if err != nil || string(buf[:n]) != "welcome" {
					return fmt.Errorf("%s %q: read %q, %v", network, address, buf[:n], err)
				}
				if s.RemoteAddr().String() != l.Addr().String() {
					return fmt.Errorf("connected to %v, want %v", s.RemoteAddr(), l.Addr())
				}
				return nil
			})
		}
	}
}

func TestDialInPollStyle(t *testing.T) {
	rt := nettest.NewRuntime(t)
	l := listen(t)
	d, err := executor.BlockOn(context.Background(), rt, tcp.DialFuture(l.AddrPort()))
	if err != nil || d.Err != nil {
		t.Fatal(err, d.Err)
	}
	d.Value.Close()

	d, err = executor.BlockOn(context.Background(), rt, tcp.DialFuture(refusing(t, "127.0.0.1")))
	if err != nil || d.Value != nil {
		t.Fatal(err, d.Value)
	}
	wantIs(t, d.Err, "dial", syscall.ECONNREFUSED)

	d, err = executor.BlockOn(context.Background(), rt, tcp.DialFuture(netip.AddrPort{}))
	var ae *net.AddrError
	if err != nil || !errors.As(d.Err, &ae) {
		t.Errorf("the zero address: %v", d.Err)
	}

	dialer := tcp.Dialer{Timeout: 30 * time.Millisecond}
	d, err = executor.BlockOn(context.Background(), rt, dialer.DialFuture(blackHole(t, "127.0.0.1")))
	if err != nil {
		t.Fatal(err)
	}
	wantTimeout(t, d.Err, "dial")
}

// Regression: a failed connect could report success.
func TestFailedConnectIsAnError(t *testing.T) {
	rt := nettest.NewRuntime(t)
	for _, host := range []string{"127.0.0.1", "::1"} {
		to := refusing(t, host)
		nettest.Do(t, rt, func(co *coro.Co) error {
			for range 50 {
				s, err := tcp.Dial(co, "tcp", to.String())
				if err == nil {
					s.Close()
					return errors.New("connected to a port without a listener")
				}
				wantIs(t, err, "dial", syscall.ECONNREFUSED)
			}
			return nil
		})
	}
}

func TestDialErrors(t *testing.T) {
	rt := nettest.NewRuntime(t)
	to := refusing(t, "127.0.0.1").String()
	var addrErr *net.AddrError
	var unknown net.UnknownNetworkError
	var dnsErr *net.DNSError
	for _, test := range []struct {
		network, address string
		as               any
		same             bool // as package net words it
	}{
		{"tcp", to, nil, true},
		{"tcp", "127.0.0.1", &addrErr, true},
		{"tcp", "127.0.0.1:99999", &addrErr, true},
		{"tcp", "127.0.0.1:-1", &addrErr, true},
		{"tcp", "[::1:80", &addrErr, true},
		{"tcp", "", &addrErr, false},
		{"tcp4", "[::1]:80", &addrErr, false},
		{"tcp", "127.0.0.1:no-such-service", &dnsErr, true},
		{"tcp", "no-such-host.invalid:80", &dnsErr, false},
		{"udp", to, &unknown, false},
	} {
		nettest.Do(t, rt, func(co *coro.Co) error {
			s, err := tcp.Dial(co, test.network, test.address)
			if err == nil {
				s.Close()
				return fmt.Errorf("%s %q: no error", test.network, test.address)
			}
			var oe *net.OpError
			if !errors.As(err, &oe) || oe.Op != "dial" || oe.Net != test.network {
				t.Errorf("%s %q: %#v is no *net.OpError of dial", test.network, test.address, err)
			}
			if test.as != nil && !errors.As(err, test.as) {
				t.Errorf("%s %q: %v, want a %T", test.network, test.address, err, test.as)
			}
			if !test.same {
				return nil
			}
			if _, nerr := net.Dial(test.network, test.address); strings.Replace(nerr.Error(), "connectex:", "connect:", 1) != err.Error() {
				t.Errorf("%s %q: %q, and package net says %q", test.network, test.address, err, nerr)
			}
			return nil
		})
	}
}

func TestDialTimeout(t *testing.T) {
	rt := nettest.NewRuntime(t)
	hole := blackHole(t, "127.0.0.1").String()
	nettest.Do(t, rt, func(co *coro.Co) error {
		begin := time.Now()
		_, err := (&tcp.Dialer{Timeout: 50 * time.Millisecond}).Dial(co, "tcp", hole)
		wantTimeout(t, err, "dial")
		if took := time.Since(begin); took < 50*time.Millisecond || took > nettest.Timeout {
			t.Errorf("it took %v", took)
		}
		err = coro.WithTimeout(co, 50*time.Millisecond, func(co *coro.Co) error {
			_, err := tcp.Dial(co, "tcp", hole)
			return err
		})
		wantTimeout(t, err, "dial")

		// The look-up counts too, and is told.
		gone := make(chan struct{})
		d := tcp.Dialer{Timeout: 50 * time.Millisecond, Resolve: func(ctx context.Context, _, _ string) ([]netip.Addr, error) {
			defer close(gone)
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		_, err = d.Dial(co, "tcp", "somewhere:80")
		wantTimeout(t, err, "dial")
		<-gone
		return nil
	})
}

func TestDialOptions(t *testing.T) {
	rt := nettest.NewRuntime(t)
	l := listen(t)
	refuse := errors.New("not this one")
	nettest.Do(t, rt, func(co *coro.Co) error {
		d := tcp.Dialer{LocalAddr: netip.MustParseAddrPort("127.0.0.7:0")}
		s, err := d.Dial(co, "tcp", l.Addr().String())
		if err != nil {
			return err
		}
		if host, _, _ := net.SplitHostPort(s.LocalAddr().String()); host != "127.0.0.7" {
			t.Errorf("connected from %s", host)
		}
		s.Close()
		_, err = d.Dial(co, "tcp", "[::1]:80")
		var ae *net.AddrError
		if !errors.As(err, &ae) {
			t.Errorf("families do not fit: %v", err)
		}
		d = tcp.Dialer{Control: func(string, string, syscall.RawConn) error { return refuse }}
		_, err = d.Dial(co, "tcp", l.Addr().String())
		wantIs(t, err, "dial", refuse)
		return nil
	})
}

func TestResolverErrors(t *testing.T) {
	rt := nettest.NewRuntime(t)
	fail := errors.New("no such thing")
	nettest.Do(t, rt, func(co *coro.Co) error {
		d := tcp.Dialer{Resolve: func(context.Context, string, string) ([]netip.Addr, error) { return nil, fail }}
		_, err := d.Dial(co, "tcp", "somewhere:80")
		wantIs(t, err, "dial", fail)
		d.Resolve = addrs()
		_, err = d.Dial(co, "tcp", "somewhere:80")
		var ae *net.AddrError
		if !errors.As(err, &ae) {
			t.Errorf("no addresses: %v", err)
		}
		return nil
	})
}

// A connect to a free port of the range that the system chooses from may meet itself.
func TestDialNeverConnectsToItself(t *testing.T) {
	if testing.Short() {
		t.Skip("20,000 connects")
	}
	rt := nettest.NewRuntime(t)
	to := refusing(t, "127.0.0.1")
	nettest.Do(t, rt, func(co *coro.Co) error {
		for range 20000 {
			s, err := tcp.Dial(co, "tcp", to.String())
			if err != nil {
				continue
			}
			local, remote := s.LocalAddr().String(), s.RemoteAddr().String()
			s.Close()
			if local == remote {
				return fmt.Errorf("%v is connected to itself", local)
			}
			to = refusing(t, "127.0.0.1") // another process listens at that port now
		}
		return nil
	})
}
