package tcp

import (
	"net"
	"syscall"

	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
)

// A ListenConfig says how to listen. The zero value is a good one.
type ListenConfig struct {
	// Backlog is how many connections may wait to be accepted; 0 stands for as many as the system
	// allows.
	Backlog int

	// ReusePort lets further listeners, of this process or another of the same user, take the same
	// port; the system spreads the connections over them. Windows cannot do it: errors.ErrUnsupported.
	ReusePort bool

	// HandOver makes a [ListenerGroup] accept on one worker, which hands the connections over to all
	// in turns. Where the system would spread them, it does so by a hash of the addresses: that is
	// cheaper, but a few connections that last may well meet on one worker.
	HandOver bool

	// KeepAlive is the keep-alive of accepted connections, as for [Stream.SetKeepAliveConfig]. The
	// zero value is none.
	KeepAlive net.KeepAliveConfig

	// Control, if not nil, is called with the new socket before it is bound. network is "tcp4" or
	// "tcp6".
	Control func(network, address string, c syscall.RawConn) error

	// first says that the listener is the first of a group: it takes an address that nobody has, and shares
	// it with those that come later.
	first bool
}

// Listen listens on a local address with the zero [ListenConfig].
func Listen(network, address string) (*Listener, error) {
	return (&ListenConfig{}).Listen(network, address)
}

// Listen listens on a local address. network is "tcp", "tcp4" or "tcp6". address is host:port; an
// empty host, or the wildcard of either family, is all addresses of the machine, of both families
// under "tcp" where the system can do that; port 0 is one that is free.
//
// Listen may be called inside a task or anywhere else. It does not wait, but for the look-up of a
// host or a port that is given by name: inside a task give numbers.
func (lc *ListenConfig) Listen(network, address string) (*Listener, error) {
	if err := checkNetwork(network); err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	addr, err := net.ResolveTCPAddr(network, address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	at, err := sys.EndpointOf(addr.AddrPort())
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: addr, Err: err}
	}
	family, only6 := at.ListenFamily(network)
	l, err := lc.listen(family, only6, at)
	if err != nil && family == sys.Inet6 && network == "tcp" && at.Unspecified() && sys.NoFamily(err) {
		l, err = lc.listen(sys.Inet4, false, at) // the machine has no sockets for both families
	}
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: addr, Err: err}
	}
	return l, nil
}

func (lc *ListenConfig) listen(family sys.Family, only6 bool, at sys.Endpoint) (*Listener, error) {
	if at.Unspecified() {
		at = family.Any(at.AddrPort().Port())
	}
	fd, err := sys.Socket(family)
	if err != nil {
		return nil, err
	}
	l := &Listener{config: *lc}
	l.fd.Init(fd, l)
	if err := l.bind(fd, family, only6, at); err != nil {
		_ = l.fd.Close()
		return nil, err
	}
	return l, nil
}

// bind takes the socket from its making to listening.
func (l *Listener) bind(fd int, family sys.Family, only6 bool, at sys.Endpoint) error {
	if family == sys.Inet6 {
		if err := sys.SetV6Only(fd, only6); err != nil {
			return err
		}
	}
	if err := sys.SetReuseAddr(fd); err != nil {
		return err
	}
	if l.config.ReusePort && !l.config.first {
		if err := sys.SetReusePort(fd); err != nil {
			return err
		}
	}
	if err := setOptions(fd, l.config.KeepAlive); err != nil { // also where they are not inherited: they are looked at
		return err
	}
	if err := callControl(l.config.Control, family, at, &l.fd.FD); err != nil {
		return err
	}
	if err := sys.Bind(fd, family, at); err != nil {
		return err
	}
	if l.config.first {
		if err := sys.SetReusePort(fd); err != nil {
			return err
		}
	}
	backlog := l.config.Backlog
	if backlog <= 0 {
		backlog = sys.MaxBacklog()
	}
	if err := sys.Listen(fd, backlog); err != nil {
		return err
	}
	var err error
	l.addr, err = sys.Local(fd)
	return err
}

// callControl calls the Control function of a config, if there is one, with a socket that is about
// to be bound or connected to at.
func callControl(f func(string, string, syscall.RawConn) error, family sys.Family, at sys.Endpoint, fd *netfd.FD) error {
	if f == nil {
		return nil
	}
	return netfd.Control(f, "tcp"+family.Digit(), at.AddrPort().String(), fd)
}
