//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// RoomUnreported is true: a connected socket is writable although its peer has no room.
const RoomUnreported = true

// ReceiverFull reports whether errno of SendLocal means that there is no room at the moment. If the buffer of the
// receiver is full, these systems return ENOBUFS.
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

// maxRights bounds the descriptors of a message. There is always room for as many, since not all of these systems
// close descriptors that there is no room for.
const maxRights = 512

// RecvLocal receives from a Unix socket, or with peek leaves what it returns in the queue. It puts descriptors into
// fds, close-on-exec, and closes those that there is no room for. It sets name, if not nil, to the name of the
// sender.
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
		room = filler[:] // otherwise x/sys uses a byte of its own, and discards its value
	}
	for {
		syscall.ForkLock.RLock() // not all have MSG_CMSG_CLOEXEC
		n, size, got, sa, err := unix.Recvmsg(fd, room, control, flags)
		if n >= 0 {
			err = nil // x/sys fails for a sender whose name is too long for it, although it has received the message
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
			n = 0 // SendLocal sends a zero for an empty message with descriptors
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

// SendLocal sends to the peer of a Unix socket, or if to is not empty, to the socket with that name. Descriptors go
// with the bytes; if there are no bytes, x/sys sends a zero.
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
