package udp_test

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/udp"
)

// A zone that names no interface was sent to without one.
func TestZonesThatCannotBeAreRefused(t *testing.T) {
	rt := nettest.NewRuntime(t)
	s := listen6(t, "udp6", "[::1]:0")
	for _, zone := range []string{"nosuch", "4294967296", "99999999999999999999"} {
		to := netip.AddrPortFrom(netip.MustParseAddr("fe80::1").WithZone(zone), 9)
		nettest.Do(t, rt, func(co *coro.Co) error {
			refusals := map[string]error{}
			_, refusals["WriteTo"] = s.WriteTo(co, nil, to)
			_, _, refusals["TryWriteTo"] = s.TryWriteTo(nil, to)
			_, refusals["WriteBatch"] = s.WriteBatch(co, []udp.Message{{Addr: to}})
			refusals["Socket.Connect"] = s.Connect(to)
			_, refusals["Connect"] = udp.Connect(to)
			_, refusals["Dial"] = udp.Dial(co, "udp", to.String())
			_, refusals["Bind"] = udp.Bind(to)
			_, refusals["Listen"] = udp.Listen("udp", to.String())
			for op, err := range refusals {
				var ae *net.AddrError
				var se *os.SyscallError
				if !errors.As(err, &ae) || ae.Addr != to.String() || errors.As(err, &se) || !errors.Is(err, syscall.EINVAL) {
					t.Errorf("%s of zone %q: %v", op, zone, err)
				}
			}
			return nil
		})
	}
	if err := s.JoinGroup(netip.MustParseAddr("ff02::1%nosuch"), nil); err == nil {
		t.Error("joined a group in a zone that names no interface")
	}
}

func TestGroupsOfNumericZones(t *testing.T) {
	s := listen6(t, "udp6", "[::]:0")
	if _, err := net.InterfaceByIndex(1); err != nil {
		t.Skip(err)
	}
	if err := s.JoinGroup(netip.MustParseAddr("ff02::1234%1"), nil); err != nil {
		t.Error(err)
	}
	if err := s.JoinGroup(netip.MustParseAddr("ff02::1235%1"), &net.Interface{Index: 2, Name: "other"}); err == nil {
		t.Error("joined a group on another interface than that of its zone")
	}
}
