package tcp

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
)

// A Dialer says how to connect. The zero value is a good one.
type Dialer struct {
	// LocalAddr is the address to connect from. The zero value leaves it to the system, and so does
	// port 0 for the port. Addresses of the other family are not tried.
	LocalAddr netip.AddrPort

	// Timeout bounds the whole, look-up of the name included; 0 is no bound. Scopes around, such
	// as coro.WithTimeout, bound it too.
	Timeout time.Duration

	// FallbackDelay is how long an address has before the next one is tried beside it; 0 stands
	// for 250 ms, less than 0 for waiting until it has failed.
	FallbackDelay time.Duration

	// KeepAlive is the keep-alive of the connection, as for [Stream.SetKeepAliveConfig]. The zero
	// value is none.
	KeepAlive net.KeepAliveConfig

	// Resolve, if not nil, looks up a name in place of net.DefaultResolver.LookupNetIP. network is
	// "ip", "ip4" or "ip6". It runs on the blocking pool.
	Resolve func(ctx context.Context, network, host string) ([]netip.Addr, error)

	// Control, if not nil, is called with each new socket before it is bound or connected. network
	// is "tcp4" or "tcp6", address where it will connect to.
	Control func(network, address string, c syscall.RawConn) error
}

// defaultFallbackDelay is what RFC 8305 recommends for the time between two attempts.
const defaultFallbackDelay = 250 * time.Millisecond

// Dial connects to an address with the zero [Dialer].
func Dial(co *coro.Co, network, address string) (*Stream, error) {
	return (&Dialer{}).Dial(co, network, address)
}

// Dial connects to an address. network is "tcp", "tcp4" or "tcp6"; address is host:port, with names
// or numbers. An empty host, or a wildcard, is this machine. A name is looked up on the blocking
// pool; its addresses are then tried in turn, families alternating, each with a head start of
// FallbackDelay, and the first to connect wins (RFC 8305). The other attempts are given up. If all
// fail, the error is that of the first.
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
			err = cause // a look-up that was cancelled has its own words for it
		}
		return nil, &net.OpError{Op: "dial", Net: network, Source: d.source(), Err: err}
	}
	r, err := coro.Await[Dialed](co, &attempts{dialer: d, network: network, to: to})
	if err != nil {
		return nil, d.failed(network, to[0], err)
	}
	return r.Stream, r.Err
}

// Dialed is what [Dialer.DialTo] answers: one of the two.
type Dialed struct {
	Stream *Stream
	Err    error
}

// DialTo returns a future that connects to addr. It takes no name, so it needs no blocking pool.
// Whoever takes the Stream out of the answer closes it.
func (d *Dialer) DialTo(addr netip.AddrPort) core.Future[Dialed] {
	if !addr.IsValid() {
		err := &net.AddrError{Err: "not an address", Addr: addr.String()}
		return &attempts{dialer: d, network: "tcp", first: &net.OpError{Op: "dial", Net: "tcp", Source: d.source(), Err: err}}
	}
	at := here(sys.EndpointOf(addr))
	if !d.suits("tcp", at) {
		err := &net.AddrError{Err: "not of the local address's family", Addr: addr.String()}
		return &attempts{dialer: d, network: "tcp", first: d.failed("tcp", at, err)}
	}
	return &attempts{dialer: d, network: "tcp", to: []sys.Endpoint{at}, timeout: d.Timeout}
}

// DialTo returns a future that connects to addr with the zero [Dialer].
func DialTo(addr netip.AddrPort) core.Future[Dialed] { return (&Dialer{}).DialTo(addr) }

// resolve returns the endpoints to try, in order, at least one.
func (d *Dialer) resolve(co *coro.Co, network, address string) ([]sys.Endpoint, error) {
	if err := checkNetwork(network); err != nil {
		return nil, err
	}
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := resolvePort(co, network, service)
	if err != nil {
		return nil, err
	}
	ips, err := d.resolveHost(co, network, host)
	if err != nil {
		return nil, err
	}
	var to []sys.Endpoint
	for _, ip := range alternate(ips) {
		at := here(sys.EndpointOf(netip.AddrPortFrom(ip, port)))
		if d.suits(network, at) {
			to = append(to, at)
		}
	}
	if len(to) == 0 {
		return nil, &net.AddrError{Err: "no address of a family that can be used", Addr: host}
	}
	return to, nil
}

// resolvePort turns a number or the name of a service into a port.
func resolvePort(co *coro.Co, network, service string) (uint16, error) {
	if service == "" {
		return 0, nil
	}
	if n, err := strconv.Atoi(service); err == nil {
		if n < 0 || n > 1<<16-1 {
			return 0, &net.AddrError{Err: "invalid port", Addr: service}
		}
		return uint16(n), nil
	}
	n, err := executor.Blocking(co, func() (int, error) {
		return net.DefaultResolver.LookupPort(co, network, service)
	})
	return uint16(n), err
}

func (d *Dialer) resolveHost(co *coro.Co, network, host string) ([]netip.Addr, error) {
	if host == "" {
		return []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()}, nil
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	resolve := d.Resolve
	if resolve == nil {
		resolve = net.DefaultResolver.LookupNetIP
	}
	ipNetwork := "ip" + network[len("tcp"):]
	return executor.Blocking(co, func() ([]netip.Addr, error) {
		return resolve(co, ipNetwork, host) // co is a context, so a cancelled look-up ends
	})
}

// alternate orders addresses so that families take turns, each in its own order and the one that
// comes first at first: where one family does not get through, the other is not far.
func alternate(ips []netip.Addr) []netip.Addr {
	if len(ips) == 0 {
		return nil
	}
	var families [2][]netip.Addr
	for _, ip := range ips {
		ip = ip.Unmap()
		i := 0
		if ip.Is4() != ips[0].Unmap().Is4() {
			i = 1
		}
		families[i] = append(families[i], ip)
	}
	out := make([]netip.Addr, 0, len(ips))
	for i := 0; len(out) < len(ips); i++ {
		for _, family := range families {
			if i < len(family) {
				out = append(out, family[i])
			}
		}
	}
	return out
}

// here replaces a wildcard, which names no machine to connect to, by the loopback address.
func here(at sys.Endpoint) sys.Endpoint {
	if at.Unspecified() {
		return at.Family().Loopback(at.AddrPort().Port())
	}
	return at
}

// suits reports whether at may be tried.
func (d *Dialer) suits(network string, at sys.Endpoint) bool {
	family := at.Family()
	if d.LocalAddr.IsValid() && sys.EndpointOf(d.LocalAddr).Family() != family {
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
