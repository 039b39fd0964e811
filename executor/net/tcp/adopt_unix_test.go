//go:build unix

package tcp_test

import (
	"errors"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// status returns the flags of a descriptor and of its file.
func status(tb testing.TB, c syscall.Conn) (fd, file int) {
	tb.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		tb.Fatal(err)
	}
	cerr := raw.Control(func(s uintptr) {
		fd, err = unix.FcntlInt(s, unix.F_GETFD, 0)
		if err == nil {
			file, err = unix.FcntlInt(s, unix.F_GETFL, 0)
		}
	})
	if err := errors.Join(cerr, err); err != nil {
		tb.Fatal(err)
	}
	return fd, file
}

// wantDescriptor fails unless a child process does not inherit the descriptor of c, which is non-blocking.
func wantDescriptor(tb testing.TB, c syscall.Conn) {
	tb.Helper()
	fd, file := status(tb, c)
	if fd&unix.FD_CLOEXEC == 0 || file&unix.O_NONBLOCK == 0 {
		tb.Errorf("%T: flags %#x of the descriptor, %#x of the file", c, fd, file)
	}
}

// wantBlocking fails if the descriptor of c is non-blocking.
func wantBlocking(tb testing.TB, c syscall.Conn) {
	tb.Helper()
	if _, file := status(tb, c); file&unix.O_NONBLOCK != 0 {
		tb.Errorf("%T: it is non-blocking", c)
	}
}

// makeBlocking switches the socket to blocking mode, as a process that shares it can.
func makeBlocking(tb testing.TB, c syscall.Conn) {
	tb.Helper()
	control(tb, c, func(fd uintptr) error { return unix.SetNonblock(int(fd), false) })
}

func noDelay(tb testing.TB, c syscall.Conn) bool {
	return option(tb, c, unix.IPPROTO_TCP, unix.TCP_NODELAY) != 0
}

// fileOf returns a duplicate of c's descriptor.
func fileOf(tb testing.TB, c syscall.Conn) *os.File {
	tb.Helper()
	dup := -1
	control(tb, c, func(fd uintptr) (err error) {
		dup, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
		return err
	})
	return os.NewFile(uintptr(dup), "socket")
}

// freshSocket returns a TCP socket that is neither connected nor listening, in blocking mode.
func freshSocket(tb testing.TB) *os.File {
	tb.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		tb.Fatal(err)
	}
	return os.NewFile(uintptr(fd), "fresh")
}
