//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import "golang.org/x/sys/unix"

// RecvFrom receives a datagram, or with peek returns it and leaves it in the queue. Bytes that b has no room for are
// discarded, and then truncated is true.
func RecvFrom(fd int, b []byte, peek bool) (n int, truncated bool, from Endpoint, errno Errno) {
	flags := unix.MSG_DONTWAIT
	if peek {
		flags |= unix.MSG_PEEK
	}
	for {
		n, _, got, sa, err := unix.Recvmsg(fd, b, nil, flags)
		switch errno := errnoOf(err); errno {
		case 0:
			return n, got&unix.MSG_TRUNC != 0, fromSockaddr(sa), 0
		case unix.EINTR:
		default:
			return 0, false, Endpoint{}, errno
		}
	}
}

// SendTo sends a datagram from a socket of family f.
func SendTo(fd int, b []byte, f Family, to Endpoint) Errno { return sendTo(fd, b, to.sockaddr(f)) }

// Send sends a datagram to the peer of the socket.
func Send(fd int, b []byte) Errno { return sendTo(fd, b, nil) }

func sendTo(fd int, b []byte, to unix.Sockaddr) Errno {
	for {
		_, err := unix.SendmsgN(fd, b, nil, to, unix.MSG_DONTWAIT)
		if errno := errnoOf(err); errno != unix.EINTR {
			return errno
		}
	}
}
