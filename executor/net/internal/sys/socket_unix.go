//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Errno is an error number of the system; 0 is none.
type Errno = unix.Errno

const (
	EAGAIN      = unix.EAGAIN
	EINPROGRESS = unix.EINPROGRESS
	ENOTCONN    = unix.ENOTCONN
)

// errnoOf returns the number in an error of package unix.
func errnoOf(err error) Errno {
	if err == nil {
		return 0
	}
	if errno, ok := err.(Errno); ok { // as for each EAGAIN: errors.As would allocate
		return errno
	}
	var errno Errno
	if errors.As(err, &errno) {
		return errno
	}
	return unix.EINVAL
}

// Socket makes a TCP socket.
func Socket(f Family) (int, error) {
	fd, err := newSocket(f.domain(), unix.SOCK_STREAM, unix.IPPROTO_TCP)
	return fd, os.NewSyscallError("socket", err)
}

// DatagramSocket makes a UDP socket.
func DatagramSocket(f Family) (int, error) {
	fd, err := newSocket(f.domain(), unix.SOCK_DGRAM, unix.IPPROTO_UDP)
	return fd, os.NewSyscallError("socket", err)
}

func (f Family) domain() int {
	if f == Inet4 {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// Close closes fd. The descriptor is closed also if Close returns an error, EINTR included. With a linger time it may
// block, so it is not a raw call.
func Close(fd int) error { return os.NewSyscallError("close", unix.Close(fd)) }

// Bind binds a socket of family f to a local address.
func Bind(fd int, f Family, e Endpoint) error {
	return os.NewSyscallError("bind", unix.Bind(fd, e.sockaddr(f)))
}

// Listen makes fd a listener.
func Listen(fd, backlog int) error { return os.NewSyscallError("listen", unix.Listen(fd, backlog)) }

// Connect begins to connect a socket of family f. 0 means that it is connected, and EINPROGRESS that it becomes
// writable once it is connected or has failed.
func Connect(fd int, f Family, e Endpoint) Errno {
	switch errno := errnoOf(unix.Connect(fd, e.sockaddr(f))); errno {
	case unix.EINTR, unix.EALREADY: // the connect goes on in the background
		return EINPROGRESS
	case unix.EISCONN:
		return 0
	default:
		return errno
	}
}

// Connected returns the result of a connect once the socket is writable: 0 means that it is connected, EAGAIN that
// the event came too early, and another number why the connect has failed.
func Connected(fd int) Errno {
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return errnoOf(err)
	}
	switch errno := Errno(code); errno {
	case 0:
	case unix.EINPROGRESS, unix.EALREADY, unix.EINTR:
		return EAGAIN
	case unix.EISCONN:
		return 0
	default:
		return errno
	}
	// The lack of an error proves nothing: a socket that is still connecting has none either.
	if _, err := unix.Getpeername(fd); err != nil {
		return EAGAIN
	}
	return 0
}

// ShutdownRead ends reading: bytes that have arrived can be read, then the stream ends.
func ShutdownRead(fd int) error {
	return os.NewSyscallError("shutdown", unix.Shutdown(fd, unix.SHUT_RD))
}

// ShutdownWrite ends writing: the peer reads the bytes that were written and then the end of the stream.
func ShutdownWrite(fd int) error {
	return os.NewSyscallError("shutdown", unix.Shutdown(fd, unix.SHUT_WR))
}

// Local returns the address that fd is bound to.
func Local(fd int) (Endpoint, error) {
	sa, err := unix.Getsockname(fd)
	return fromSockaddr(sa), os.NewSyscallError("getsockname", err)
}

// Peer returns the address that fd is connected to.
func Peer(fd int) (Endpoint, error) {
	sa, err := unix.Getpeername(fd)
	return fromSockaddr(sa), os.NewSyscallError("getpeername", err)
}

// sockaddr returns e for a call on a socket of family f.
func (e Endpoint) sockaddr(f Family) unix.Sockaddr {
	if f == Inet4 {
		return &unix.SockaddrInet4{Addr: e.as4(), Port: int(e.port)}
	}
	return &unix.SockaddrInet6{Addr: e.ip, ZoneId: e.zone, Port: int(e.port)}
}

func fromSockaddr(sa unix.Sockaddr) Endpoint {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return from4(sa.Addr, uint16(sa.Port))
	case *unix.SockaddrInet6:
		return Endpoint{ip: sa.Addr, zone: sa.ZoneId, port: uint16(sa.Port)}
	}
	return Endpoint{}
}

// AcceptAgain reports whether an error of Accept concerns a connection that was lost before the accept, and not the
// listener: the caller accepts the next one. Linux returns pending network errors of the new connection from accept;
// the list is that of accept(2).
func AcceptAgain(errno Errno) bool {
	switch errno {
	case unix.ECONNABORTED, unix.EPROTO, unix.ENETDOWN, unix.ENOPROTOOPT, unix.EHOSTDOWN,
		unix.EHOSTUNREACH, unix.ENETUNREACH, unix.EOPNOTSUPP:
		return true
	}
	return noNetwork(errno)
}

// Exhausted reports whether errno means that there are no descriptors or no memory at the moment.
func Exhausted(errno Errno) bool {
	switch errno {
	case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM:
		return true
	}
	return false
}

// NoRoom reports whether err, of a registration with a poller, means that the system has no room for another one at
// the moment: Linux limits how many descriptors the epoll instances of a user watch.
func NoRoom(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.ENOMEM) || errors.Is(err, unix.ENOBUFS)
}

// NoFamily reports whether err of Socket, SetV6Only or Bind means that the machine has no IPv6, or no sockets of both
// families.
func NoFamily(err error) bool {
	switch errnoOf(err) {
	case unix.EAFNOSUPPORT, unix.EPROTONOSUPPORT, unix.EADDRNOTAVAIL, unix.EINVAL, unix.ENOPROTOOPT:
		return true
	}
	return false
}
