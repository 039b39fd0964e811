package udp

import (
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// This file has the methods of a Socket that neither send, receive nor close.

// Connect connects s to a peer, or to another one than before: from then on s receives only from the peer, Write
// sends to it, and reads and writes return errors that the network reports of it. It does not wait.
func (s *Socket) Connect(to netip.AddrPort) error {
	dest, err := s.destination(to)
	if err == nil {
		if err = s.fd.Acquire(); err == nil {
			err = s.connect(dest.to)
			s.fd.Release()
		}
	}
	if err != nil {
		return s.failed("connect", to, err)
	}
	return nil
}

func (s *Socket) connect(to sys.Endpoint) error {
	return callError("connect", sys.Connect(s.fd.Sysfd(), s.family, to.Here()))
}

// LocalAddr returns the address of s, a *net.UDPAddr. Each call is a system call. After Close it returns the zero
// UDPAddr.
func (s *Socket) LocalAddr() net.Addr { return udpAddr(s.LocalAddrPort()) }

// LocalAddrPort is LocalAddr as a value.
func (s *Socket) LocalAddrPort() netip.AddrPort { return s.query(sys.Local) }

// RemoteAddr returns the address of the peer, a *net.UDPAddr, or the zero UDPAddr if s is not connected or is closed.
func (s *Socket) RemoteAddr() net.Addr { return udpAddr(s.RemoteAddrPort()) }

// RemoteAddrPort is RemoteAddr as a value.
func (s *Socket) RemoteAddrPort() netip.AddrPort { return s.query(sys.Peer) }

func (s *Socket) query(f func(fd int) (sys.Endpoint, error)) (addr netip.AddrPort) {
	if s.fd.Acquire() != nil {
		return addr
	}
	defer s.fd.Release()
	if e, err := f(s.fd.Sysfd()); err == nil {
		addr = s.zones.AddrPort(e)
	}
	return addr
}

func udpAddr(addr netip.AddrPort) net.Addr {
	if !addr.IsValid() {
		return &net.UDPAddr{}
	}
	return net.UDPAddrFromAddrPort(addr)
}

// SetDeadline calls SetReadDeadline and SetWriteDeadline.
func (s *Socket) SetDeadline(t time.Time) error {
	if err := s.SetReadDeadline(t); err != nil {
		return err
	}
	return s.SetWriteDeadline(t)
}

// SetReadDeadline sets when reads fail with os.ErrDeadlineExceeded, pending ones included; the zero Time means never.
// Once the deadline has passed, reads fail at once, even if there is a datagram, until a later deadline is set. Any
// goroutine may call it at any time.
func (s *Socket) SetReadDeadline(t time.Time) error {
	return s.wrap("set", s.fd.SetDeadline(reactor.Read, t))
}

// SetWriteDeadline is SetReadDeadline for writes.
func (s *Socket) SetWriteDeadline(t time.Time) error {
	return s.wrap("set", s.fd.SetDeadline(reactor.Write, t))
}

// SetReadBuffer sets the size of the system's receive buffer. The system discards datagrams that arrive while it is
// full.
func (s *Socket) SetReadBuffer(bytes int) error {
	return s.set(func(fd int) error { return sys.SetReadBuffer(fd, bytes) })
}

// SetWriteBuffer sets the size of the system's send buffer.
func (s *Socket) SetWriteBuffer(bytes int) error {
	return s.set(func(fd int) error { return sys.SetWriteBuffer(fd, bytes) })
}

// SetTTL sets how many routers a datagram may pass, 1 to 255, on a socket of both families for both where the system
// can do that.
func (s *Socket) SetTTL(n int) error {
	return s.set(func(fd int) error { return sys.SetTTL(fd, s.family, n) })
}

// SetTOS sets the type of service of datagrams that s sends, 0 to 255; with IPv6 that is the traffic class.
func (s *Socket) SetTOS(n int) error {
	return s.set(func(fd int) error { return sys.SetTOS(fd, s.family, n) })
}

// SetBroadcast sets whether s may send to broadcast addresses. The default is false, and such a send fails with
// syscall.EACCES.
func (s *Socket) SetBroadcast(on bool) error {
	return s.set(func(fd int) error { return sys.SetBroadcast(fd, on) })
}

// JoinGroup makes s receive datagrams that are sent to a multicast group and to the port of s, on interface ifi. A
// nil ifi means that of the group's zone, and without a zone the system's choice. A socket may be a member
// of several groups, and of one group on several interfaces. On Linux, a socket at the wildcard address receives from
// all groups that any socket of the machine has joined.
func (s *Socket) JoinGroup(group netip.Addr, ifi *net.Interface) error {
	return s.member(group, ifi, sys.JoinGroup)
}

// LeaveGroup undoes JoinGroup. So does Close.
func (s *Socket) LeaveGroup(group netip.Addr, ifi *net.Interface) error {
	return s.member(group, ifi, sys.LeaveGroup)
}

func (s *Socket) member(group netip.Addr, ifi *net.Interface, f func(int, netip.Addr, *net.Interface) error) error {
	return s.set(func(fd int) error {
		group = group.Unmap()
		if zone := group.Zone(); zone != "" {
			of, err := sys.ZoneInterface(zone)
			if err != nil {
				return err
			}
			if ifi != nil && ifi.Index != of.Index {
				return &net.AddrError{Err: "the group's zone is not interface " + ifi.Name, Addr: group.String()}
			}
			ifi = of
		}
		if !group.IsMulticast() || s.family == sys.Inet4 && !group.Is4() {
			return &net.AddrError{Err: "no multicast group of the socket's family", Addr: group.String()}
		}
		return f(fd, group.WithZone(""), ifi)
	})
}

// SetMulticastInterface sets the interface on which s sends to groups. With nil, the default, the system chooses it.
func (s *Socket) SetMulticastInterface(ifi *net.Interface) error {
	return s.set(func(fd int) error { return sys.SetMulticastInterface(fd, s.family, ifi) })
}

// SetMulticastTTL is SetTTL for datagrams to groups, 0 to 255. The default is 1: they stay on the link.
func (s *Socket) SetMulticastTTL(n int) error {
	return s.set(func(fd int) error { return sys.SetMulticastTTL(fd, s.family, n) })
}

// SetMulticastLoopback sets whether members of a group on this machine receive what s sends to it. The default is
// true.
func (s *Socket) SetMulticastLoopback(on bool) error {
	return s.set(func(fd int) error { return sys.SetMulticastLoopback(fd, s.family, on) })
}

// set calls f, which must not wait, with the descriptor.
func (s *Socket) set(f func(fd int) error) error {
	err := s.fd.Acquire()
	if err == nil {
		err = f(s.fd.Sysfd())
		s.fd.Release()
	}
	return s.wrap("set", err)
}

// callError returns errno as an error that names the system call.
func callError(call string, errno sys.Errno) error {
	if errno == 0 {
		return nil
	}
	return os.NewSyscallError(call, errno)
}
