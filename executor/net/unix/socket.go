package unix

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// ErrDescriptorsLost is the error of a ReadMsg that has lost descriptors, because there was no room for them in the
// slice or in the table of the process. The other results are valid.
var ErrDescriptorsLost = errors.New("unix: descriptors were lost for want of room")

// socket has the methods that the three kinds have in common.
type socket struct {
	fd   netfd.FD
	kind sys.Kind
}

func (s *socket) init(fd int, kind sys.Kind) {
	s.kind = kind
	s.fd.InitBoundaries(fd)
}

// WaitReadable waits until a read would not wait: until there are bytes, the end or an error. After that it returns
// at once until a read has found no more bytes. So an idle socket needs no buffer.
func (s *socket) WaitReadable(co *coro.Co) error {
	return s.wrap("read", s.fd.WaitReady(co, reactor.Read))
}

// WaitWritable waits until a write would not wait. It does not consider the room that the receiver of a datagram has.
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

// Unwait takes w out of the waiters for direction d. A future that is dropped while an operation in poll style is
// pending calls it with the waker that it polled with, unless it closes the socket.
func (s *socket) Unwait(w core.Waker, d reactor.Direction) { s.fd.Unwait(w, d) }

// LocalAddr returns the name of this end, a *net.UnixAddr. Each call is a system call. The name is empty after Close,
// and if this end has none.
func (s *socket) LocalAddr() net.Addr { return s.addr(sys.LocalName) }

// RemoteAddr returns the name of the peer, as LocalAddr does.
func (s *socket) RemoteAddr() net.Addr { return s.addr(sys.PeerName) }

func (s *socket) addr(f func(fd int) (string, error)) *net.UnixAddr {
	a := &net.UnixAddr{Net: s.kind.Network()}
	if s.fd.Acquire() == nil {
		a.Name, _ = f(s.fd.Sysfd())
		s.fd.Release()
	}
	return a
}

// SetDeadline calls SetReadDeadline and SetWriteDeadline.
func (s *socket) SetDeadline(t time.Time) error {
	if err := s.SetReadDeadline(t); err != nil {
		return err
	}
	return s.SetWriteDeadline(t)
}

// SetReadDeadline sets when reads fail with os.ErrDeadlineExceeded, pending ones included; the zero Time means never.
// Once the deadline has passed, reads fail at once, even if there are bytes, until a later deadline is set. Any
// goroutine may call it at any time.
func (s *socket) SetReadDeadline(t time.Time) error {
	return s.wrap("set", s.fd.SetDeadline(reactor.Read, t))
}

// SetWriteDeadline is SetReadDeadline for writes.
func (s *socket) SetWriteDeadline(t time.Time) error {
	return s.wrap("set", s.fd.SetDeadline(reactor.Write, t))
}

// SetReadBuffer sets the size of the system's receive buffer.
func (s *socket) SetReadBuffer(bytes int) error {
	return s.control("set", func(fd int) error { return sys.SetReadBuffer(fd, bytes) })
}

// SetWriteBuffer sets the size of the system's send buffer, which also bounds the length of a message.
func (s *socket) SetWriteBuffer(bytes int) error {
	return s.control("set", func(fd int) error { return sys.SetWriteBuffer(fd, bytes) })
}

// control calls f, which must not wait, with the descriptor.
func (s *socket) control(op string, f func(fd int) error) error {
	err := s.fd.Acquire()
	if err == nil {
		err = f(s.fd.Sysfd())
		s.fd.Release()
	}
	return s.wrap(op, err)
}

// Credentials identify the process at the other end of a connection, at the time when it connected or listened. PID
// is 0 on systems that do not report it.
type Credentials struct{ PID, UID, GID int }

// peerCredentials returns the credentials on Linux, Darwin and FreeBSD, and errors.ErrUnsupported on other systems.
func (s *socket) peerCredentials() (c Credentials, err error) {
	err = s.control("get", func(fd int) error {
		got, err := sys.PeerCredentials(fd)
		c = Credentials(got)
		return os.NewSyscallError("getsockopt", err)
	})
	return c, err
}

// wrap makes the error of an operation, if there is one; io.EOF stays as it is.
func (s *socket) wrap(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return s.failed(op, err)
}

// failed is not inlined, which keeps the frames of operations small.
//
//go:noinline
func (s *socket) failed(op string, err error) error {
	return s.failedTo(op, "", err)
}

// failedTo is failed with the name of the other end, or of the peer if name is empty.
func (s *socket) failedTo(op, name string, err error) error {
	oe := &net.OpError{Op: op, Net: s.kind.Network(), Err: s.fd.Explain(err)}
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
