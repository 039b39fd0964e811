//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// ShortIODrains is false where urgent data is not reported: a read may have stopped at its mark, and the bytes behind
// the mark make no new edge.
const ShortIODrains = false

// noNetwork is false: these systems do not have the error.
func noNetwork(Errno) bool { return false }

// OptionsInherited is false: the options that an accepted socket inherits from its listener differ between these
// systems.
const OptionsInherited = false

// Read reads from a socket. 0 bytes without an error mean the end of the stream. Read and Write have no flag against
// a socket in blocking mode, but they are not raw calls: they block a worker then, and not the whole process.
func Read(fd int, b []byte) (int, Errno) {
	return transfer(unix.Read, fd, b)
}

// Write writes as much as there is room for.
func Write(fd int, b []byte) (int, Errno) {
	return transfer(unix.Write, fd, b)
}

func transfer(call func(int, []byte) (int, error), fd int, b []byte) (int, Errno) {
	for {
		n, err := call(fd, b)
		switch errno := errnoOf(err); errno {
		case 0:
			return n, 0
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}

// Accept takes a connection from the backlog of fd. Not all of these systems have accept4, so Accept excludes a fork
// between the call and the calls that set the modes.
func Accept(fd int) (conn int, from Endpoint, errno Errno) {
	for {
		syscall.ForkLock.RLock()
		n, sa, err := unix.Accept(fd)
		if err == nil {
			unix.CloseOnExec(n)
		}
		syscall.ForkLock.RUnlock()
		switch errno := errnoOf(err); errno {
		case 0:
		case unix.EINTR:
			continue
		default:
			return -1, Endpoint{}, errno
		}
		if sa == nil { // Darwin, for a connection that was reset meanwhile
			unix.Close(n)
			return -1, Endpoint{}, unix.ECONNABORTED
		}
		if err := unix.SetNonblock(n, true); err != nil {
			unix.Close(n)
			return -1, Endpoint{}, errnoOf(err)
		}
		return n, fromSockaddr(sa), 0
	}
}

// SetNonblock makes the descriptor non-blocking again.
func SetNonblock(fd int) error { return os.NewSyscallError("fcntl", unix.SetNonblock(fd, true)) }

func newSocket(domain, kind, protocol int) (int, error) {
	syscall.ForkLock.RLock()
	fd, err := unix.Socket(domain, kind, protocol)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return -1, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}
