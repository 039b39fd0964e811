package udp

import (
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// This file has what a Socket has besides sending, receiving and closing.

// Connect connects s to a peer, or to another one: from then on s receives from it alone, Write sends
// to it, and errors that the network reports of it are returned. It does not wait.
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

// LocalAddr returns the address of s, a *net.UDPAddr. The system is asked for it each time, since few
// ask at all; after Close it is the zero UDPAddr.
func (s *Socket) LocalAddr() net.Addr { return udpAddr(s.LocalAddrPort()) }

// LocalAddrPort is LocalAddr as a value.
func (s *Socket) LocalAddrPort() netip.AddrPort { return s.ask(sys.Local) }

// RemoteAddr returns the address of the peer, a *net.UDPAddr: the zero UDPAddr if s is not connected
// or closed.
func (s *Socket) RemoteAddr() net.Addr { return udpAddr(s.RemoteAddrPort()) }

// RemoteAddrPort is RemoteAddr as a value.
func (s *Socket) RemoteAddrPort() netip.AddrPort { return s.ask(sys.Peer) }

func (s *Socket) ask(f func(fd int) (sys.Endpoint, error)) (addr netip.AddrPort) {
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

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (s *Socket) SetDeadline(t time.Time) error {
	if err := s.SetReadDeadline(t); err != nil {
		return err
	}
	return s.SetWriteDeadline(t)
}

// SetReadDeadline sets when reading fails with os.ErrDeadlineExceeded, what is waiting included; the
// zero Time is never. A time that is past makes it fail at once, even if there is something to read,
// until a later deadline is set. Any goroutine may call it at any time.
func (s *Socket) SetReadDeadline(t time.Time) error {
	return s.wrap("set", s.fd.SetDeadline(reactor.Read, t))
}

// SetWriteDeadline is SetReadDeadline for writing.
func (s *Socket) SetWriteDeadline(t time.Time) error {
	return s.wrap("set", s.fd.SetDeadline(reactor.Write, t))
}

// SetReadBuffer sets the size of the system's receive buffer. What comes in while it is full is lost.
func (s *Socket) SetReadBuffer(bytes int) error {
	return s.set(func(fd int) error { return sys.SetReadBuffer(fd, bytes) })
}

// SetWriteBuffer sets the size of the system's send buffer.
func (s *Socket) SetWriteBuffer(bytes int) error {
	return s.set(func(fd int) error { return sys.SetWriteBuffer(fd, bytes) })
}

// SetTTL sets through how many routers a datagram may go, 1 to 255. A socket of both families gets it
// for both, where the system can do that.
func (s *Socket) SetTTL(n int) error {
	return s.set(func(fd int) error { return sys.SetTTL(fd, s.family, n) })
}

// SetTOS sets the type of service of what is sent, 0 to 255, which for IPv6 is the traffic class.
func (s *Socket) SetTOS(n int) error {
	return s.set(func(fd int) error { return sys.SetTOS(fd, s.family, n) })
}

// SetBroadcast says whether s may send to broadcast addresses. A Socket begins without: otherwise
// that fails with syscall.EACCES.
func (s *Socket) SetBroadcast(on bool) error {
	return s.set(func(fd int) error { return sys.SetBroadcast(fd, on) })
}

// JoinGroup makes s receive what is sent to a multicast group and to its port. ifi is the interface on
// which; nil is that of the group's zone, or else the system's choice. A socket may be a member of several groups, and of one on
// several interfaces. On Linux a socket at the wildcard address receives from all groups that
// anybody on the machine has joined.
func (s *Socket) JoinGroup(group netip.Addr, ifi *net.Interface) error {
	return s.member(group, ifi, sys.JoinGroup)
}

// LeaveGroup undoes JoinGroup. Close does so too.
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

// SetMulticastInterface sets the interface on which s sends to groups; nil leaves it to the system,
// which is how a Socket begins.
func (s *Socket) SetMulticastInterface(ifi *net.Interface) error {
	return s.set(func(fd int) error { return sys.SetMulticastInterface(fd, s.family, ifi) })
}

// SetMulticastTTL is SetTTL for what is sent to groups, 0 to 255. A Socket begins with 1: the link.
func (s *Socket) SetMulticastTTL(n int) error {
	return s.set(func(fd int) error { return sys.SetMulticastTTL(fd, s.family, n) })
}

// SetMulticastLoopback says whether members of a group on this machine receive what s sends to it,
// which is how a Socket begins.
func (s *Socket) SetMulticastLoopback(on bool) error {
	return s.set(func(fd int) error { return sys.SetMulticastLoopback(fd, s.family, on) })
}

// set does something to the descriptor that does not wait.
func (s *Socket) set(f func(fd int) error) error {
	err := s.fd.Acquire()
	if err == nil {
		err = f(s.fd.Sysfd())
		s.fd.Release()
	}
	return s.wrap("set", err)
}

// SyscallConn gives access to the descriptor. Control is that of package net. Read and Write of the
// RawConn call their function once and do not wait: where it is not done they return an error that
// is syscall.EAGAIN, and WaitReadable or WaitWritable waits for another try.
func (s *Socket) SyscallConn() (syscall.RawConn, error) {
	if s.fd.Closed() {
		return nil, s.wrap("raw", net.ErrClosed)
	}
	failed := func(op string, err error) error { return s.wrap(op, err) }
	return &netfd.RawConn{FD: &s.fd, Failed: failed}, nil
}
