package udp_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/udp"
)

// exchange sends a datagram from a to where b says it is, and back, and returns what each saw.
func exchange(co *coro.Co, a, b *udp.Socket, to netip.AddrPort) (seenByB, seenByA netip.AddrPort, err error) {
	if _, err = a.WriteTo(co, []byte("there"), to); err != nil {
		return
	}
	if seenByB, err = want(co, b, "there"); err != nil {
		return
	}
	if _, err = b.WriteTo(co, []byte("back"), seenByB); err != nil {
		return
	}
	seenByA, err = want(co, a, "back")
	return
}

func listen6(tb testing.TB, network, address string) *udp.Socket {
	tb.Helper()
	s, err := udp.Listen(network, address)
	if err != nil {
		tb.Skip("no IPv6: ", err)
	}
	tb.Cleanup(func() { s.Close() })
	return s
}

func TestIPv6(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := listen6(t, "udp", "[::1]:0"), listen6(t, "udp6", "[::1]:0")
	nettest.Do(t, rt, func(co *coro.Co) error {
		seenByB, seenByA, err := exchange(co, a, b, b.LocalAddrPort())
		if seenByB != a.LocalAddrPort() || seenByA != b.LocalAddrPort() {
			t.Errorf("seen: %v, %v", seenByB, seenByA)
		}
		return err
	})
}

// A socket of both families shows the addresses of IPv4 as what they are, and takes them.
func TestSocketOfBothFamilies(t *testing.T) {
	rt := nettest.NewRuntime(t)
	both := listen6(t, "udp", ":0")
	port := both.LocalAddrPort().Port()
	for _, host := range []string{"127.0.0.1", "::1"} {
		a, err := udp.Bind(netip.AddrPortFrom(netip.MustParseAddr(host), 0))
		if err != nil {
			t.Skip(err)
		}
		defer a.Close()
		to := netip.AddrPortFrom(netip.MustParseAddr(host), port)
		nettest.Do(t, rt, func(co *coro.Co) error {
			seenByB, seenByA, err := exchange(co, a, both, to)
			if seenByB != a.LocalAddrPort() || seenByA != to {
				t.Errorf("%s: seen %v, %v", host, seenByB, seenByA)
			}
			return err
		})
	}
	// With udp6, it shows only IPv6.
	only := listen6(t, "udp6", ":0")
	if _, _, err := only.TryWriteTo(nil, netip.MustParseAddrPort("127.0.0.1:9")); err == nil {
		t.Error("a socket of IPv6 sends to IPv4")
	}
}

func TestMappedAddressIsIPv4(t *testing.T) {
	rt := nettest.NewRuntime(t)
	a, b := bind(t), bind(t)
	mapped := netip.AddrPortFrom(netip.MustParseAddr("::ffff:127.0.0.1"), b.LocalAddrPort().Port())
	nettest.Do(t, rt, func(co *coro.Co) error {
		seenByB, seenByA, err := exchange(co, a, b, mapped)
		if seenByB != a.LocalAddrPort() || seenByA != b.LocalAddrPort() {
			t.Errorf("seen: %v, %v", seenByB, seenByA)
		}
		return err
	})
}

// linkLocal returns an address with a zone of this machine.
func linkLocal(tb testing.TB) netip.Addr {
	tb.Helper()
	ifs, err := net.Interfaces()
	if err != nil {
		tb.Skip(err)
	}
	for _, ifi := range ifs {
		addrs, _ := ifi.Addrs()
		for _, a := range addrs {
			n, ok := a.(*net.IPNet)
			if !ok {
				continue
			}
			if ip, _ := netip.AddrFromSlice(n.IP); ip.Is6() && ip.IsLinkLocalUnicast() && ifi.Flags&net.FlagUp != 0 {
				return ip.WithZone(ifi.Name)
			}
		}
	}
	tb.Skip("no link-local address")
	return netip.Addr{}
}

