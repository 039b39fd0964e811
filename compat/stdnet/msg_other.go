//go:build !unix

package stdnet

import (
	"errors"
	"net"
	"net/netip"
)

// ReadMsgUDP is ReadFrom; on this system it has no control data.
func (c *UDPConn) ReadMsgUDP(b, _ []byte) (n, oobn, flags int, addr *net.UDPAddr, err error) {
	n, addr, err = c.ReadFromUDP(b)
	return n, 0, 0, addr, err
}

// ReadMsgUDPAddrPort is ReadMsgUDP with the address as a value.
func (c *UDPConn) ReadMsgUDPAddrPort(b, _ []byte) (n, oobn, flags int, addr netip.AddrPort, err error) {
	n, addr, err = c.ReadFromUDPAddrPort(b)
	return n, 0, 0, addr, err
}

// WriteMsgUDP is WriteTo; on this system control data is not supported. A connected socket sends to its peer, and addr is
// nil.
func (c *UDPConn) WriteMsgUDP(b, oob []byte, addr *net.UDPAddr) (n, oobn int, err error) {
	switch {
	case len(oob) > 0:
		err = c.failed("write", errors.ErrUnsupported)
	case addr == nil:
		n, err = c.Write(b)
	default:
		n, err = c.WriteToUDP(b, addr)
	}
	return n, 0, err
}

// WriteMsgUDPAddrPort is WriteMsgUDP with the address as a value; the zero AddrPort is that of the peer.
func (c *UDPConn) WriteMsgUDPAddrPort(b, oob []byte, addr netip.AddrPort) (n, oobn int, err error) {
	if addr.IsValid() {
		return c.WriteMsgUDP(b, oob, net.UDPAddrFromAddrPort(addr))
	}
	return c.WriteMsgUDP(b, oob, nil)
}

// ReadMsgUnix is ReadFrom; on this system it has no control data.
func (c *UnixConn) ReadMsgUnix(b, _ []byte) (n, oobn, flags int, addr *net.UnixAddr, err error) {
	n, addr, err = c.ReadFromUnix(b)
	return n, 0, 0, addr, err
}

// WriteMsgUnix is WriteTo; on this system control data is not supported.
func (c *UnixConn) WriteMsgUnix(b, oob []byte, addr *net.UnixAddr) (n, oobn int, err error) {
	switch {
	case len(oob) > 0:
		err = c.failed("write", errors.ErrUnsupported)
	case addr == nil:
		n, err = c.Write(b)
	default:
		n, err = c.WriteToUnix(b, addr)
	}
	return n, 0, err
}
