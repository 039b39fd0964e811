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

// LocalPair makes two Unix sockets that are connected to each other.
func LocalPair(k Kind) (a, b int, err error) {
	pair, err := newPair(k.number())
	return pair[0], pair[1], os.NewSyscallError("socketpair", err)
}

// connected returns the error of a connect that ended with errno. EAGAIN and EINPROGRESS mean that the caller tries
// again.
func connected(errno Errno) Errno {
	switch errno {
	case unix.EINTR, unix.EALREADY:
		return EINPROGRESS
	case unix.EISCONN:
		return 0
	default:
		return errno
	}
}

// Unlink removes the name of a socket from the file system.
func Unlink(path string) error { return os.NewSyscallError("unlink", unix.Unlink(path)) }
