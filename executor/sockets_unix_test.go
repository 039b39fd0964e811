//go:build !windows

package executor_test

import (
	"io"
	"sync"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/reactor/reactortest"
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

func newSocketPair() (a, b *socket, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, nil, err
	}
	for _, fd := range fds {
		syscall.CloseOnExec(fd)
		if err = syscall.SetNonblock(fd, true); err != nil {
			syscall.Close(fds[0])
			syscall.Close(fds[1])
			return nil, nil, err
		}
	}
	return &socket{fd: fds[0]}, &socket{fd: fds[1]}, nil
}

// A socket is one end of a pair.
type socket struct {
	fd    int
	close sync.Once
}

var _ reactortest.Stream = (*socket)(nil)

func (s *socket) FD() uintptr { return uintptr(s.fd) }

func (s *socket) Read(b []byte) (int, error) {
	n, err := syscall.Read(s.fd, b)
	if n == 0 && err == nil {
		return 0, io.EOF
	}
	return wouldBlock(n, err)
}

func (s *socket) Write(b []byte) (int, error) { return wouldBlock(syscall.Write(s.fd, b)) }

func wouldBlock(n int, err error) (int, error) {
	if err == syscall.EAGAIN {
		return 0, reactortest.ErrWouldBlock
	}
	return max(n, 0), err
}

func (s *socket) CloseWrite() error { return syscall.Shutdown(s.fd, syscall.SHUT_WR) }

func (s *socket) Close() (err error) {
	s.close.Do(func() { err = syscall.Close(s.fd) })
	return err
}
