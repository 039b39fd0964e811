package tcp_test

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// A zone that names no interface was connected to without one.
func TestZonesThatCannotBeAreRefused(t *testing.T) {
	rt := nettest.NewRuntime(t)
	for _, zone := range []string{"nosuch", "4294967296"} {
		to := netip.AddrPortFrom(netip.MustParseAddr("fe80::1").WithZone(zone), 9)
		nettest.Do(t, rt, func(co *coro.Co) error {
			refusals := map[string]error{}
			_, refusals["Dial"] = tcp.Dial(co, "tcp", to.String())
			r, err := coro.Await(co, tcp.DialFuture(to))
			refusals["DialFuture"] = errors.Join(err, r.Err)
			d := tcp.Dialer{LocalAddr: to}
			_, refusals["Dialer.Dial"] = d.Dial(co, "tcp", "[::1]:9")
			_, refusals["Listen"] = tcp.Listen("tcp", to.String())
			for op, err := range refusals {
				var ae *net.AddrError
				var se *os.SyscallError
				if !errors.As(err, &ae) || ae.Addr != to.String() || errors.As(err, &se) {
					t.Errorf("%s of zone %q: %v", op, zone, err)
				}
			}
			return nil
		})
	}
}
