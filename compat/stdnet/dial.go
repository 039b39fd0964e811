package stdnet

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/executor/net/udp"
	"github.com/moduvex/moduvex-go/executor/net/unix"
)

// A Dialer has the options of a connection that is made, as net.Dialer has. The zero value with a Runtime is ready for use.
type Dialer struct {
	// Runtime is the one whose workers wake the calls. It must not be nil.
	Runtime *executor.Runtime

	// Timeout bounds a dial, including the look-up of the name; 0 means no bound.
	Timeout time.Duration

	// Deadline is when a dial fails; the zero Time means never. The earlier of it and of Timeout counts.
	Deadline time.Time

	// LocalAddr is the address to connect from, of the type of the network; nil means that the system chooses it. A dial
	// over "unix" or "unixpacket" with one fails with errors.ErrUnsupported.
	LocalAddr net.Addr

	// FallbackDelay is the time after which a dial over TCP tries the next address beside the one under way; 0 means 250
	// ms. With a negative value, it tries the next address once the one before has failed.
	FallbackDelay time.Duration

	// KeepAlive is how long a connection over TCP is idle before it is probed; 0 means 15 s, and less than 0 no probes. It
	// has no effect if KeepAliveConfig.Enable is true.
	KeepAlive time.Duration

	// KeepAliveConfig is the keep-alive of a connection over TCP, if its Enable is true.
	KeepAliveConfig net.KeepAliveConfig

	// Resolver looks names up, on the calling goroutine; nil means net.DefaultResolver.
	Resolver Resolver

	// Control, if not nil, is called with each new socket of TCP and UDP before the bind and the connect.
	Control func(network, address string, c syscall.RawConn) error
}

// A Resolver looks names up. A *net.Resolver is one.
type Resolver interface {
	// LookupNetIP returns the addresses of a host. network is "ip", "ip4" or "ip6".
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Dial is DialContext without a context.
func (d *Dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialContext connects to an address. network is "tcp", "udp", each with or without a 4 or 6, "unix", "unixpacket" or
// "unixgram". The result is a *TCPConn, *UDPConn or *UnixConn. ctx bounds the dial, and has no effect on the connection.
//
// Over TCP it tries the addresses of a name one after the other, with alternating families, each with a head start of
// FallbackDelay; the first one to connect wins (RFC 8305). It fails with ErrOnWorker inside a task. Any goroutine.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if d.Runtime == nil {
		panic("stdnet: a dial without a Runtime")
	}
	if ctx == nil {
		panic("stdnet: a dial with a nil context")
	}
	if executor.Inside() {
		return nil, d.failed(network, dialAddr{network, address}, ErrOnWorker)
	}
	deadline := d.Deadline
	if d.Timeout > 0 {
		if at := time.Now().Add(d.Timeout); deadline.IsZero() || at.Before(deadline) {
			deadline = at
		}
	}
	if !deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	switch network {
	case "tcp", "tcp4", "tcp6":
		return d.dialTCP(ctx, network, address)
	case "udp", "udp4", "udp6":
		return d.dialUDP(ctx, network, address)
	case "unix", "unixpacket", "unixgram":
		return d.dialUnix(ctx, network, address)
	}
	return nil, d.failed(network, nil, net.UnknownNetworkError(network))
}

func (d *Dialer) dialTCP(ctx context.Context, network, address string) (net.Conn, error) {
	local, ok := d.LocalAddr.(*net.TCPAddr)
	if !ok && d.LocalAddr != nil {
		return nil, d.failed(network, nil, mismatched(d.LocalAddr))
	}
	addrs, err := resolve(ctx, d.Resolver, network, address)
	if err != nil {
		return nil, d.failed(network, nil, err)
	}
	t := tcp.Dialer{FallbackDelay: d.FallbackDelay, KeepAlive: keepAlive(d.KeepAlive, d.KeepAliveConfig), Control: d.Control}
	if local != nil {
		t.LocalAddr = localAddrPort(local.AddrPort(), addrs)
	}
	r, err := executor.PollHere(ctx, d.Runtime, t.DialAddrsFuture(network, addrs))
	if err != nil {
		return nil, d.failed(network, net.TCPAddrFromAddrPort(addrs[0]), dialCause(ctx, err))
	}
	if r.Err != nil {
		return nil, d.shaped(network, r.Err)
	}
	return freeOn(d.Runtime, d.Runtime.NextWorker(), r.Value, network), nil
}

