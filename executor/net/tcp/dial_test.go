package tcp_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// blackHole is an address that answers nothing: a listener on loopback whose backlog is full, so
// that the SYN is dropped.
func blackHole(tb testing.TB, host string) netip.AddrPort {
	tb.Helper()
	lc := tcp.ListenConfig{Backlog: 1}
	l, err := lc.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		tb.Skip("no black hole:", err)
	}
	tb.Cleanup(func() { l.Close() })
	for range 20 {
		c, err := net.DialTimeout("tcp", l.Addr().String(), 50*time.Millisecond)
		if err != nil {
			return l.AddrPort()
		}
		tb.Cleanup(func() { c.Close() })
	}
	tb.Skip("a full backlog still answers here")
	panic("unreachable")
}

// refusing is a port of the address that nobody listens on.
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
	rt := newRuntime(t)
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
			do(t, rt, func(co *coro.Co) error {
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
	rt := newRuntime(t)
	l := listen(t)
	d, err := executor.BlockOn(context.Background(), rt, tcp.DialTo(l.AddrPort()))
	if err != nil || d.Err != nil {
		t.Fatal(err, d.Err)
	}
	d.Stream.Close()

	d, err = executor.BlockOn(context.Background(), rt, tcp.DialTo(refusing(t, "127.0.0.1")))
	if err != nil || d.Stream != nil {
		t.Fatal(err, d.Stream)
	}
	wantIs(t, d.Err, "dial", syscall.ECONNREFUSED)

	d, err = executor.BlockOn(context.Background(), rt, tcp.DialTo(netip.AddrPort{}))
	var ae *net.AddrError
	if err != nil || !errors.As(d.Err, &ae) {
		t.Errorf("the zero address: %v", d.Err)
	}

	dialer := tcp.Dialer{Timeout: 30 * time.Millisecond}
	d, err = executor.BlockOn(context.Background(), rt, dialer.DialTo(blackHole(t, "127.0.0.1")))
	if err != nil {
		t.Fatal(err)
	}
	wantTimeout(t, d.Err, "dial")
}

// Regression: a failed connect could report success.
func TestFailedConnectIsAnError(t *testing.T) {
	rt := newRuntime(t)
	for _, host := range []string{"127.0.0.1", "::1"} {
		to := refusing(t, host)
		do(t, rt, func(co *coro.Co) error {
			for range 50 {
				s, err := tcp.Dial(co, "tcp", to.String())
				if err == nil {
					s.Close()
					return errors.New("connected to a port that nobody listens on")
				}
				wantIs(t, err, "dial", syscall.ECONNREFUSED)
			}
			return nil
		})
	}
}

func TestDialErrors(t *testing.T) {
	rt := newRuntime(t)
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
		do(t, rt, func(co *coro.Co) error {
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
			if _, nerr := net.Dial(test.network, test.address); nerr.Error() != err.Error() {
				t.Errorf("%s %q: %q, and package net says %q", test.network, test.address, err, nerr)
			}
			return nil
		})
	}
}

