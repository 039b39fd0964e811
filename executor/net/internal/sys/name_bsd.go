//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

// Abstract is false: every name is a path in the file system.
const Abstract = false

// maxPath bounds the bytes of a name. Darwin allows longer ones, which package unix has no room for: such a peer has
// no name here.
const maxPath = len(unix.RawSockaddrUnix{}.Path) - 1

// BindLocal binds fd to a name.
func BindLocal(fd int, name string) error {
	return os.NewSyscallError("bind", unix.Bind(fd, &unix.SockaddrUnix{Name: name}))
}

// ConnectLocal connects fd to the socket with a name. EAGAIN and EINPROGRESS mean that the caller tries again.
func ConnectLocal(fd int, name string) Errno {
	return connected(errnoOf(unix.Connect(fd, &unix.SockaddrUnix{Name: name})))
}

// LocalName returns the name that fd is bound to; empty for none.
func LocalName(fd int) (string, error) {
	sa, err := unix.Getsockname(fd)
	return nameOf(sa), os.NewSyscallError("getsockname", err)
}

// PeerName returns the name of the socket that fd is connected to; empty for none.
func PeerName(fd int) (string, error) {
	sa, err := unix.Getpeername(fd)
	return nameOf(sa), os.NewSyscallError("getpeername", err)
}

// nameOf returns the name in an address; empty for none. Package unix has truncated it at its NUL.
func nameOf(sa unix.Sockaddr) string {
	if sa, ok := sa.(*unix.SockaddrUnix); ok {
		return sa.Name
	}
	return ""
}