// localAddrPort replaces a local address without an IP by the wildcard of the first address's family.
func localAddrPort(local netip.AddrPort, to []netip.AddrPort) netip.AddrPort {
	if local.Addr().IsValid() {
		return netip.AddrPortFrom(local.Addr().Unmap(), local.Port())
	}
	if to[0].Addr().Unmap().Is4() {
		return netip.AddrPortFrom(netip.IPv4Unspecified(), local.Port())
	}
	return netip.AddrPortFrom(netip.IPv6Unspecified(), local.Port())
}

func (d *Dialer) dialUDP(ctx context.Context, network, address string) (net.Conn, error) {
	local, ok := d.LocalAddr.(*net.UDPAddr)
	if !ok && d.LocalAddr != nil {
		return nil, d.failed(network, nil, mismatched(d.LocalAddr))
	}
	addrs, err := resolve(ctx, d.Resolver, network, address)
	if err != nil {
		return nil, d.failed(network, nil, err)
	}
	var first error
	for _, to := range addrs {
		if network != "udp" && to.Addr().Is4() != (network == "udp4") {
			continue
		}
		if ctx.Err() != nil { // a connect over UDP does not wait, and so does not look
			return nil, d.failed(network, net.UDPAddrFromAddrPort(to), dialCause(ctx, context.Cause(ctx)))
		}
		s, err := d.connectUDP(local, to)
		if err == nil {
			return freeOn(d.Runtime, d.Runtime.NextWorker(), s, network), nil
		}
		if first == nil {
			first = d.failed(network, net.UDPAddrFromAddrPort(to), cause(err))
		}
	}
	if first == nil {
		first = d.failed(network, nil, &net.AddrError{Err: "no suitable address found", Addr: address})
	}
	return nil, first
}

func (d *Dialer) connectUDP(local *net.UDPAddr, to netip.AddrPort) (*udp.Socket, error) {
	to = here(to)
	if local == nil && d.Control == nil {
		return udp.Connect(to)
	}
	from := localAddrPort(netip.AddrPort{}, []netip.AddrPort{to})
	if local != nil {
		from = localAddrPort(local.AddrPort(), []netip.AddrPort{to})
	}
	s, err := (&udp.ListenConfig{Control: d.Control}).Bind(from)
	if err != nil {
		return nil, err
	}
	if err := s.Connect(to); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// here replaces a wildcard by this machine.
func here(a netip.AddrPort) netip.AddrPort {
	switch a.Addr() {
	case netip.IPv4Unspecified():
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), a.Port())
	case netip.IPv6Unspecified():
		return netip.AddrPortFrom(netip.IPv6Loopback(), a.Port())
	}
	return a
}

func (d *Dialer) dialUnix(ctx context.Context, network, name string) (net.Conn, error) {
	local, ok := d.LocalAddr.(*net.UnixAddr)
	if !ok && d.LocalAddr != nil {
		return nil, d.failed(network, nil, mismatched(d.LocalAddr))
	}
	to := &net.UnixAddr{Name: name, Net: network}
	var s Socket
	var err error
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case network == "unixgram":
		s, err = connectUnixgram(local, name)
	case local != nil:
		err = errors.ErrUnsupported // a connection from a name
	case network == "unix":
		s, err = dialed(executor.PollHere(ctx, d.Runtime, unix.DialFuture(name)))
	default:
		s, err = dialed(executor.PollHere(ctx, d.Runtime, unix.DialSeqpacketFuture(name)))
	}
	if err != nil {
		return nil, d.failed(network, to, dialCause(ctx, cause(err)))
	}
	return freeOn(d.Runtime, d.Runtime.NextWorker(), s, network), nil
}

