//go:build unix

package stdnet

import (
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"
)

// ReadMsgUDP is ReadFrom with control data, which it copies into oob. It returns how many bytes of it there are, and the flags
// of the datagram.
func (c *UDPConn) ReadMsgUDP(b, oob []byte) (n, oobn, flags int, addr *net.UDPAddr, err error) {
	n, oobn, flags, a, err := c.ReadMsgUDPAddrPort(b, oob)
	if a.IsValid() {
		addr = net.UDPAddrFromAddrPort(a)
	}
	return n, oobn, flags, addr, err
}

// ReadMsgUDPAddrPort is ReadMsgUDP with the address as a value.
func (c *UDPConn) ReadMsgUDPAddrPort(b, oob []byte) (n, oobn, flags int, addr netip.AddrPort, err error) {
	n, oobn, flags, from, err := c.receiveMsg(b, oob, 0)
	if err != nil {
		return 0, 0, 0, addr, err
	}
	switch a := from.(type) {
	case *syscall.SockaddrInet4:
		addr = netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *syscall.SockaddrInet6:
		ip := netip.AddrFrom16(a.Addr).Unmap()
		if a.ZoneId != 0 && ip.Is6() {
			ip = ip.WithZone(zoneName(int(a.ZoneId)))
		}
		addr = netip.AddrPortFrom(ip, uint16(a.Port))
	}
	return n, oobn, flags, addr, nil
}

// WriteMsgUDP is WriteTo with control data. A connected socket sends to its peer, and addr is nil.
func (c *UDPConn) WriteMsgUDP(b, oob []byte, addr *net.UDPAddr) (n, oobn int, err error) {
	var to netip.AddrPort
	if addr != nil {
		to = addrPort(addr)
	}
	return c.WriteMsgUDPAddrPort(b, oob, to)
}

// WriteMsgUDPAddrPort is WriteMsgUDP with the address as a value; the zero AddrPort is that of the peer.
func (c *UDPConn) WriteMsgUDPAddrPort(b, oob []byte, addr netip.AddrPort) (n, oobn int, err error) {
	failed := func(err error) (int, int, error) {
		if !addr.IsValid() {
			return 0, 0, c.failedTo(c.remote, err)
		}
		return 0, 0, c.failedTo(net.UDPAddrFromAddrPort(addr), err)
	}
	var to syscall.Sockaddr
	switch {
	case c.remote != nil && addr.IsValid():
		return failed(net.ErrWriteToConnected)
	case c.remote == nil && !addr.IsValid():
		return failed(errMissingAddress)
	case addr.IsValid():
		if to, err = c.sockaddr(addr); err != nil {
			return failed(err)
		}
	}
	if n, err = c.transmitMsg(b, oob, to); err != nil {
		return failed(err)
	}
	return n, len(oob), nil
}

// sockaddr returns an address in the form that the socket's family has.
func (c *UDPConn) sockaddr(a netip.AddrPort) (syscall.Sockaddr, error) {
	ip := a.Addr().Unmap()
	if c.local.(*net.UDPAddr).IP.To4() != nil {
		if !ip.Is4() {
			return nil, &net.AddrError{Err: "not of the socket's family", Addr: a.String()}
		}
		return &syscall.SockaddrInet4{Addr: ip.As4(), Port: int(a.Port())}, nil
	}
	sa := &syscall.SockaddrInet6{Addr: ip.As16(), Port: int(a.Port())}
	if ip.IsUnspecified() && ip.Is4() {
		sa.Addr = netip.IPv6Unspecified().As16()
	}
	if zone := ip.Zone(); zone != "" {
		index, err := zoneIndex(zone)
		if err != nil {
			return nil, err
		}
		sa.ZoneId = index
	}
	return sa, nil
}

func zoneIndex(zone string) (uint32, error) {
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(n), nil
	}
	ifi, err := net.InterfaceByName(zone)
	if err != nil {
		return 0, err
	}
	return uint32(ifi.Index), nil
}

func zoneName(index int) string {
	if ifi, err := net.InterfaceByIndex(index); err == nil {
		return ifi.Name
	}
	return strconv.Itoa(index)
}

// ReadMsgUnix is ReadFrom with control data, such as descriptors, which it copies into oob. It returns how many bytes of it
// there are, and the flags of the message. The caller owns the descriptors.
func (c *UnixConn) ReadMsgUnix(b, oob []byte) (n, oobn, flags int, addr *net.UnixAddr, err error) {
	n, oobn, flags, from, err := c.receiveMsg(b, oob, cloexec)
	if err != nil {
		return 0, 0, 0, nil, err
	}
	if a, ok := from.(*syscall.SockaddrUnix); ok && c.datagram != nil && a.Name != "" && a.Name != "@" {
		addr = &net.UnixAddr{Name: a.Name, Net: c.network}
	}
	if cloexec == 0 && oobn > 0 {
		closeOnExec(oob[:oobn])
	}
	return n, oobn, flags, addr, nil
}

// WriteMsgUnix is WriteTo with control data. A connection sends to its peer, and addr is nil.
func (c *UnixConn) WriteMsgUnix(b, oob []byte, addr *net.UnixAddr) (n, oobn int, err error) {
	var to syscall.Sockaddr
	var at net.Addr = c.remote
	if addr != nil {
		if c.datagram == nil || named(c.remote) {
			return 0, 0, c.failedTo(addr, net.ErrWriteToConnected)
		}
		to, at = &syscall.SockaddrUnix{Name: addr.Name}, addr
	}
	if n, err = c.transmitMsg(b, oob, to); err != nil {
		return n, 0, c.failedTo(at, err)
	}
	return n, len(oob), nil
}

// closeOnExec marks the descriptors of a message where the system cannot do that as it receives them.
func closeOnExec(oob []byte) {
	ms, err := syscall.ParseSocketControlMessage(oob)
	if err != nil {
		return
	}
	for i := range ms {
		fds, err := syscall.ParseUnixRights(&ms[i])
		if err != nil {
			continue
		}
		for _, fd := range fds {
			syscall.CloseOnExec(fd)
		}
	}
}

// receiveMsg receives a message with control data.
func (c *conn) receiveMsg(b, oob []byte, flags int) (n, oobn, got int, from syscall.Sockaddr, err error) {
	var errno error
	err = c.rawRead(func(fd uintptr) bool {
		for {
			n, oobn, got, from, errno = syscall.Recvmsg(int(fd), b, oob, flags|syscall.MSG_DONTWAIT)
			if errno != syscall.EINTR {
				return errno != syscall.EAGAIN
			}
		}
	})
	if err == nil {
		err = os.NewSyscallError("recvmsg", errno)
	}
	if err != nil {
		return 0, 0, 0, nil, c.failed("read", err)
	}
	return n, oobn, got, from, nil
}

// transmitMsg sends a message with control data.
func (c *conn) transmitMsg(b, oob []byte, to syscall.Sockaddr) (n int, err error) {
	if err := c.lockWrites(); err != nil {
		return 0, err
	}
	defer c.writing.Unlock()
	var errno error
	err = c.rawWrite(func(fd uintptr) bool {
		for {
			n, errno = syscall.SendmsgN(int(fd), b, oob, to, syscall.MSG_DONTWAIT)
			if errno != syscall.EINTR {
				return errno != syscall.EAGAIN
			}
		}
	})
	if err == nil {
		err = os.NewSyscallError("sendmsg", errno)
	}
	return n, err
}
