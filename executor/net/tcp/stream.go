package tcp

import (
	"io"
	"net"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// A Stream is a TCP connection. [Listener.Accept], [ListenerGroup.Serve] and [Dial] return one; a zero Stream is
// closed.
type Stream struct {
	fd   netfd.FD
	peer sys.Endpoint
}

func newStream(fd int, peer sys.Endpoint) *Stream {
	s := &Stream{peer: peer}
	s.fd.Init(fd)
	return s
}

// Read reads up to len(b) bytes, and waits if there are none. It returns io.EOF at the end of the stream. With an
// empty b it returns at once.
func (s *Stream) Read(co *coro.Co, b []byte) (n int, err error) {
	if n, err = s.fd.Read(co, b); err != nil {
		err = s.failed("read", err)
	}
	return n, err
}

// PollRead is Read in poll style.
func (s *Stream) PollRead(cx *core.Context, b []byte) (n int, ready bool, err error) {
	if n, ready, err = s.fd.PollRead(cx, b); err != nil {
		err = s.failed("read", err)
	}
	return n, ready, err
}

// Write writes all of b, and waits whenever there is no room. If it fails, n is the number of bytes written.
func (s *Stream) Write(co *coro.Co, b []byte) (n int, err error) {
	if n, err = s.fd.Write(co, b); err != nil {
		err = s.failed("write", err)
	}
	return n, err
}

// PollWrite writes as much of b as there is room for, in poll style: n may be less than len(b), and further calls
// write the rest.
func (s *Stream) PollWrite(cx *core.Context, b []byte) (n int, ready bool, err error) {
	if n, ready, err = s.fd.PollWrite(cx, b); err != nil {
		err = s.failed("write", err)
	}
	return n, ready, err
}

// WaitReadable waits until a Read would not wait: until there are bytes, the end of the stream or an error. After
// that it returns at once until a Read has found no more bytes. So an idle connection needs no buffer: allocate one
// after WaitReadable. The Read may still wait, if another task reads first.
// It is not for a stream under a tls.Conn or a bufio.Reader: what these have buffered makes no socket readable.
func (s *Stream) WaitReadable(co *coro.Co) error {
	err := s.fd.WaitReady(co, reactor.Read)
	if err != nil {
		err = s.failed("read", err)
	}
	return err
}

// WaitWritable waits until a Write of one byte would not wait.
func (s *Stream) WaitWritable(co *coro.Co) error {
	err := s.fd.WaitReady(co, reactor.Write)
	if err != nil {
		err = s.failed("write", err)
	}
	return err
}

// PollReadable is WaitReadable in poll style.
func (s *Stream) PollReadable(cx *core.Context) (ready bool, err error) {
	if ready, err = s.fd.PollWaitReady(cx, reactor.Read); err != nil {
		err = s.failed("read", err)
	}
	return ready, err
}

// PollWritable is WaitWritable in poll style.
func (s *Stream) PollWritable(cx *core.Context) (ready bool, err error) {
	if ready, err = s.fd.PollWaitReady(cx, reactor.Write); err != nil {
		err = s.failed("write", err)
	}
	return ready, err
}

// Unwait takes w out of the waiters for direction d of s. A future that is dropped while an operation in poll style
// is pending calls it with the waker that it polled with, unless it closes s.
func (s *Stream) Unwait(w core.Waker, d reactor.Direction) { s.fd.Unwait(w, d) }

// Close closes the connection. The system still sends the bytes that were written (but see [Stream.SetLinger]).
// Pending operations and a second Close return net.ErrClosed.
func (s *Stream) Close() error {
	if err := s.fd.Close(); err != nil {
		return s.failed("close", err)
	}
	return nil
}

// CloseRead ends reading: bytes that have arrived can still be read, and then reads return io.EOF.
func (s *Stream) CloseRead() error {
	return s.control("close", func(int) error { return s.fd.ShutdownRead() })
}

// CloseWrite ends writing: the peer reads the bytes that were written and then io.EOF. Reading goes on.
func (s *Stream) CloseWrite() error { return s.control("close", sys.ShutdownWrite) }

// control calls f, which must not wait, with the descriptor.
func (s *Stream) control(op string, f func(fd int) error) error {
	err := s.fd.Acquire()
	if err == nil {
		err = f(s.fd.Sysfd())
		defer s.fd.Release()
	}
	if err != nil {
		return s.failed(op, err)
	}
	return nil
}

// failed makes the error of an operation; io.EOF stays as it is. It is not inlined, which keeps the frames of
// operations small.
//
//go:noinline
func (s *Stream) failed(op string, err error) error {
	if err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: "tcp", Source: s.local(), Addr: s.peer.TCPAddr(), Err: s.fd.Explain(err)}
}
