package unix

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// ErrDescriptorsLost is what ReadMsg returns, beside what it has read, if descriptors came along for
// which there was no room: neither in the slice, or in the process's table.
var ErrDescriptorsLost = errors.New("unix: descriptors were lost for want of room")

// socket is what the three kinds have in common.
type socket struct {
	fd   netfd.FD
	kind sys.Kind
}

func (s *socket) init(fd int, kind sys.Kind) {
	s.kind = kind
	s.fd.InitBoundaries(fd)
}

// WaitReadable waits until a read would return something: bytes, the end or an error. Once it has
// returned nil, it does so at once until a read has found nothing more. So a socket that is idle
// needs no buffer.
func (s *socket) WaitReadable(co *coro.Co) error {
	return s.wrap("read", s.fd.WaitReady(co, reactor.Read))
}

// WaitWritable waits until a write would not have to. It knows nothing of the room that the receiver
// of a datagram has.
func (s *socket) WaitWritable(co *coro.Co) error {
	return s.wrap("write", s.fd.WaitReady(co, reactor.Write))
}

// PollReadable is WaitReadable in poll style.
func (s *socket) PollReadable(cx *core.Context) (ready bool, err error) {
	ready, err = s.fd.PollWaitReady(cx, reactor.Read)
	return ready, s.wrap("read", err)
}

// PollWritable is WaitWritable in poll style.
func (s *socket) PollWritable(cx *core.Context) (ready bool, err error) {
	ready, err = s.fd.PollWaitReady(cx, reactor.Write)
	return ready, s.wrap("write", err)
}

// Unwait takes w out of those that wait for direction d. A future that is dropped while an operation
// in poll style is pending calls it with the waker it polled with, unless it closes the socket.
func (s *socket) Unwait(w core.Waker, d reactor.Direction) { s.fd.Unwait(w, d) }

// LocalAddr returns the name of this end, a *net.UnixAddr. The system is asked for it each time, since
// few ask at all; after Close, and if it has none, the name is empty.
func (s *socket) LocalAddr() net.Addr { return s.addr(sys.LocalName) }

// RemoteAddr returns the name of the peer, as LocalAddr.
func (s *socket) RemoteAddr() net.Addr { return s.addr(sys.PeerName) }

func (s *socket) addr(f func(fd int) (string, error)) *net.UnixAddr {
	a := &net.UnixAddr{Net: s.kind.Network()}
	if s.fd.Acquire() == nil {
		a.Name, _ = f(s.fd.Sysfd())
		s.fd.Release()
	}
	return a
}

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (s *socket) SetDeadline(t time.Time) error {
	if err := s.SetReadDeadline(t); err != nil {
		return err
	}
	return s.SetWriteDeadline(t)
}

// SetReadDeadline sets when reading fails with os.ErrDeadlineExceeded, what is waiting included; the
// zero Time is never. A time that is past makes it fail at once, even if there is something to read,
// until a later deadline is set. Any goroutine may call it at any time.
func (s *socket) SetReadDeadline(t time.Time) error {
	return s.wrap("set", s.fd.SetDeadline(reactor.Read, t))
}

// SetWriteDeadline is SetReadDeadline for writing.
func (s *socket) SetWriteDeadline(t time.Time) error {
	return s.wrap("set", s.fd.SetDeadline(reactor.Write, t))
}

// SetReadBuffer sets the size of the system's receive buffer.
func (s *socket) SetReadBuffer(bytes int) error {
	return s.control("set", func(fd int) error { return sys.SetReadBuffer(fd, bytes) })
}

// SetWriteBuffer sets the size of the system's send buffer, which is also the longest message.
func (s *socket) SetWriteBuffer(bytes int) error {
	return s.control("set", func(fd int) error { return sys.SetWriteBuffer(fd, bytes) })
}

// SyscallConn gives access to the descriptor. Control is that of package net. Read and Write of the
// RawConn call their function once and do not wait: where it is not done they return an error that
// is syscall.EAGAIN, and WaitReadable or WaitWritable waits for another try.
func (s *socket) SyscallConn() (syscall.RawConn, error) { return s.raw(nil) }

func (s *socket) raw(owner any) (syscall.RawConn, error) {
	if s.fd.Closed() {
		return nil, s.wrap("raw", net.ErrClosed)
	}
	return &netfd.RawConn{FD: &s.fd, Failed: s.wrap, Owner: owner}, nil
}

// control does something to the descriptor that does not wait.
func (s *socket) control(op string, f func(fd int) error) error {
	err := s.fd.Acquire()
	if err == nil {
		err = f(s.fd.Sysfd())
		s.fd.Release()
	}
	return s.wrap(op, err)
}

// Credentials are the process at the other end of a connection, as it was when it connected or
// listened. PID is 0 where the system does not tell.
type Credentials struct{ PID, UID, GID int }

// peerCredentials asks for them: on Linux, Darwin and FreeBSD. Elsewhere it returns
// errors.ErrUnsupported.
func (s *socket) peerCredentials() (c Credentials, err error) {
	err = s.control("get", func(fd int) error {
		got, err := sys.PeerCredentials(fd)
		c = Credentials(got)
		return os.NewSyscallError("getsockopt", err)
	})
	return c, err
}

// wrap makes the error of an operation, if there is one; the end of the stream stays what it is.
func (s *socket) wrap(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return s.failed(op, err)
}

// failed stands apart to keep the frames of operations small.
//
//go:noinline
func (s *socket) failed(op string, err error) error {
	return s.failedTo(op, "", err)
}

// failedTo is failed with the name of the other end, or if that is empty, of the peer.
func (s *socket) failedTo(op, name string, err error) error {
	oe := &net.OpError{Op: op, Net: s.kind.Network(), Err: err}
	if local := s.addr(sys.LocalName); local.Name != "" {
		oe.Source = local
	}
	if name == "" {
		name = s.addr(sys.PeerName).Name
	}
	if name != "" {
		oe.Addr = &net.UnixAddr{Name: name, Net: oe.Net}
	}
	return oe
}
