//go:build unix

package reactortest

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
)

// tryRead reads once without waiting. A datagram socket has no end of the stream, so nothing read and no
// error is a datagram there.
func tryRead(c net.Conn, raw syscall.RawConn, b []byte) (n int, err error) {
	cerr := raw.Read(func(fd uintptr) bool {
		for {
			n, err = syscall.Read(int(fd), b)
			if err != syscall.EINTR {
				return true
			}
		}
	})
	_, stream := c.(*net.TCPConn)
	switch {
	case cerr != nil:
		return 0, cerr
	case errors.Is(err, syscall.EAGAIN):
		return 0, ErrWouldBlock
	case err != nil:
		return 0, err
	case n == 0 && stream && len(b) != 0:
		return 0, io.EOF
	}
	return n, nil
}

// tryWrite writes once without waiting.
func tryWrite(_ net.Conn, raw syscall.RawConn, b []byte) (n int, err error) {
	cerr := raw.Write(func(fd uintptr) bool {
		for {
			n, err = syscall.Write(int(fd), b)
			if err != syscall.EINTR {
				return true
			}
		}
	})
	switch {
	case cerr != nil:
		return 0, cerr
	case errors.Is(err, syscall.EAGAIN):
		return 0, ErrWouldBlock
	case err != nil:
		return 0, err
	}
	return n, nil
}

// newSocket returns a non-blocking, close-on-exec TCP socket. The lock keeps a fork from another
// goroutine out until close-on-exec is set.
func newSocket() (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		return -1, err
	}
	syscall.CloseOnExec(fd)
	return fd, syscall.SetNonblock(fd, true)
}

// startConnect returns a socket whose connect is under way, or has ended already.
func startConnect(t testing.TB, to *net.TCPAddr) (fd uintptr, closeFD func()) {
	t.Helper()
	s, err := newSocket()
	if err != nil {
		t.Fatal(err)
	}
	sa := &syscall.SockaddrInet4{Port: to.Port, Addr: [4]byte(to.IP.To4())}
	err = syscall.Connect(s, sa)
	if errors.Is(err, syscall.ECONNREFUSED) { // some systems know at once, and then there is nothing to poll
		syscall.Close(s)
		t.Skip("connect was refused at once")
	}
	if err != nil && !errors.Is(err, syscall.EINPROGRESS) {
		syscall.Close(s)
		t.Fatal(err)
	}
	return uintptr(s), func() { syscall.Close(s) }
}

// socketError fetches the error pending on a socket.
func socketError(fd uintptr) error {
	n, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ERROR)
	if err != nil {
		return err
	}
	if n != 0 {
		return syscall.Errno(n)
	}
	return nil
}

func descriptorLimit() int {
	var lim syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &lim); err != nil {
		return 256
	}
	return int(min(uint64(lim.Cur), 1<<20))
}