// dialed returns the output of a dial as a Socket.
func dialed[S Socket](r core.Result[S], err error) (Socket, error) {
	if err == nil {
		err = r.Err
	}
	if err != nil {
		return nil, err
	}
	return r.Value, nil
}

func connectUnixgram(local *net.UnixAddr, name string) (Socket, error) {
	if local == nil {
		return asSocket(unix.Connect(name))
	}
	s, err := unix.Bind(local.Name)
	if err != nil {
		return nil, err
	}
	if err := s.Connect(name); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// asSocket keeps a nil pointer from becoming a Socket that is not nil.
func asSocket[S Socket](s S, err error) (Socket, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

// resolve returns the addresses of host:port, at least one, in the order of the resolver. An empty host is this machine.
func resolve(ctx context.Context, r Resolver, network, address string) ([]netip.AddrPort, error) {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := resolvePort(ctx, network, service)
	if err != nil {
		return nil, err
	}
	if host == "" {
		return []netip.AddrPort{netip.AddrPortFrom(netip.IPv4Unspecified(), port), netip.AddrPortFrom(netip.IPv6Unspecified(), port)}, nil
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.AddrPort{netip.AddrPortFrom(ip.Unmap(), port)}, nil
	}
	if r == nil {
		r = net.DefaultResolver
	}
	ips, err := r.LookupNetIP(ctx, "ip"+network[len("tcp"):], host)
	if err != nil {
		return nil, err
	}
	if len(ips) == 0 {
		return nil, &net.AddrError{Err: "no suitable address found", Addr: host}
	}
	addrs := make([]netip.AddrPort, len(ips))
	for i, ip := range ips {
		addrs[i] = netip.AddrPortFrom(ip.Unmap(), port)
	}
	return addrs, nil
}

func resolvePort(ctx context.Context, network, service string) (uint16, error) {
	if service == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(service)
	if err != nil {
		n, err = net.DefaultResolver.LookupPort(ctx, network, service)
		return uint16(n), err
	}
	if n < 0 || n > 1<<16-1 {
		return 0, &net.AddrError{Err: "invalid port", Addr: service}
	}
	return uint16(n), nil
}

// failed makes the error of a dial.
func (d *Dialer) failed(network string, to net.Addr, err error) error {
	return &net.OpError{Op: "dial", Net: network, Source: d.LocalAddr, Addr: to, Err: err}
}

// shaped gives the error of a dial of package tcp the source of d.
func (d *Dialer) shaped(network string, err error) error {
	oe, ok := err.(*net.OpError)
	if !ok {
		return d.failed(network, nil, err)
	}
	return d.failed(network, oe.Addr, oe.Err)
}

// mismatched is the error of an address of another network.
func mismatched(a net.Addr) error {
	return &net.AddrError{Err: "mismatched local address type", Addr: a.String()}
}

// dialCause gives the cause of a dial that ctx has ended the form that package net has.
func dialCause(ctx context.Context, err error) error {
	switch {
	case ctx.Err() == nil || !errors.Is(err, context.Cause(ctx)):
		return err
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return timeoutError{}
	}
	return canceledError{}
}

// A timeoutError is the error of a dial after its deadline.
type timeoutError struct{}

func (timeoutError) Error() string   { return "i/o timeout" }
func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return true }

func (timeoutError) Is(target error) bool {
	return target == context.DeadlineExceeded || target == os.ErrDeadlineExceeded
}

// A canceledError is the error of a dial whose context was canceled.
type canceledError struct{}

func (canceledError) Error() string        { return "operation was canceled" }
func (canceledError) Is(target error) bool { return target == context.Canceled }

// A dialAddr is an address as it was given to a dial.
type dialAddr struct{ network, address string }

func (a dialAddr) Network() string { return a.network }
func (a dialAddr) String() string  { return a.address }