func TestZones(t *testing.T) {
	rt := nettest.NewRuntime(t)
	at := netip.AddrPortFrom(linkLocal(t), 0)
	a, err := udp.Bind(at)
	if err != nil {
		t.Skip(err)
	}
	defer a.Close()
	b, err := udp.Bind(at)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	nettest.Do(t, rt, func(co *coro.Co) error {
		for range 3 { // by asking the system at first, then from memory
			seenByB, seenByA, err := exchange(co, a, b, b.LocalAddrPort())
			if err != nil {
				return err
			}
			if seenByB != a.LocalAddrPort() || seenByA != b.LocalAddrPort() || seenByA.Addr() != at.Addr() {
				return fmt.Errorf("seen: %v, %v", seenByB, seenByA)
			}
		}
		c, err := udp.Connect(b.LocalAddrPort())
		if err != nil {
			return err
		}
		defer c.Close()
		if c.RemoteAddrPort() != b.LocalAddrPort() {
			t.Errorf("connected to %v", c.RemoteAddrPort())
		}
		return nil
	})
}

func TestDialFindsNames(t *testing.T) {
	rt := nettest.NewRuntime(t)
	b := bind(t)
	port := b.LocalAddrPort().Port()
	nettest.Do(t, rt, func(co *coro.Co) error {
		for _, test := range []struct{ network, host string }{
			{"udp", "127.0.0.1"}, {"udp4", "localhost"}, {"udp4", ""}, {"udp", "0.0.0.0"},
		} {
			a, err := udp.Dial(co, test.network, net.JoinHostPort(test.host, fmt.Sprint(port)))
			if err != nil {
				return err
			}
			if _, err := a.Write(co, []byte("hello")); err != nil {
				return err
			}
			if from, err := want(co, b, "hello"); err != nil || from != a.LocalAddrPort() {
				return fmt.Errorf("from %v, %w", from, err)
			}
			a.Close()
		}
		for _, test := range []struct{ network, address, text string }{
			{"udp", "127.0.0.1", "missing port"},
			{"udp", "127.0.0.1:70000", "invalid port"},
			{"udp6", "127.0.0.1:9", "no address of a family"},
			{"tcp", "127.0.0.1:9", "unknown network"},
		} {
			s, err := udp.Dial(co, test.network, test.address)
			if err == nil {
				s.Close()
			}
			var oe *net.OpError
			if !errors.As(err, &oe) || oe.Op != "dial" || !strings.Contains(err.Error(), test.text) {
				t.Errorf("dial %q on %q: %v", test.address, test.network, err)
			}
		}
		return nil
	})
}

func TestReuse(t *testing.T) {
	for name, lc := range map[string]udp.ListenConfig{"addr": {ReuseAddr: true}, "port": {ReusePort: true}} {
		a, err := lc.Listen("udp", "127.0.0.1:0")
		if runtime.GOOS == "windows" && lc.ReusePort { // has nothing like it
			if !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("have %v, want errors.ErrUnsupported", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		b, err := lc.Bind(a.LocalAddrPort())
		if err != nil {
			t.Fatalf("reuse %s: %v", name, err)
		}
		defer b.Close()
		c, err := udp.Bind(a.LocalAddrPort())
		if err == nil {
			c.Close()
			t.Errorf("reuse %s: a third one has not asked for it and got it", name)
		}
		wantIs(t, err, "listen", syscall.EADDRINUSE)
	}
}

func TestControlSeesSocketBeforeItIsBound(t *testing.T) {
	refused := errors.New("no")
	for _, result := range []error{nil, refused} {
		var seen string
		lc := udp.ListenConfig{Control: func(network, address string, c syscall.RawConn) error {
			seen = network + " " + address
			return errors.Join(c.Control(func(uintptr) {}), result)
		}}
		s, err := lc.Listen("udp", "127.0.0.1:0")
		if err == nil {
			s.Close()
		}
		if !errors.Is(err, result) {
			t.Error(err)
		}
		if seen != "udp4 127.0.0.1:0" {
			t.Errorf("control saw %q", seen)
		}
	}
}
