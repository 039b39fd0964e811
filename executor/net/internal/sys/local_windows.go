package sys

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// Windows has Unix sockets since 10.1803: streams, with names in the file system. It sends no descriptors.

// RoomUnreported is false, for there are no datagrams.
const RoomUnreported = false

// Abstract is false where every name is one of the file system's.
const Abstract = false

// maxPath is how many bytes a name has at most, with room for what localAddr puts before it.
const maxPath = 107 - len(here)

// localAddr is an address for package windows, which takes an @ for the NUL of an abstract name.
func localAddr(name string) *windows.SockaddrUnix {
	if name[0] == '@' {
		name = here + name
	}
	return &windows.SockaddrUnix{Name: name}
}

// ReceiverFull reports whether errno of SendLocal says that there is no room for now.
func ReceiverFull(errno Errno) bool { return errno == EAGAIN }

// LocalSocket makes a Unix socket. Where there are none, its error wraps errors.ErrUnsupported.
func LocalSocket(k Kind) (int, error) {
	if k != Stream {
		return -1, os.NewSyscallError("socket", errors.ErrUnsupported)
	}
	fd, err := newSocket(windows.AF_UNIX, windows.SOCK_STREAM, 0)
	if errors.Is(err, windows.WSAEAFNOSUPPORT) {
		err = fmt.Errorf("%w: %w", errors.ErrUnsupported, err)
		return -1, os.NewSyscallError("socket", err)
	}
	return fd, callError("socket", err)
}

// LocalPair fails: there is no socketpair.
func LocalPair(Kind) (a, b int, err error) {
	return -1, -1, os.NewSyscallError("socketpair", errors.ErrUnsupported)
}

// BindLocal gives fd a name.
func BindLocal(fd int, name string) error {
	return callError("bind", windows.Bind(windows.Handle(fd), localAddr(name)))
}

// ConnectLocal connects fd to the socket that has a name. EAGAIN and EINPROGRESS say that it is to be
// tried again.
func ConnectLocal(fd int, name string) Errno {
	switch errno := errnoOf(windows.Connect(windows.Handle(fd), localAddr(name))); syscall.Errno(errno) {
	case windows.WSAEWOULDBLOCK, windows.WSAEALREADY:
		return EINPROGRESS
	case windows.WSAEISCONN:
		return 0
	default:
		return errno
	}
}

// LocalName is the name that fd is bound to; empty for none.
func LocalName(fd int) (string, error) {
	sa, err := windows.Getsockname(windows.Handle(fd))
	return nameOf(sa), callError("getsockname", err)
}

// PeerName is the name of the socket that fd is connected to; empty for none.
func PeerName(fd int) (string, error) {
	sa, err := windows.Getpeername(windows.Handle(fd))
	return nameOf(sa), callError("getpeername", err)
}

func nameOf(sa windows.Sockaddr) string {
	if sa, ok := sa.(*windows.SockaddrUnix); ok && sa.Name != "@" {
		return sa.Name
	}
	return ""
}

// Unlink removes the name of a socket from the file system.
func Unlink(path string) error {
	name, err := windows.UTF16PtrFromString(path)
	if err == nil {
		err = windows.DeleteFile(name)
	}
	return callError("unlink", err)
}

// RecvLocal receives from a Unix socket, or looks at what is there and leaves it. No descriptors come
// along, and nobody has a name.
func RecvLocal(fd int, b []byte, _ []int, peek bool, _ *Name) (r Message, errno Errno) {
	if !peek {
		r.N, errno = Read(fd, b)
		return r, errno
	}
	r.N, _, _, errno = RecvFrom(fd, b, true)
	return r, errno
}

// SendLocal sends to where a Unix socket is connected. Descriptors cannot be sent.
func SendLocal(fd int, b []byte, fds []int, to string) (int, Errno) {
	if len(fds) > 0 || to != "" {
		return 0, Errno(windows.WSAEOPNOTSUPP)
	}
	return Write(fd, b)
}

// PeerCredentials cannot be had: Windows tells a process, and no user.
func PeerCredentials(int) (Credentials, error) { return Credentials{}, errors.ErrUnsupported }
