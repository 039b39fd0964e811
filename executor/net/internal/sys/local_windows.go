package sys

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// Windows has Unix sockets since 10.1803: streams, with names in the file system, and without descriptors.

// RoomUnreported is false: there are no datagrams.
const RoomUnreported = false

// Abstract is false: every name is a path in the file system.
const Abstract = false

// maxPath bounds the bytes of a name, and leaves room for the prefix of localAddr.
const maxPath = 107 - len(here)

// localAddr returns an address for package windows, which turns a leading @ into the NUL of an abstract name.
func localAddr(name string) *windows.SockaddrUnix {
	if name[0] == '@' {
		name = here + name
	}
	return &windows.SockaddrUnix{Name: name}
}

// ReceiverFull reports whether errno of SendLocal means that there is no room at the moment.
func ReceiverFull(errno Errno) bool { return errno == EAGAIN }

// LocalSocket makes a Unix socket. If the system has none, the error wraps errors.ErrUnsupported.
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

// BindLocal binds fd to a name.
func BindLocal(fd int, name string) error {
	return callError("bind", windows.Bind(windows.Handle(fd), localAddr(name)))
}

// ConnectLocal connects fd to the socket with a name. EAGAIN and EINPROGRESS mean that the caller tries again.
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

// LocalName returns the name that fd is bound to; empty for none.
func LocalName(fd int) (string, error) {
	sa, err := windows.Getsockname(windows.Handle(fd))
	return nameOf(sa), callError("getsockname", err)
}

// PeerName returns the name of the socket that fd is connected to; empty for none.
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

// RecvLocal receives from a Unix socket, or with peek leaves what it returns in the queue. There are no descriptors,
// and senders have no names.
func RecvLocal(fd int, b []byte, _ []int, peek bool, _ *Name) (r Message, errno Errno) {
	if !peek {
		r.N, errno = Read(fd, b)
		return r, errno
	}
	r.N, _, _, errno = RecvFrom(fd, b, true)
	return r, errno
}

// SendLocal sends to the peer of a Unix socket. It cannot send descriptors.
func SendLocal(fd int, b []byte, fds []int, to string) (int, Errno) {
	if len(fds) > 0 || to != "" {
		return 0, Errno(windows.WSAEOPNOTSUPP)
	}
	return Write(fd, b)
}

// PeerCredentials fails: Windows reports the process of a peer, and no user.
func PeerCredentials(int) (Credentials, error) { return Credentials{}, errors.ErrUnsupported }
