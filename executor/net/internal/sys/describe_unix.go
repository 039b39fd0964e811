//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

// Dup duplicates fd, close-on-exec. The two share what belongs to the socket, such as the non-blocking mode.
func Dup(fd int) (int, error) {
	for {
		dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		if err != unix.EINTR {
			return dup, os.NewSyscallError("fcntl", err)
		}
	}
}

// DupFile returns a duplicate of fd as a file with a name, close-on-exec.
func DupFile(fd int, name string) (*os.File, error) {
	dup, err := Dup(fd)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(dup), name), nil
}

// Detach does nothing: several packages can wait for one socket.
func Detach(int) {}

// Describe finds out what fd is. It fails only if fd is closed.
func Describe(fd int) (d Description, err error) {
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	switch err {
	case nil:
	case unix.EBADF:
		return d, os.NewSyscallError("getsockopt", err)
	default:
		return d, nil // no socket
	}
	domain, protocol := domainOf(fd)
	switch {
	case domain == unix.AF_UNIX:
		d.Network = map[int]string{unix.SOCK_STREAM: "unix", unix.SOCK_DGRAM: "unixgram", unix.SOCK_SEQPACKET: "unixpacket"}[kind]
	case domain != unix.AF_INET && domain != unix.AF_INET6:
		return d, nil
	case kind == unix.SOCK_STREAM && isTCP(protocol):
		d.Network = "tcp"
		d.Boundaries = layered(fd)
	case kind == unix.SOCK_DGRAM && (protocol == 0 || protocol == unix.IPPROTO_UDP):
		d.Network = "udp"
	}
	if domain == unix.AF_INET6 {
		d.Family = Inet6
	}
	_, err = unix.Getpeername(fd)
	d.Connected = err == nil
	// A system that does not report whether a socket listens says that of none.
	listens, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	d.Listens = err == nil && listens != 0
	return d, nil
}
