package executor_test

import (
	"errors"
	"io"
	"net"
	"testing"
	"unsafe"

	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/reactor/reactortest"
	"golang.org/x/sys/windows"
)

// socketPair makes a pair of connected sockets of the system, for tasks on any worker. Its ends are
// closed at the end of the test, if not before.
func socketPair(t testing.TB) (a, b *socket) {
	t.Helper()
	a, b, err := newSocketPair()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

// realPoller skips the test where the system's own poller is missing.
func realPoller(t testing.TB) {
	t.Helper()
	if rt, err := executor.New(executor.Options{Workers: 1}); err != nil {
		t.Skip("there is no poller for sockets: ", err)
	} else {
		rt.Close()
	}
}

// newSocketPair connects through a listener: the system has no socketpair.
func newSocketPair() (a, b *socket, err error) {
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	x, err := net.DialTCP("tcp4", nil, l.Addr().(*net.TCPAddr))
	if err != nil {
		return nil, nil, err
	}
	y, err := l.AcceptTCP()
	if err != nil {
		x.Close()
		return nil, nil, err
	}
	if a, err = newSocket(x); err == nil {
		b, err = newSocket(y)
	}
	if err != nil {
		x.Close()
		y.Close()
		return nil, nil, err
	}
	return a, b, nil
}

// A socket is one end of a pair.
type socket struct {
	*net.TCPConn
	fd windows.Handle
}

var _ reactortest.Stream = (*socket)(nil)

func newSocket(c *net.TCPConn) (*socket, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	s := &socket{TCPConn: c}
	var nonblock error
	err = raw.Control(func(fd uintptr) {
		s.fd = windows.Handle(fd)
		const fionbio = 0x8004667e
		on, n := uint32(1), uint32(0)
		nonblock = windows.WSAIoctl(s.fd, fionbio, (*byte)(unsafe.Pointer(&on)), 4, nil, 0, &n, nil, 0)
	})
	return s, errors.Join(err, nonblock)
}

func (s *socket) FD() uintptr { return uintptr(s.fd) }

func (s *socket) Read(b []byte) (int, error) {
	buf := windows.WSABuf{Len: uint32(len(b)), Buf: unsafe.SliceData(b)}
	var n, flags uint32
	err := windows.WSARecv(s.fd, &buf, 1, &n, &flags, nil, nil)
	if n == 0 && err == nil {
		return 0, io.EOF
	}
	return int(n), wouldBlock(err)
}

func (s *socket) Write(b []byte) (int, error) {
	buf := windows.WSABuf{Len: uint32(len(b)), Buf: unsafe.SliceData(b)}
	var n uint32
	err := windows.WSASend(s.fd, &buf, 1, &n, 0, nil, nil)
	return int(n), wouldBlock(err)
}

func wouldBlock(err error) error {
	if errors.Is(err, windows.WSAEWOULDBLOCK) {
		return reactortest.ErrWouldBlock
	}
	return err
}

func (s *socket) Close() error {
	if err := s.TCPConn.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
