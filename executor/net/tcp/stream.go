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

// A Stream is a TCP connection. It comes from [Listener.Accept] or from [Dial] and their kin. The
// package comment says what all methods have in common.
type Stream struct {
	fd   netfd.FD
	peer sys.Endpoint
}

func newStream(fd int, peer sys.Endpoint) *Stream {
	s := &Stream{peer: peer}
	s.fd.Init(fd)
	return s
}

// Read reads what there is, up to len(b) bytes, and waits if there is nothing. It returns io.EOF at
// the end of the stream. With an empty b it returns at once.
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

// Write writes all of b, and waits whenever there is no room. If it fails, n says how much of b was
// written.
func (s *Stream) Write(co *coro.Co, b []byte) (n int, err error) {
	if n, err = s.fd.Write(co, b); err != nil {
		err = s.failed("write", err)
	}
	return n, err
}

// PollWrite writes as much of b as there is room for, in poll style: n may be less than len(b),
// and the rest is then written by further calls.
func (s *Stream) PollWrite(cx *core.Context, b []byte) (n int, ready bool, err error) {
	if n, ready, err = s.fd.PollWrite(cx, b); err != nil {
		err = s.failed("write", err)
	}
	return n, ready, err
}

// WaitReadable waits until a Read would return something: bytes, the end of the stream or an error.
// Once it has returned nil, it does so at once until a Read has found nothing more. So a connection
// that is idle needs no buffer; get one after WaitReadable, and expect that Read may still have to
// wait, if another task was quicker.
func (s *Stream) WaitReadable(co *coro.Co) error {
	err := s.fd.WaitReady(co, reactor.Read)
	if err != nil {
		err = s.failed("read", err)
	}
	return err
}

// WaitWritable waits until a Write of at least a byte would not have to.
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

// Unwait takes w out of those that wait for direction d of s. A future that is dropped while an
// operation in poll style is pending calls it with the waker it polled with, unless it closes s.
func (s *Stream) Unwait(w core.Waker, d reactor.Direction) { s.fd.Unwait(w, d) }

// Close closes the connection. What was written is still sent (but see [Stream.SetLinger]); whoever
// waits on s gets net.ErrClosed, and so does a second Close.
func (s *Stream) Close() error {
	if err := s.fd.Close(); err != nil {
		return s.failed("close", err)
	}
	return nil
}

// CloseRead ends reading: what has come in can still be read, then there is io.EOF.
func (s *Stream) CloseRead() error {
	return s.control("close", func(int) error { return s.fd.ShutdownRead() })
}

// CloseWrite ends writing: the peer reads what was written and then io.EOF. Reading goes on.
func (s *Stream) CloseWrite() error { return s.control("close", sys.ShutdownWrite) }

// control does something to the descriptor that does not wait.
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

// failed makes the error of an operation; the end of the stream stays what it is. It stands apart to
// keep the frames of those small.
//
//go:noinline
func (s *Stream) failed(op string, err error) error {
	if err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: "tcp", Source: s.local(), Addr: s.peer.TCPAddr(), Err: err}
}
