package stdnet

import (
	"context"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/executor/net/udp"
	"github.com/moduvex/moduvex-go/executor/net/unix"
)

// A ListenConfig has the options of a listener or a packet socket, as net.ListenConfig has. The zero value with a Runtime is
// ready for use.
type ListenConfig struct {
	// Runtime is the one whose workers wake the calls. It must not be nil.
	Runtime *executor.Runtime

	// KeepAlive is how long an accepted connection is idle before it is probed; 0 means 15 s, and less than 0 no probes. It
	// has no effect if KeepAliveConfig.Enable is true.
	KeepAlive time.Duration

	// KeepAliveConfig is the keep-alive of accepted connections, if its Enable is true.
	KeepAliveConfig net.KeepAliveConfig

	// Backlog bounds the connections that wait for an accept; 0 means the maximum of the system.
	Backlog int

	// ReusePort allows other sockets to use the same port; see [tcp.ListenConfig].
	ReusePort bool

	// Control, if not nil, is called with the new socket before the bind, except for one of "unixgram".
	Control func(network, address string, c syscall.RawConn) error
}

// Listen is net.Listen over the sockets of rt: network is "tcp", "tcp4", "tcp6", "unix" or "unixpacket". The listener closes
// when rt drains. Its connections are a *TCPConn or a *UnixConn, and the workers of rt share their wakes. Listen blocks to
// look up a name; inside a task, pass numbers.
func Listen(rt *executor.Runtime, network, address string) (net.Listener, error) {
	return (&ListenConfig{Runtime: rt}).Listen(context.Background(), network, address)
}

// ListenPacket is net.ListenPacket over the sockets of rt: network is "udp", "udp4", "udp6" or "unixgram". The result is a
// *UDPConn or a *UnixConn.
func ListenPacket(rt *executor.Runtime, network, address string) (net.PacketConn, error) {
	return (&ListenConfig{Runtime: rt}).ListenPacket(context.Background(), network, address)
}

// Listen is [Listen] with the options of lc. ctx bounds the look-up of a name.
func (lc *ListenConfig) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	if lc.Runtime == nil {
		panic("stdnet: Listen without a Runtime")
	}
	switch network {
	case "tcp", "tcp4", "tcp6":
		numeric, err := lc.number(ctx, network, address)
		if err != nil {
			return nil, err
		}
		config := tcp.ListenConfig{Backlog: lc.Backlog, ReusePort: lc.ReusePort, KeepAlive: keepAlive(lc.KeepAlive, lc.KeepAliveConfig), Control: lc.Control}
		l, err := config.Listen(network, numeric)
		return listenedOn(lc.Runtime, network, l, err)
	case "unix":
		config := unix.ListenConfig{Backlog: lc.Backlog, Control: lc.Control}
		l, err := config.Listen(address)
		return listenedOn(lc.Runtime, network, l, err)
	case "unixpacket":
		config := unix.ListenConfig{Backlog: lc.Backlog, Control: lc.Control}
		l, err := config.ListenSeqpacket(address)
		return listenedOn(lc.Runtime, network, l, err)
	}
	return nil, &net.OpError{Op: "listen", Net: network, Err: net.UnknownNetworkError(network)}
}

// listenedOn is newListener of the results of a Listen. It keeps a nil pointer from becoming a net.Listener that is not nil.
func listenedOn[S Socket](rt *executor.Runtime, network string, l Acceptor[S], err error) (net.Listener, error) {
	if err != nil {
		return nil, err
	}
	made, err := newListener(rt, network, l)
	if err != nil {
		return nil, err
	}
	return made, nil
}

// keepAlive returns the keep-alive that options of package net mean.
func keepAlive(period time.Duration, config net.KeepAliveConfig) net.KeepAliveConfig {
	if config.Enable || period < 0 {
		return config
	}
	return net.KeepAliveConfig{Enable: true, Idle: period}
}

// number replaces the names of an address by numbers. Listen of the sockets would look them up, too, but without ctx.
func (lc *ListenConfig) number(ctx context.Context, network, address string) (string, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return "", &net.OpError{Op: "listen", Net: network, Err: err}
	}
	if _, err := netip.ParseAddr(host); err == nil || host == "" {
		return address, nil
	}
	addrs, err := resolve(ctx, nil, network, address)
	if err != nil {
		return "", &net.OpError{Op: "listen", Net: network, Err: err}
	}
	for _, a := range addrs { // as package net does: an address of IPv4, if there is one
		if a.Addr().Is4() {
			return a.String(), nil
		}
	}
	return addrs[0].String(), nil
}

// ListenPacket is [ListenPacket] with the options of lc. ctx bounds the look-up of a name.
func (lc *ListenConfig) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	if lc.Runtime == nil {
		panic("stdnet: ListenPacket without a Runtime")
	}
	switch network {
	case "udp", "udp4", "udp6":
		numeric, err := lc.number(ctx, network, address)
		if err != nil {
			return nil, err
		}
		config := udp.ListenConfig{ReusePort: lc.ReusePort, Control: lc.Control}
		s, err := config.Listen(network, numeric)
		if err != nil {
			return nil, err
		}
		return freeOn(lc.Runtime, lc.Runtime.NextWorker(), s, network).(*UDPConn), nil
	case "unixgram":
		s, err := unix.Bind(address)
		if err != nil {
			return nil, err
		}
		return freeOn(lc.Runtime, lc.Runtime.NextWorker(), s, network).(*UnixConn), nil
	}
	return nil, &net.OpError{Op: "listen", Net: network, Err: net.UnknownNetworkError(network)}
}
