package tcp

import (
	"context"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/resolve"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
)

// A Dialer has the options of a connection that is made. The zero value is ready for use.
type Dialer struct {
	// LocalAddr is the address to connect from. With the zero value the system chooses it, and with port 0 the port.
	// Dial does not try addresses of the other family.
	LocalAddr netip.AddrPort

	// Timeout bounds the whole Dial, including the look-up of the name; 0 means no bound. coro.WithTimeout bounds it,
	// too.
	Timeout time.Duration

	// FallbackDelay is the time after which Dial tries the next address beside the one under way; 0 means 250
	// ms. With a negative value, Dial tries the next address once the one before has failed.
	FallbackDelay time.Duration

	// KeepAlive is the keep-alive of the connection, as for [Stream.SetKeepAliveConfig]. The zero value disables it.
	KeepAlive net.KeepAliveConfig

	// Resolve, if not nil, looks names up instead of net.DefaultResolver.LookupNetIP. network is "ip", "ip4" or
	// "ip6". It runs on the blocking pool.
	Resolve func(ctx context.Context, network, host string) ([]netip.Addr, error)

	// Control, if not nil, is called with each new socket before the bind and the connect. network is "tcp4" or
	// "tcp6", and address is the one to connect to.
	Control func(network, address string, c syscall.RawConn) error
}

// defaultFallbackDelay is the time between two attempts that RFC 8305 recommends.
const defaultFallbackDelay = 250 * time.Millisecond

// Dial connects to an address with the zero [Dialer].
func Dial(co *coro.Co, network, address string) (*Stream, error) {
	return (&Dialer{}).Dial(co, network, address)
}

// Dial connects to an address. network is "tcp", "tcp4" or "tcp6"; address is host:port, with names or numbers. An
// empty host, or a wildcard, means this machine. Dial looks a name up on the blocking pool, and then tries its
// addresses one after the other, with alternating families, each with a head start of FallbackDelay. The first one to
// connect wins (RFC 8305), and Dial cancels the other attempts. If all fail, it returns the error of the first one.
func (d *Dialer) Dial(co *coro.Co, network, address string) (*Stream, error) {
	var s *Stream
	dial := func(co *coro.Co) (err error) {
		s, err = d.dial(co, network, address)
		return err
	}
	var err error
	if d.Timeout > 0 {
		err = coro.WithTimeout(co, d.Timeout, dial)
	} else {
		err = dial(co)
	}
	return s, err
}

func (d *Dialer) dial(co *coro.Co, network, address string) (*Stream, error) {
	to, err := d.resolve(co, network, address)
	if err != nil {
		if cause := co.Cause(); cause != nil {
			err = cause // a look-up that was cancelled returns an error of its own
		}
		return nil, &net.OpError{Op: "dial", Net: network, Source: d.source(), Err: err}
	}
	r, err := coro.Await[core.Result[*Stream]](co, &attempts{dialer: d, network: network, to: to})
	if err != nil {
		return nil, d.failed(network, to[0], err)
	}
	return r.Get()
}

// DialFuture returns a future that connects to addr. It takes no name, so it needs no blocking pool. The caller that
// takes the Stream out of the result closes it. Resolve and FallbackDelay have no effect.
func (d *Dialer) DialFuture(addr netip.AddrPort) core.Future[core.Result[*Stream]] {
	if !addr.IsValid() {
		err := &net.AddrError{Err: "not an address", Addr: addr.String()}
		return &attempts{dialer: d, network: "tcp", first: &net.OpError{Op: "dial", Net: "tcp", Source: d.source(), Err: err}}
	}
	at, err := sys.EndpointOf(addr)
	at = at.Here()
	if err == nil && !d.suits("tcp", at) {
		err = &net.AddrError{Err: "not of the local address's family", Addr: addr.String()}
	}
	if err != nil {
		return &attempts{dialer: d, network: "tcp", first: d.failed("tcp", at, err)}
	}
	return &attempts{dialer: d, network: "tcp", to: []sys.Endpoint{at}, timeout: d.Timeout}
}

