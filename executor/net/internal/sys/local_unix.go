//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

func (k Kind) number() int {
	return [...]int{Stream: unix.SOCK_STREAM, Datagram: unix.SOCK_DGRAM, Seqpacket: unix.SOCK_SEQPACKET}[k]
}

// LocalSocket makes a Unix socket.
func LocalSocket(k Kind) (int, error) {
	fd, err := newSocket(unix.AF_UNIX, k.number(), 0)
	return fd, os.NewSyscallError("socket", err)
}

// LocalPair makes two that are connected to each other.
func LocalPair(k Kind) (a, b int, err error) {
	pair, err := newPair(k.number())
	return pair[0], pair[1], os.NewSyscallError("socketpair", err)
}

// BindLocal gives fd a name.
func BindLocal(fd int, name string) error {
	return os.NewSyscallError("bind", unix.Bind(fd, &unix.SockaddrUnix{Name: name}))
}

// ConnectLocal connects fd to the socket that has a name. EAGAIN and EINPROGRESS say that it is to be
// tried again.
func ConnectLocal(fd int, name string) Errno {
	switch errno := errnoOf(unix.Connect(fd, &unix.SockaddrUnix{Name: name})); errno {
	case unix.EINTR, unix.EALREADY:
		return EINPROGRESS
	case unix.EISCONN:
		return 0
	default:
		return errno
	}
}

// LocalName is the name that fd is bound to; empty for none.
func LocalName(fd int) (string, error) {
	sa, err := unix.Getsockname(fd)
	return nameOf(sa), os.NewSyscallError("getsockname", err)
}

// PeerName is the name of the socket that fd is connected to; empty for none.
func PeerName(fd int) (string, error) {
	sa, err := unix.Getpeername(fd)
	return nameOf(sa), os.NewSyscallError("getpeername", err)
}

// nameOf takes what package unix makes of no name at all, on Linux, for what it is.
func nameOf(sa unix.Sockaddr) string {
	if sa, ok := sa.(*unix.SockaddrUnix); ok && !(Abstract && sa.Name == "@") {
		return sa.Name
	}
	return ""
}

// Unlink removes the name of a socket from the file system.
func Unlink(path string) error { return os.NewSyscallError("unlink", unix.Unlink(path)) }