func TestDialTimeout(t *testing.T) {
	rt := newRuntime(t)
	hole := blackHole(t, "127.0.0.1").String()
	do(t, rt, func(co *coro.Co) error {
		begin := time.Now()
		_, err := (&tcp.Dialer{Timeout: 50 * time.Millisecond}).Dial(co, "tcp", hole)
		wantTimeout(t, err, "dial")
		if took := time.Since(begin); took < 50*time.Millisecond || took > patience {
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

// recorder notes the attempts of a Dialer.
type recorder struct {
	mu   sync.Mutex
	to   []string
	when []time.Time
}

func (r *recorder) control(_, address string, _ syscall.RawConn) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	host, _, _ := net.SplitHostPort(address)
	r.to = append(r.to, host)
	r.when = append(r.when, time.Now())
	return nil
}

func addrs(list ...string) func(context.Context, string, string) ([]netip.Addr, error) {
	return func(context.Context, string, string) ([]netip.Addr, error) {
		var out []netip.Addr
		for _, s := range list {
			out = append(out, netip.MustParseAddr(s))
		}
		return out, nil
	}
}

func TestFamiliesAlternate(t *testing.T) {
	parse := func(list ...string) (out []netip.Addr) {
		out, _ = addrs(list...)(nil, "", "")
		return out
	}
	for _, test := range [][2][]netip.Addr{
		{nil, nil},
		{parse("1.1.1.1"), parse("1.1.1.1")},
		{parse("1.1.1.1", "1.1.1.2", "::1", "::2"), parse("1.1.1.1", "::1", "1.1.1.2", "::2")},
		{parse("::1", "::2", "::3", "1.1.1.1"), parse("::1", "1.1.1.1", "::2", "::3")},
		{parse("::1", "::ffff:1.1.1.1"), parse("::1", "1.1.1.1")},
	} {
		if got := tcp.Alternate(test[0]); !slices.Equal(got, test[1]) {
			t.Errorf("%v becomes %v, want %v", test[0], got, test[1])
		}
	}
}

func TestDialTriesAddressesInTurn(t *testing.T) {
	rt := newRuntime(t)
	l, err := tcp.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())

	t.Run("a failure starts the next at once", func(t *testing.T) {
		only4, err := tcp.Listen("tcp4", "127.0.0.9:0")
		if err != nil {
			t.Skip(err)
		}
		defer only4.Close()
		_, port, _ := net.SplitHostPort(only4.Addr().String())
		var r recorder
		d := tcp.Dialer{
			Control: r.control, Resolve: addrs("::1", "127.0.0.8", "127.0.0.9", "127.0.0.10"), FallbackDelay: time.Hour,
		}
		do(t, rt, func(co *coro.Co) error {
			s, err := d.Dial(co, "tcp", "somewhere:"+port)
			if err != nil {
				return err
			}
			return s.Close()
		})
		if want := []string{"::1", "127.0.0.8", "127.0.0.9"}; !slices.Equal(r.to, want) {
			t.Errorf("tried %v, want %v", r.to, want)
		}
	})

	t.Run("silence starts the next after the delay", func(t *testing.T) {
		hole := blackHole(t, "127.0.0.1")
		other, err := tcp.Listen("tcp4", fmt.Sprintf("127.0.0.2:%d", hole.Port()))
		if err != nil {
			t.Skip(err)
		}
		defer other.Close()
		var r recorder
		d := tcp.Dialer{
			Control: r.control, Resolve: addrs("127.0.0.1", "127.0.0.2", "127.0.0.3"), FallbackDelay: 60 * time.Millisecond,
		}
		do(t, rt, func(co *coro.Co) error {
			s, err := d.Dial(co, "tcp", fmt.Sprintf("somewhere:%d", hole.Port()))
			if err != nil {
				return err
			}
			defer s.Close()
			if host := s.RemoteAddrPort().Addr().String(); host != "127.0.0.2" {
				t.Errorf("connected to %s", host)
			}
			return nil
		})
		if want := []string{"127.0.0.1", "127.0.0.2"}; !slices.Equal(r.to, want) {
			t.Fatalf("tried %v, want %v", r.to, want)
		}
		if gap := r.when[1].Sub(r.when[0]); gap < 60*time.Millisecond {
			t.Errorf("the second was tried after %v", gap)
		}
	})

	t.Run("no delay waits for the failure", func(t *testing.T) {
		hole := blackHole(t, "127.0.0.1")
		var r recorder
		d := tcp.Dialer{
			Control: r.control, Resolve: addrs("127.0.0.1", "127.0.0.2"), FallbackDelay: -1, Timeout: 100 * time.Millisecond,
		}
		do(t, rt, func(co *coro.Co) error {
			_, err := d.Dial(co, "tcp", fmt.Sprintf("somewhere:%d", hole.Port()))
			wantTimeout(t, err, "dial")
			return nil
		})
		if len(r.to) != 1 {
			t.Errorf("tried %v", r.to)
		}
	})

	t.Run("if all fail the first error counts", func(t *testing.T) {
		to := refusing(t, "127.0.0.1")
		d := tcp.Dialer{Resolve: addrs("127.0.0.1", "127.0.0.2")}
		do(t, rt, func(co *coro.Co) error {
			_, err := d.Dial(co, "tcp", fmt.Sprintf("somewhere:%d", to.Port()))
			wantIs(t, err, "dial", syscall.ECONNREFUSED)
			var oe *net.OpError
			if errors.As(err, &oe) && oe.Addr.String() != to.String() {
				t.Errorf("the error is of %v", oe.Addr)
			}
			return nil
		})
	})

	t.Run("an address of the wrong family is left out", func(t *testing.T) {
		var r recorder
		d := tcp.Dialer{Control: r.control, Resolve: addrs("::1", "127.0.0.1")}
		do(t, rt, func(co *coro.Co) error {
			s, err := d.Dial(co, "tcp4", "somewhere:"+port)
			if err != nil {
				return err
			}
			return s.Close()
		})
		if want := []string{"127.0.0.1"}; !slices.Equal(r.to, want) {
			t.Errorf("tried %v, want %v", r.to, want)
		}
	})
}

func TestAbortOfDialClosesAllSockets(t *testing.T) {
	rt := newRuntime(t)
	hole := blackHole(t, "127.0.0.1")
	var r recorder
	d := tcp.Dialer{
		Control: r.control, FallbackDelay: 5 * time.Millisecond,
		Resolve: addrs("127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1"),
	}
	before := openFDs(t)
	var got error
	h := start(rt, func(co *coro.Co) error {
		_, got = d.Dial(co, "tcp", fmt.Sprintf("somewhere:%d", hole.Port()))
		return got
	})
	time.Sleep(60 * time.Millisecond)
	if open := openFDs(t) - before; open != 4 {
		t.Errorf("%d sockets are connecting, want 4", open)
	}
	h.Abort()
	if err := finish(t, h); !errors.Is(err, core.ErrCancelled) {
		t.Error(err)
	}
	wantIs(t, got, "dial", core.ErrCancelled)
	if open := openFDs(t) - before; open != 0 {
		t.Errorf("%d sockets are left", open)
	}
	if n := rt.Stats().Registrations; n != 0 {
		t.Errorf("%d registrations are left", n)
	}
}

func TestLosersOfDialAreClosed(t *testing.T) {
	rt := newRuntime(t)
	hole := blackHole(t, "127.0.0.1")
	other, err := tcp.Listen("tcp4", fmt.Sprintf("127.0.0.2:%d", hole.Port()))
	if err != nil {
		t.Skip(err)
	}
	defer other.Close()
	before := openFDs(t)
	d := tcp.Dialer{FallbackDelay: 10 * time.Millisecond, Resolve: addrs("127.0.0.1", "127.0.0.1", "127.0.0.2")}
	do(t, rt, func(co *coro.Co) error {
		s, err := d.Dial(co, "tcp", fmt.Sprintf("somewhere:%d", hole.Port()))
		if err != nil {
			return err
		}
		if open := openFDs(t) - before; open != 1 {
			t.Errorf("%d sockets are open, want 1", open)
		}
		return s.Close()
	})
}

func TestDialOptions(t *testing.T) {
	rt := newRuntime(t)
	l := listen(t)
	refuse := errors.New("not this one")
	do(t, rt, func(co *coro.Co) error {
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
	rt := newRuntime(t)
	fail := errors.New("no such thing")
	do(t, rt, func(co *coro.Co) error {
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
	rt := newRuntime(t)
	to := refusing(t, "127.0.0.1")
	do(t, rt, func(co *coro.Co) error {
		for range 20000 {
			s, err := tcp.Dial(co, "tcp", to.String())
			if err == nil {
				defer s.Close()
				return fmt.Errorf("%v is connected to %v", s.LocalAddr(), s.RemoteAddr())
			}
		}
		return nil
	})
}
