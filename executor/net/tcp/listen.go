package tcp

import (
	"net"
	"syscall"

	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
)

// A ListenConfig has the options of a listener. The zero value is ready for use.
type ListenConfig struct {
	// Backlog bounds the connections that wait for an accept; 0 means the maximum of the system.
	Backlog int

	// ReusePort allows other listeners, of this process or another process of the same user, to use the same port;
	// the system spreads the connections over them. On Windows, Listen then fails with errors.ErrUnsupported.
	ReusePort bool

	// HandOver makes a [ListenerGroup] accept on one worker, which passes the connections to all workers round-robin.
	// A system that spreads connections does so by a hash of the addresses: that is cheaper, but of a few long
	// connections many may end up on one worker.
	HandOver bool

	// KeepAlive is the keep-alive of accepted connections, as for [Stream.SetKeepAliveConfig]. The zero value
	// disables it.
	KeepAlive net.KeepAliveConfig

	// Control, if not nil, is called with the new socket before the bind. network is "tcp4" or "tcp6".
	Control func(network, address string, c syscall.RawConn) error

	// first marks the first listener of a group: it binds an address that is free, and shares it with the later ones.
	first bool
}

// Listen listens on a local address with the zero [ListenConfig].
func Listen(network, address string) (*Listener, error) {
	return (&ListenConfig{}).Listen(network, address)
}

// Listen listens on a local address. network is "tcp", "tcp4" or "tcp6". address is host:port. An empty host, or the
// wildcard of either family, means all addresses of the machine, of both families under "tcp" where the system
// can do that. Port 0 means a free one.
//
// Any goroutine may call Listen. It blocks only to look up a host or a port that is given by name: inside a task,
// pass numbers.
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

// bind sets the options of the socket, binds it and listens.
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
	if err := setOptions(fd, l.config.KeepAlive); err != nil { // also where connections do not inherit them: an option that fails should fail here
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

// callControl calls the Control function of a config, if there is one, before the socket is bound or connected to at.
func callControl(f func(string, string, syscall.RawConn) error, family sys.Family, at sys.Endpoint, fd *netfd.FD) error {
	if f == nil {
		return nil
	}
	return netfd.Control(f, "tcp"+family.Digit(), at.AddrPort().String(), fd)
}
