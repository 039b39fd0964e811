package tcp

import (
	"syscall"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
)

// This file has the access to descriptors.

// A RawConn is access to the descriptor of a socket: a syscall.RawConn, and a syscall.Conn that returns itself. Control works
// as in package net. Read and Write repeat their function until it returns true, and wait in between; the function must
// not wait. They fail with net.ErrClosed when the socket is closed, with os.ErrDeadlineExceeded when its deadline has
// passed, and with io.EOF if the function returns false after CloseRead.
type RawConn = netfd.RawConn

// A Waiter is how an ordinary goroutine waits for a socket. The Parker of package executor is one. One goroutine at a time
// uses it, outside of tasks: it polls with its Context, calls Park if the operation is pending, and Release at the end.
type Waiter = netfd.Waiter

// SyscallConn returns access to the descriptor for ordinary goroutines. Its Read and Write block the goroutine, which needs
// the registration of s: while there is none, they fail with errors.ErrUnsupported when they would have to wait. Inside a
// task they call their function once, and fail with core.ErrNested if it returns false: use [Stream.RawConn] there.
func (s *Stream) SyscallConn() (syscall.RawConn, error) {
	c := s.raw()
	c.Owner = s
	return c.ForGoroutines()
}

// RawConn returns access to the descriptor for the body of co: Read and Write suspend it.
func (s *Stream) RawConn(co *coro.Co) RawConn { return s.raw().ForBody(co) }

// RawConnWith returns access to the descriptor for ordinary goroutines: each Read or Write that has to wait gets a Waiter, and
// registers s with its reactor if need be. Inside a task it is that of [Stream.SyscallConn].
func (s *Stream) RawConnWith(waiter func() Waiter) RawConn { return s.raw().With(waiter) }

// PollRawRead is the Read of a RawConn in poll style: each poll calls f, and is ready once f returns true.
func (s *Stream) PollRawRead(cx *core.Context, f func(fd uintptr) (done bool)) (ready bool, err error) {
	return s.raw().PollRead(cx, f)
}

// PollRawWrite is the Write of a RawConn in poll style; see [Stream.PollRawRead].
func (s *Stream) PollRawWrite(cx *core.Context, f func(fd uintptr) (done bool)) (ready bool, err error) {
	return s.raw().PollWrite(cx, f)
}

func (s *Stream) raw() *netfd.Raw { return &netfd.Raw{FD: &s.fd, Failed: s.failed} }

// SyscallConn returns access to the descriptor for ordinary goroutines; see [Stream.SyscallConn].
func (l *Listener) SyscallConn() (syscall.RawConn, error) { return l.raw().ForGoroutines() }

// RawConn returns access to the descriptor for the body of co, which Read suspends: its function accepts, for example.
func (l *Listener) RawConn(co *coro.Co) RawConn { return l.raw().ForBody(co) }

// RawConnWith returns access to the descriptor for ordinary goroutines; see [Stream.RawConnWith].
func (l *Listener) RawConnWith(waiter func() Waiter) RawConn { return l.raw().With(waiter) }

// PollRawRead is the Read of a RawConn in poll style: each poll calls f, and is ready once f returns true. A future that is
// dropped while it is pending owes l an Unwait, as after PollAccept.
func (l *Listener) PollRawRead(cx *core.Context, f func(fd uintptr) (done bool)) (ready bool, err error) {
	return l.raw().PollRead(cx, f)
}

func (l *Listener) raw() *netfd.Raw {
	return &netfd.Raw{FD: &l.fd.FD, Acceptor: &l.fd, Failed: l.failed}
}
