package stdnet

import (
	"errors"
	"net"
	"net/netip"
	"syscall"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/executor/net/udp"
	"github.com/moduvex/moduvex-go/reactor"
)

// A UDPConn is the net.PacketConn of a UDP socket, and a net.Conn if it is connected, with the methods of a *net.UDPConn. Any
// goroutine may call its methods; those that wait fail with ErrOnWorker inside a task. Addresses of IPv4 are never mapped
// into IPv6, also where the socket receives both.
type UDPConn struct {
	conn
	socket *udp.Socket
}

var (
	_ net.Conn       = (*UDPConn)(nil)
	_ net.PacketConn = (*UDPConn)(nil)
	_ syscall.Conn   = (*UDPConn)(nil)
)

var errMissingAddress = errors.New("missing address")

// ReadFrom implements net.PacketConn. Bytes of the datagram that do not fit into b are discarded.
func (c *UDPConn) ReadFrom(b []byte) (n int, from net.Addr, err error) {
	n, a, err := c.ReadFromUDP(b)
	if a != nil {
		from = a
	}
	return n, from, err
}

// ReadFromUDP is ReadFrom with the type of the address.
func (c *UDPConn) ReadFromUDP(b []byte) (n int, from *net.UDPAddr, err error) {
	n, a, err := c.ReadFromUDPAddrPort(b)
	if err == nil && a.IsValid() {
		from = net.UDPAddrFromAddrPort(a)
	}
	return n, from, err
}

// ReadFromUDPAddrPort is ReadFrom with the address as a value.
func (c *UDPConn) ReadFromUDPAddrPort(b []byte) (n int, from netip.AddrPort, err error) {
	n, err = await(&c.conn, reactor.Read, func(cx *core.Context) (n int, ready bool, err error) {
		n, from, ready, err = c.socket.PollReadFrom(cx, b)
		return n, ready, err
	})
	return n, from, c.readError("read", err)
}

// WriteTo implements net.PacketConn. addr is a *net.UDPAddr.
func (c *UDPConn) WriteTo(b []byte, addr net.Addr) (n int, err error) {
	a, ok := addr.(*net.UDPAddr)
	if !ok {
		return 0, c.failedTo(addr, syscall.EINVAL)
	}
	return c.WriteToUDP(b, a)
}

// WriteToUDP is WriteTo with the type of the address.
func (c *UDPConn) WriteToUDP(b []byte, addr *net.UDPAddr) (n int, err error) {
	switch {
	case addr == nil && c.remote == nil:
		return 0, c.failedTo(nil, errMissingAddress)
	case addr == nil:
		return 0, c.failedTo(nil, net.ErrWriteToConnected)
	case c.remote != nil:
		return 0, c.failedTo(addr, net.ErrWriteToConnected)
	}
	return c.writeTo(b, addrPort(addr), addr)
}

// WriteToUDPAddrPort is WriteTo with the address as a value.
func (c *UDPConn) WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (n int, err error) {
	if c.remote != nil {
		return 0, c.failedTo(net.UDPAddrFromAddrPort(addr), net.ErrWriteToConnected)
	}
	return c.writeTo(b, addr, nil)
}

// writeTo sends a datagram. full is the address for errors; nil means to.
func (c *UDPConn) writeTo(b []byte, to netip.AddrPort, full *net.UDPAddr) (n int, err error) {
	n, err = await(&c.conn, reactor.Write, func(cx *core.Context) (int, bool, error) { return c.socket.PollWriteTo(cx, b, to) })
	if err != nil {
		if full == nil {
			full = net.UDPAddrFromAddrPort(to)
		}
		err = c.failedTo(full, err)
	}
	return n, err
}

// addrPort returns an address as a value; without an IP it is this machine, as in package net.
func addrPort(a *net.UDPAddr) netip.AddrPort {
	ap := a.AddrPort()
	if !ap.Addr().IsValid() {
		return netip.AddrPortFrom(netip.IPv4Unspecified(), ap.Port())
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// failedTo makes the error of a write to an address.
func (c *conn) failedTo(addr net.Addr, err error) error {
	return &net.OpError{Op: "write", Net: c.network, Source: c.local, Addr: addr, Err: cause(err)}
}

// Write implements net.Conn: it sends b as a datagram to the peer.
func (c *UDPConn) Write(b []byte) (n int, err error) {
	n, err = await(&c.conn, reactor.Write, func(cx *core.Context) (int, bool, error) { return c.socket.PollWrite(cx, b) })
	return n, c.wrap("write", err)
}
