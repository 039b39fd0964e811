package udp

import (
	"syscall"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
)

// This file has the access to the descriptor.

// A RawConn is access to the descriptor of a socket: a syscall.RawConn, and a syscall.Conn that returns itself. Control works
// as in package net. Read and Write repeat their function until it returns true, and wait in between; the function must
// not wait. They fail with net.ErrClosed when the socket is closed, and with os.ErrDeadlineExceeded when its deadline has
// passed.
type RawConn = netfd.RawConn

// A Waiter is how an ordinary goroutine waits for a socket. The Parker of package executor is one. One goroutine at a time
// uses it, outside of tasks: it polls with its Context, calls Park if the operation is pending, and Release at the end.
type Waiter = netfd.Waiter

// SyscallConn returns access to the descriptor for ordinary goroutines. Its Read and Write block the goroutine, which needs
// the registration of s: while there is none, they fail with errors.ErrUnsupported when they would have to wait. Inside a
// task they call their function once, and fail with core.ErrNested if it returns false: use [Socket.RawConn] there.
func (s *Socket) SyscallConn() (syscall.RawConn, error) { return s.raw().ForGoroutines() }

// RawConn returns access to the descriptor for the body of co: Read and Write suspend it.
func (s *Socket) RawConn(co *coro.Co) RawConn { return s.raw().ForBody(co) }

// RawConnWith returns access to the descriptor for ordinary goroutines: each Read or Write that has to wait gets a Waiter, and
// registers s with its reactor if need be. Inside a task it is that of [Socket.SyscallConn].
func (s *Socket) RawConnWith(waiter func() Waiter) RawConn { return s.raw().With(waiter) }

// PollRawRead is the Read of a RawConn in poll style: each poll calls f, and is ready once f returns true.
func (s *Socket) PollRawRead(cx *core.Context, f func(fd uintptr) (done bool)) (ready bool, err error) {
	return s.raw().PollRead(cx, f)
}

// PollRawWrite is the Write of a RawConn in poll style; see [Socket.PollRawRead].
func (s *Socket) PollRawWrite(cx *core.Context, f func(fd uintptr) (done bool)) (ready bool, err error) {
	return s.raw().PollWrite(cx, f)
}

func (s *Socket) raw() *netfd.Raw { return &netfd.Raw{FD: &s.fd, Failed: s.wrap} }