// DialAddrsFuture is DialFuture for the addresses of one name. It tries them in their order, but with alternating families,
// each with a head start of FallbackDelay, as Dial does. network is "tcp", "tcp4" or "tcp6"; addresses of other families are
// left out.
func (d *Dialer) DialAddrsFuture(network string, addrs []netip.AddrPort) core.Future[core.Result[*Stream]] {
	to, err := d.endpoints(network, addrs)
	if err != nil {
		err = &net.OpError{Op: "dial", Net: network, Source: d.source(), Err: err}
		return &attempts{dialer: d, network: network, first: err}
	}
	return &attempts{dialer: d, network: network, to: to, timeout: d.Timeout}
}

// endpoints returns the endpoints of addresses to try, in order; without an error there is at least one.
func (d *Dialer) endpoints(network string, addrs []netip.AddrPort) ([]sys.Endpoint, error) {
	if err := checkNetwork(network); err != nil {
		return nil, err
	}
	var families [2][]sys.Endpoint
	var first error
	for _, addr := range addrs {
		at, err := sys.EndpointOf(addr)
		switch at = at.Here(); {
		case !addr.IsValid():
			err = &net.AddrError{Err: "not an address", Addr: addr.String()}
		case !d.suits(network, at):
			continue
		case err == nil:
			i := 0
			if len(families[0]) > 0 && families[0][0].Family() != at.Family() {
				i = 1
			}
			families[i] = append(families[i], at)
		}
		if first == nil {
			first = err
		}
	}
	var to []sys.Endpoint
	for i := range max(len(families[0]), len(families[1])) {
		for _, family := range families {
			if i < len(family) {
				to = append(to, family[i])
			}
		}
	}
	if len(to) > 0 {
		return to, nil
	}
	if first == nil {
		first = &net.AddrError{Err: "no address of a family that can be used"}
	}
	return nil, first
}

// DialFuture returns a future that connects to addr with the zero [Dialer]; see [Dialer.DialFuture].
func DialFuture(addr netip.AddrPort) core.Future[core.Result[*Stream]] {
	return (&Dialer{}).DialFuture(addr)
}

// resolve returns the endpoints to try, in order; without an error there is at least one.
func (d *Dialer) resolve(co *coro.Co, network, address string) ([]sys.Endpoint, error) {
	if err := checkNetwork(network); err != nil {
		return nil, err
	}
	ips, host, port, err := resolve.Addrs(co, network, address, d.Resolve)
	if err != nil {
		return nil, err
	}
	var to []sys.Endpoint
	for _, ip := range ips {
		at, bad := sys.EndpointOf(netip.AddrPortFrom(ip, port))
		if at = at.Here(); !d.suits(network, at) {
			continue
		}
		if bad == nil {
			to = append(to, at)
		} else if err == nil {
			err = bad
		}
	}
	if len(to) == 0 && err != nil {
		return nil, err
	}
	if len(to) == 0 {
		return nil, &net.AddrError{Err: "no address of a family that can be used", Addr: host}
	}
	return to, nil
}

// suits reports whether the family of at is one to try.
func (d *Dialer) suits(network string, at sys.Endpoint) bool {
	family := at.Family()
	if d.LocalAddr.IsValid() && d.LocalAddr.Addr().Unmap().Is4() != (family == sys.Inet4) {
		return false
	}
	switch network {
	case "tcp4":
		return family == sys.Inet4
	case "tcp6":
		return family == sys.Inet6
	}
	return true
}

func (d *Dialer) failed(network string, at sys.Endpoint, err error) error {
	return &net.OpError{Op: "dial", Net: network, Source: d.source(), Addr: at.TCPAddr(), Err: err}
}

func (d *Dialer) source() net.Addr {
	if !d.LocalAddr.IsValid() {
		return nil
	}
	return net.TCPAddrFromAddrPort(d.LocalAddr)
}
