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

// errnoOf is the number in an error of package unix.
func errnoOf(err error) Errno {
	if err == nil {
		return 0
	}
	if errno, ok := err.(Errno); ok { // as each would-block is: errors.As allocates
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

// Close closes fd. The descriptor is gone whatever it says, EINTR included. With a linger time set
// it may block, so it is not a raw call.
func Close(fd int) error { return os.NewSyscallError("close", unix.Close(fd)) }

// Bind gives a socket of family f its local address.
func Bind(fd int, f Family, e Endpoint) error {
	return os.NewSyscallError("bind", unix.Bind(fd, e.sockaddr(f)))
}

// Listen makes fd a listener.
func Listen(fd, backlog int) error { return os.NewSyscallError("listen", unix.Listen(fd, backlog)) }

// Connect begins to connect a socket of family f. 0 says that it is connected, EINPROGRESS that it
// will be writable once it is, or once that has failed.
func Connect(fd int, f Family, e Endpoint) Errno {
	switch errno := errnoOf(unix.Connect(fd, e.sockaddr(f))); errno {
	case unix.EINTR, unix.EALREADY: // goes on in the background
		return EINPROGRESS
	case unix.EISCONN:
		return 0
	default:
		return errno
	}
}

// Connected is asked once a connecting socket is writable: 0 says that it is connected, EAGAIN that
// it was woken too early, and all else why it has failed.
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
	// No error is no proof: a socket that is still connecting has none either.
	if _, err := unix.Getpeername(fd); err != nil {
		return EAGAIN
	}
	return 0
}

// ShutdownRead ends reading: what is there can be read, then the stream ends.
func ShutdownRead(fd int) error {
	return os.NewSyscallError("shutdown", unix.Shutdown(fd, unix.SHUT_RD))
}

// ShutdownWrite ends writing: the peer reads what was written and then the end of the stream.
func ShutdownWrite(fd int) error {
	return os.NewSyscallError("shutdown", unix.Shutdown(fd, unix.SHUT_WR))
}

// Local is the address that fd is bound to.
func Local(fd int) (Endpoint, error) {
	sa, err := unix.Getsockname(fd)
	return fromSockaddr(sa), os.NewSyscallError("getsockname", err)
}

// Peer is the address that fd is connected to.
func Peer(fd int) (Endpoint, error) {
	sa, err := unix.Getpeername(fd)
	return fromSockaddr(sa), os.NewSyscallError("getpeername", err)
}

// sockaddr is e for a call on a socket of family f.
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

// AcceptAgain reports whether an error of Accept concerns a connection that was lost before it was
// accepted, and not the listener: the next one may be had. Linux hands out the pending network
// errors of the new connection here; the list is that of accept(2).
func AcceptAgain(errno Errno) bool {
	switch errno {
	case unix.ECONNABORTED, unix.EPROTO, unix.ENETDOWN, unix.ENOPROTOOPT, unix.EHOSTDOWN,
		unix.EHOSTUNREACH, unix.ENETUNREACH, unix.EOPNOTSUPP:
		return true
	}
	return noNetwork(errno)
}

// Exhausted reports whether errno says that descriptors or memory have run out, for now.
func Exhausted(errno Errno) bool {
	switch errno {
	case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM:
		return true
	}
	return false
}

// NoRoom reports whether err, of a registration with a poller, says that the system has no room for another one, for
// now: Linux limits how many descriptors a user's epoll instances watch.
func NoRoom(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.ENOMEM) || errors.Is(err, unix.ENOBUFS)
}

// NoFamily reports whether err of Socket, SetV6Only or Bind means that there is no IPv6 here, or
// none that speaks IPv4 too.
func NoFamily(err error) bool {
	switch errnoOf(err) {
	case unix.EAFNOSUPPORT, unix.EPROTONOSUPPORT, unix.EADDRNOTAVAIL, unix.EINVAL, unix.ENOPROTOOPT:
		return true
	}
	return false
}
