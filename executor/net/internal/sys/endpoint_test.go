package sys_test

import (
	"net"
	"net/netip"
	"testing"
	"unsafe"

	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
)

func endpointOf(tb testing.TB, ap netip.AddrPort) sys.Endpoint {
	tb.Helper()
	e, err := sys.EndpointOf(ap)
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

func TestEndpointKeepsAddress(t *testing.T) {
	for _, s := range []string{
		"127.0.0.1:80", "0.0.0.0:0", "255.255.255.255:65535", "[::]:1", "[::1]:2", "[2001:db8::1]:443",
	} {
		ap := netip.MustParseAddrPort(s)
		e := endpointOf(t, ap)
		if e.AddrPort() != ap {
			t.Errorf("%v becomes %v", ap, e.AddrPort())
		}
		if got := e.TCPAddr().String(); got != s {
			t.Errorf("%v becomes %v", s, got)
		}
		if got := e.Family() == sys.Inet4; got != ap.Addr().Is4() {
			t.Errorf("%v: IPv4 is %v", s, got)
		}
		if e.Unspecified() != ap.Addr().IsUnspecified() {
			t.Errorf("%v: wildcard is %v", s, e.Unspecified())
		}
	}
}

func TestEndpointTakesMappedAddressForIPv4(t *testing.T) {
	e := endpointOf(t, netip.MustParseAddrPort("[::ffff:1.2.3.4]:5"))
	if want := netip.MustParseAddrPort("1.2.3.4:5"); e.AddrPort() != want || e.Family() != sys.Inet4 {
		t.Errorf("got %v", e.AddrPort())
	}
	if !endpointOf(t, netip.MustParseAddrPort("[::ffff:0.0.0.0]:5")).Unspecified() {
		t.Error("the mapped wildcard is none")
	}
}

func TestEndpointKeepsZone(t *testing.T) {
	ifs, err := net.Interfaces()
	if err != nil || len(ifs) == 0 {
		t.Skip("no interfaces")
	}
	for _, zone := range []string{ifs[0].Name, "4000000000"} {
		ap := netip.AddrPortFrom(netip.MustParseAddr("fe80::1").WithZone(zone), 1)
		if got := endpointOf(t, ap).AddrPort(); got != ap {
			t.Errorf("%v becomes %v", ap, got)
		}
	}
}

func TestEndpointIsSmall(t *testing.T) {
	if n := unsafe.Sizeof(sys.Endpoint{}); n > 24 {
		t.Errorf("it takes %d bytes, want at most 24", n)
	}
}

func TestWildcardAndLoopback(t *testing.T) {
	for _, f := range []sys.Family{sys.Inet4, sys.Inet6} {
		any, loop := f.Any(1), f.Loopback(2)
		if any.Family() != f || !any.Unspecified() || any.AddrPort().Port() != 1 {
			t.Errorf("wildcard: %v", any.AddrPort())
		}
		if loop.Family() != f || !loop.AddrPort().Addr().IsLoopback() || loop.AddrPort().Port() != 2 {
			t.Errorf("loopback: %v", loop.AddrPort())
		}
	}
}
