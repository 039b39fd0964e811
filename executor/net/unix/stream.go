package unix

import (
	"errors"
	"net"
	"os"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// A Stream is a connection of bytes. [Listener.Accept], [Dial] and [StreamPair] return one; a zero Stream is closed.
type Stream struct{ socket }

func newStream(fd int) *Stream {
	s := &Stream{}
	s.init(fd, sys.Stream)
	return s
}

// StreamPair makes two connections that are peers of each other.
func StreamPair() (a, b *Stream, err error) {
	x, y, err := pair(sys.Stream)
	if err != nil {
		return nil, nil, err
	}
	return newStream(x), newStream(y), nil
}

func pair(kind sys.Kind) (a, b int, err error) {
	if a, b, err = sys.LocalPair(kind); err != nil {
		return -1, -1, openError("dial", kind, "", err)
	}
	return a, b, nil
}

// Read reads up to len(b) bytes, and waits if there are none. It returns io.EOF at the end of the stream. With an
// empty b it returns at once. It closes descriptors that come with the bytes.
func (s *Stream) Read(co *coro.Co, b []byte) (n int, err error) {
	n, err = s.fd.Read(co, b)
	return n, s.wrap("read", err)
}

// PollRead is Read in poll style.
func (s *Stream) PollRead(cx *core.Context, b []byte) (n int, ready bool, err error) {
	n, ready, err = s.fd.PollRead(cx, b)
	return n, ready, s.wrap("read", err)
}

// Write writes all of b, and waits whenever there is no room. If it fails, n is the number of bytes written.
func (s *Stream) Write(co *coro.Co, b []byte) (n int, err error) {
	n, err = s.fd.Write(co, b)
	return n, s.wrap("write", err)
}

// PollWrite writes as much of b as there is room for, in poll style: n may be less than len(b), and further calls
// write the rest.
func (s *Stream) PollWrite(cx *core.Context, b []byte) (n int, ready bool, err error) {
	n, ready, err = s.fd.PollWrite(cx, b)
	return n, ready, s.wrap("write", err)
}

// ReadMsg is Read with the descriptors that come with the bytes: it returns them in fds[:nfds]. If there is no room
// for all, it returns ErrDescriptorsLost beside the others. One call does not return bytes of two messages that both
// have descriptors.
func (s *Stream) ReadMsg(co *coro.Co, b []byte, fds []int) (n, nfds int, err error) {
	r, err := s.receive(co, &incoming{b: b, fds: fds, msg: true})
	return r.N, r.FDs, err
}

// PollReadMsg is ReadMsg in poll style.
func (s *Stream) PollReadMsg(cx *core.Context, b []byte, fds []int) (n, nfds int, ready bool, err error) {
	r, ready, err := s.pollReceive(cx, &incoming{b: b, fds: fds, msg: true})
	return r.N, r.FDs, ready, err
}

// WriteMsg is Write with descriptors, which go with the first byte; b must not be empty. The descriptors were sent if
// n is not 0.
func (s *Stream) WriteMsg(co *coro.Co, b []byte, fds []int) (n int, err error) {
	if n, err = s.transmit(co, &outgoing{b: b, fds: fds}); err != nil || n == len(b) {
		return n, err
	}
	m, err := s.Write(co, b[n:])
	return n + m, err
}

// PollWriteMsg is WriteMsg in poll style: n may be less than len(b), and calls of PollWrite write the rest.
func (s *Stream) PollWriteMsg(cx *core.Context, b []byte, fds []int) (n int, ready bool, err error) {
	return s.pollTransmit(cx, &outgoing{b: b, fds: fds})
}

// PeerCredentials returns the process of the peer on Linux, Darwin and FreeBSD, and errors.ErrUnsupported on other
// systems.
func (s *Stream) PeerCredentials() (Credentials, error) { return s.peerCredentials() }

// CloseRead ends reading: bytes that have arrived can still be read, and then reads return io.EOF. The writes of the
// peer fail with syscall.EPIPE.
func (s *Stream) CloseRead() error {
	return s.control("close", func(int) error { return s.fd.ShutdownRead() })
}

// CloseWrite ends writing: the peer reads the bytes that were written and then io.EOF. Reading goes on.
func (s *Stream) CloseWrite() error { return s.control("close", sys.ShutdownWrite) }

// Close closes the connection. The peer can still read the bytes that were written. Pending operations and a second
// Close return net.ErrClosed.
func (s *Stream) Close() error { return s.wrap("close", s.fd.Close()) }

// Split returns the two directions of s, for two tasks that own one each. The connection closes when both halves are
// closed; Close of s closes it at once. Deadlines and options stay with s.
func (s *Stream) Split() (*ReadHalf, *WriteHalf) { return &ReadHalf{s}, &WriteHalf{s} }

// A ReadHalf is the reading direction of a [Stream].
type ReadHalf struct{ s *Stream }

// Stream returns the whole connection. That of a zero ReadHalf is a zero Stream, which is closed.
func (h *ReadHalf) Stream() *Stream {
	if h.s == nil {
		return &Stream{}
	}
	return h.s
}

// Read is [Stream.Read].
func (h *ReadHalf) Read(co *coro.Co, b []byte) (int, error) { return h.Stream().Read(co, b) }

// PollRead is [Stream.PollRead].
func (h *ReadHalf) PollRead(cx *core.Context, b []byte) (n int, ready bool, err error) {
	return h.Stream().PollRead(cx, b)
}

// Close ends reading. The peer is not notified. Pending reads and a second Close return net.ErrClosed.
func (h *ReadHalf) Close() error {
	_, err := h.Stream().fd.CloseHalf(reactor.Read)
	return h.Stream().halfClosed(err)
}

// A WriteHalf is the writing direction of a [Stream].
type WriteHalf struct{ s *Stream }

// Stream returns the whole connection. That of a zero WriteHalf is a zero Stream, which is closed.
func (h *WriteHalf) Stream() *Stream {
	if h.s == nil {
		return &Stream{}
	}
	return h.s
}

// Write is [Stream.Write].
func (h *WriteHalf) Write(co *coro.Co, b []byte) (int, error) { return h.Stream().Write(co, b) }

// PollWrite is [Stream.PollWrite].
func (h *WriteHalf) PollWrite(cx *core.Context, b []byte) (n int, ready bool, err error) {
	return h.Stream().PollWrite(cx, b)
}

// Close ends writing: the peer reads the bytes that were written and then io.EOF. Pending writes and a second Close
// return net.ErrClosed.
func (h *WriteHalf) Close() error { return h.Stream().halfClosed(h.Stream().fd.CloseWriting()) }

// halfClosed is the result of closing a half. If the connection is closed by the peer already, there is no peer to
// notify, and that is not an error.
func (s *Stream) halfClosed(err error) error {
	if errors.Is(err, sys.ENOTCONN) && !errors.Is(err, net.ErrClosed) {
		return nil
	}
	return s.wrap("close", err)
}

// callError returns errno as an error that names the system call.
func callError(call string, errno sys.Errno) error {
	if errno == 0 {
		return nil
	}
	return os.NewSyscallError(call, errno)
}

// openError is the error of making a socket.
func openError(op string, kind sys.Kind, name string, err error) error {
	return &net.OpError{Op: op, Net: kind.Network(), Addr: &net.UnixAddr{Name: name, Net: kind.Network()}, Err: err}
}
