//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// RoomUnreported is true where a socket is writable although its peer has no room.
const RoomUnreported = true

// ReceiverFull reports whether errno of SendLocal says that there is no room for now. What is full is the
// receiver's buffer, and these systems say ENOBUFS to that.
func ReceiverFull(errno Errno) bool { return errno == unix.EAGAIN || errno == unix.ENOBUFS }

func newPair(kind int) (pair [2]int, err error) {
	syscall.ForkLock.RLock()
	pair, err = unix.Socketpair(unix.AF_UNIX, kind, 0)
	if err == nil {
		unix.CloseOnExec(pair[0])
		unix.CloseOnExec(pair[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return pair, err
	}
	for _, fd := range pair {
		if err := unix.SetNonblock(fd, true); err != nil {
			unix.Close(pair[0])
			unix.Close(pair[1])
			return pair, err
		}
	}
	return pair, nil
}

// maxRights is how many descriptors a message has at most. There is always room for as many, since
// not all of these systems close what there is no room for.
const maxRights = 512

// RecvLocal receives from a Unix socket, or looks at what is there and leaves it. Descriptors that
// come along are put into fds, and are close-on-exec; those that there is no room for are closed.
// name, if not nil, is set to the sender's.
func RecvLocal(fd int, b []byte, fds []int, peek bool, name *Name) (r Message, errno Errno) {
	flags := unix.MSG_DONTWAIT
	if peek {
		flags |= unix.MSG_PEEK
	}
	var control []byte
	if len(fds) > 0 {
		control = make([]byte, unix.CmsgSpace(4*maxRights))
	}
	room := b
	var filler [1]byte
	if len(b) == 0 && control != nil {
		room = filler[:] // x/sys would add a byte of its own, and keep from us what is in it
	}
	for {
		syscall.ForkLock.RLock() // not all have MSG_CMSG_CLOEXEC
		n, size, got, sa, err := unix.Recvmsg(fd, room, control, flags)
		if n >= 0 {
			err = nil // x/sys fails for a sender whose name it has no room for; the message has come
			r.FDs, r.Lost = rights(control[:size], fds, closeLost)
			for _, fd := range fds[:r.FDs] {
				unix.CloseOnExec(fd)
			}
		}
		syscall.ForkLock.RUnlock()
		switch errno := errnoOf(err); errno {
		case 0:
		case unix.EINTR:
			continue
		default:
			return Message{}, errno
		}
		if n == 1 && len(b) == 0 && filler[0] == 0 {
			n = 0 // what SendLocal sends for an empty message with descriptors
		}
		r.N = min(n, len(b))
		r.Truncated = got&unix.MSG_TRUNC != 0 || n > len(b)
		r.Lost = r.Lost || got&unix.MSG_CTRUNC != 0
		if name != nil {
			name.parse([]byte(nameOf(sa)))
		}
		return r, 0
	}
}

// SendLocal sends to a Unix socket: to where it is connected, or if to is not empty, to the socket
// that has that name. Descriptors go along; with no byte beside them, x/sys sends a zero.
func SendLocal(fd int, b []byte, fds []int, to string) (int, Errno) {
	var control []byte
	if len(fds) > 0 {
		control = unix.UnixRights(fds...)
	}
	var sa unix.Sockaddr
	if to != "" {
		sa = &unix.SockaddrUnix{Name: to}
	}
	for {
		n, err := unix.SendmsgN(fd, b, control, sa, unix.MSG_DONTWAIT)
		switch errno := errnoOf(err); errno {
		case 0:
			return n, 0
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}
