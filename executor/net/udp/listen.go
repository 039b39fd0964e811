package udp

import (
	"net"
	"net/netip"
	"syscall"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/executor/net/internal/resolve"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
)

// A ListenConfig has the options of a socket. The zero value is ready for use.
type ListenConfig struct {
	// ReuseAddr allows several sockets to use the same address, if all of them set it: each of them then receives
	// what is sent to a multicast group.
	ReuseAddr bool

	// ReusePort allows other sockets, of this process or another process of the same user, to use the same address;
	// the system spreads the datagrams over them, those of one peer to the same socket. On Windows, Listen then fails
	// with errors.ErrUnsupported.
	ReusePort bool

	// Control, if not nil, is called with the new socket before the bind. network is "udp4" or "udp6".
	Control func(network, address string, c syscall.RawConn) error
}

// Listen makes a socket at a local address with the zero [ListenConfig].
func Listen(network, address string) (*Socket, error) {
	return (&ListenConfig{}).Listen(network, address)
}

// Bind makes a socket at a local address with the zero [ListenConfig].
func Bind(addr netip.AddrPort) (*Socket, error) { return (&ListenConfig{}).Bind(addr) }

// Connect makes a socket, at an address of the system's choice, that is connected to a peer.
func Connect(to netip.AddrPort) (*Socket, error) {
	s, err := connect(to)
	if err != nil {
		return nil, dialError("udp", to, err)
	}
	return s, nil
}

// Dial makes a socket that is connected to a peer. network is "udp", "udp4" or "udp6"; address is host:port, with
// names or numbers. An empty host, or a wildcard, means this machine. Dial looks a name up on the blocking pool,
// and takes the first of its addresses that the system has a route to. It does not check that there is a peer.
func Dial(co *coro.Co, network, address string) (*Socket, error) {
	var none netip.AddrPort
	if err := checkNetwork(network); err != nil {
		return nil, dialError(network, none, err)
	}
	ips, host, port, err := resolve.Addrs(co, network, address, nil)
	if err != nil {
		if cause := co.Cause(); cause != nil {
			err = cause // a look-up that was cancelled returns an error of its own
		}
		return nil, dialError(network, none, err)
	}
	var first error
	for _, ip := range ips {
		if network != "udp" && ip.Is4() != (network == "udp4") {
			continue
		}
		to := netip.AddrPortFrom(ip, port)
		s, err := connect(to)
		if err == nil {
			return s, nil
		}
		if first == nil {
			first = dialError(network, to, err)
		}
	}
	if first == nil {
		err := &net.AddrError{Err: "no address of a family that can be used", Addr: host}
		first = dialError(network, none, err)
	}
	return nil, first
}

func connect(to netip.AddrPort) (*Socket, error) {
	if !to.IsValid() {
		return nil, &net.AddrError{Err: "not an address", Addr: to.String()}
	}
	e, err := sys.EndpointOf(to)
	if err != nil {
		return nil, err
	}
	s, err := newSocket(e.Family())
	if err != nil {
		return nil, err
	}
	if err := s.connect(e); err != nil {
		_ = s.fd.Close()
		return nil, err
	}
	return s, nil
}

func dialError(network string, to netip.AddrPort, err error) error {
	oe := &net.OpError{Op: "dial", Net: network, Err: err}
	if to.IsValid() {
		oe.Addr = net.UDPAddrFromAddrPort(to)
	}
	return oe
}

// Bind makes a socket at a local address. Port 0 is one that is free. The wildcard of a family is all
// addresses of that family; Listen has one for both.
func (lc *ListenConfig) Bind(addr netip.AddrPort) (*Socket, error) {
	if !addr.IsValid() {
		err := &net.AddrError{Err: "not an address", Addr: addr.String()}
		return nil, &net.OpError{Op: "listen", Net: "udp", Err: err}
	}
	at, err := sys.EndpointOf(addr)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: "udp", Addr: net.UDPAddrFromAddrPort(addr), Err: err}
	}
	if addr.Addr().Is6() && !addr.Addr().Is4In6() {
		return lc.listen("udp", sys.Inet6, true, at)
	}
	return lc.listen("udp", sys.Inet4, false, at)
}

// Listen makes a socket at a local address. network is "udp", "udp4" or "udp6". address is host:port. An empty host,
// or the wildcard of either family, means all addresses of the machine, of both families under "udp" where the
// system can do that. Port 0 means a free one.
//
// Any goroutine may call Listen. It blocks only to look up a host or a port that is given by name: inside a task,
// pass numbers.
func (lc *ListenConfig) Listen(network, address string) (*Socket, error) {
	if err := checkNetwork(network); err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	addr, err := net.ResolveUDPAddr(network, address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	at, err := sys.EndpointOf(addr.AddrPort())
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: addr, Err: err}
	}
	family, only6 := at.ListenFamily(network)
	s, err := lc.listen(network, family, only6, at)
	if err != nil && family == sys.Inet6 && network == "udp" && at.Unspecified() && sys.NoFamily(err) {
		s, err = lc.listen(network, sys.Inet4, false, at) // the machine has no sockets for both families
	}
	return s, err
}

// checkNetwork returns an error unless network is one of this package.
func checkNetwork(network string) error {
	switch network {
	case "udp", "udp4", "udp6":
		return nil
	}
	return net.UnknownNetworkError(network)
}

func (lc *ListenConfig) listen(network string, family sys.Family, only6 bool, at sys.Endpoint) (*Socket, error) {
	if at.Unspecified() {
		at = family.Any(at.AddrPort().Port())
	}
	s, err := newSocket(family)
	if err == nil {
		if err = lc.open(s, only6, at); err != nil {
			_ = s.fd.Close()
		}
	}
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: at.UDPAddr(), Err: err}
	}
	return s, nil
}

func newSocket(family sys.Family) (*Socket, error) {
	fd, err := sys.DatagramSocket(family)
	if err != nil {
		return nil, err
	}
	s := &Socket{family: family}
	s.fd.InitBoundaries(fd)
	return s, nil
}

// open sets the options of the socket and binds it.
func (lc *ListenConfig) open(s *Socket, only6 bool, at sys.Endpoint) error {
	fd := s.fd.Sysfd()
	if s.family == sys.Inet6 {
		if err := sys.SetV6Only(fd, only6); err != nil {
			return err
		}
	}
	if lc.ReuseAddr {
		if err := sys.SetReuseAddr(fd); err != nil {
			return err
		}
	}
	if lc.ReusePort {
		if err := sys.SetReusePort(fd); err != nil {
			return err
		}
	}
	if lc.Control != nil {
		if err := netfd.Control(lc.Control, "udp"+s.family.Digit(), at.AddrPort().String(), &s.fd); err != nil {
			return err
		}
	}
	return sys.Bind(fd, s.family, at)
}
