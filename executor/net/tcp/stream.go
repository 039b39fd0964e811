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
	if err := co.Interrupted(); err != nil {
		return 0, s.failed("read", err)
	}
	for {
		n, p, err := s.read(co.Context(), b)
		if p == netfd.Done {
			return n, err
		}
		if err := s.fd.Await(co, reactor.Read, p); err != nil {
			return 0, s.failed("read", err)
		}
	}
}

// PollRead is Read in poll style.
func (s *Stream) PollRead(cx *core.Context, b []byte) (n int, ready bool, err error) {
	for {
		n, p, err := s.read(cx, b)
		if p != netfd.Unregistered {
			return n, p == netfd.Done, err
		}
		if err := s.fd.Register(cx); err != nil {
			return 0, true, s.failed("read", err)
		}
	}
}

func (s *Stream) read(cx *core.Context, b []byte) (n int, p netfd.Progress, err error) {
	const d = reactor.Read
	if err := s.fd.Begin(cx, d); err != nil {
		return 0, netfd.Done, s.failed("read", err)
	}
	switch {
	case len(b) == 0:
		p = netfd.Done
	case !cx.Spend():
		p = netfd.Pending
	default:
		if n, p, err = s.readReady(cx, b); p != netfd.Done {
			cx.Refund()
		}
	}
	s.fd.End(cx, d, p)
	return n, p, err
}

func (s *Stream) readReady(cx *core.Context, b []byte) (int, netfd.Progress, error) {
	const d = reactor.Read
	b = b[:min(len(b), sys.MaxTransfer)]
	for {
		ev, ok, err := s.fd.Ready(cx, d)
		if err != nil {
			return 0, netfd.Done, s.failed("read", err)
		}
		if !ok {
			return 0, netfd.Pending, nil
		}
		n, errno := sys.Read(s.fd.Sysfd(), b)
		switch {
		case errno == sys.EAGAIN:
			if !ev.Blocked(d) {
				return 0, netfd.Unregistered, nil
			}
			continue
		case errno != 0:
			return 0, netfd.Done, s.failed("read", callError("read", errno))
		case n == 0:
			return 0, netfd.Done, io.EOF
		case n < len(b):
			ev.Short(d)
		}
		return n, netfd.Done, nil
	}
}

// Write writes all of b, and waits whenever there is no room. If it fails, n says how much of b was
// written.
func (s *Stream) Write(co *coro.Co, b []byte) (n int, err error) {
	if err := co.Interrupted(); err != nil {
		return 0, s.failed("write", err)
	}
	for {
		m, p, err := s.write(co.Context(), b[n:])
		n += m
		switch {
		case p != netfd.Done:
			if err := s.fd.Await(co, reactor.Write, p); err != nil {
				return n, s.failed("write", err)
			}
		case err != nil || n == len(b):
			return n, err
		}
	}
}

// PollWrite writes as much of b as there is room for, in poll style: n may be less than len(b),
// and the rest is then written by further calls.
func (s *Stream) PollWrite(cx *core.Context, b []byte) (n int, ready bool, err error) {
	for {
		n, p, err := s.write(cx, b)
		if p != netfd.Unregistered {
			return n, p == netfd.Done, err
		}
		if err := s.fd.Register(cx); err != nil {
			return 0, true, s.failed("write", err)
		}
	}
}

func (s *Stream) write(cx *core.Context, b []byte) (n int, p netfd.Progress, err error) {
	const d = reactor.Write
	if err := s.fd.Begin(cx, d); err != nil {
		return 0, netfd.Done, s.failed("write", err)
	}
	switch {
	case len(b) == 0:
		p = netfd.Done
	case !cx.Spend():
		p = netfd.Pending
	default:
		if n, p, err = s.writeReady(cx, b); p != netfd.Done {
			cx.Refund()
		}
	}
	s.fd.End(cx, d, p)
	return n, p, err
}

func (s *Stream) writeReady(cx *core.Context, b []byte) (int, netfd.Progress, error) {
	const d = reactor.Write
	b = b[:min(len(b), sys.MaxTransfer)]
	for {
		ev, ok, err := s.fd.Ready(cx, d)
		if err != nil {
			return 0, netfd.Done, s.failed("write", err)
		}
		if !ok {
			return 0, netfd.Pending, nil
		}
		n, errno := sys.Write(s.fd.Sysfd(), b)
		switch {
		case errno == sys.EAGAIN:
			if !ev.Blocked(d) {
				return 0, netfd.Unregistered, nil
			}
			continue
		case errno != 0:
			return 0, netfd.Done, s.failed("write", callError("write", errno))
		case n < len(b):
			ev.Short(d)
		}
		return n, netfd.Done, nil
	}
}

// WaitReadable waits until a Read would return something: bytes, the end of the stream or an error.
// Once it has returned nil, it does so at once until a Read has found nothing more. So a connection
// that is idle needs no buffer; get one after WaitReadable, and expect that Read may still have to
// wait, if another task was quicker.
func (s *Stream) WaitReadable(co *coro.Co) error { return s.wait(co, "read", reactor.Read) }

// WaitWritable waits until a Write of at least a byte would not have to.
func (s *Stream) WaitWritable(co *coro.Co) error { return s.wait(co, "write", reactor.Write) }

func (s *Stream) wait(co *coro.Co, op string, d reactor.Direction) error {
	err := co.Interrupted()
	for err == nil {
		var p netfd.Progress
		if p, err = s.ready(co.Context(), d); p == netfd.Done {
			break
		}
		err = s.fd.Await(co, d, p)
	}
	if err != nil {
		return s.failed(op, err)
	}
	return nil
}

// PollReadable is WaitReadable in poll style.
func (s *Stream) PollReadable(cx *core.Context) (ready bool, err error) {
	return s.pollReady(cx, "read", reactor.Read)
}

// PollWritable is WaitWritable in poll style.
func (s *Stream) PollWritable(cx *core.Context) (ready bool, err error) {
	return s.pollReady(cx, "write", reactor.Write)
}

func (s *Stream) pollReady(cx *core.Context, op string, d reactor.Direction) (ready bool, err error) {
	for {
		p, err := s.ready(cx, d)
		if p == netfd.Unregistered {
			err = s.fd.Register(cx)
		}
		switch {
		case err != nil:
			return true, s.failed(op, err)
		case p != netfd.Unregistered:
			return p == netfd.Done, nil
		}
	}
}

func (s *Stream) ready(cx *core.Context, d reactor.Direction) (netfd.Progress, error) {
	if err := s.fd.Begin(cx, d); err != nil {
		return netfd.Done, err
	}
	p := netfd.Done
	ev, ok, err := s.fd.Ready(cx, d)
	switch {
	case err != nil:
	case !ok:
		p = netfd.Pending
	case !ev.Known():
		p = netfd.Unregistered
	}
	s.fd.End(cx, d, p)
	return p, err
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
func (s *Stream) CloseRead() error { return s.control("close", sys.ShutdownRead) }

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

// failed makes the error of an operation. It stands apart to keep the frames of those small.
//
//go:noinline
func (s *Stream) failed(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Source: s.local(), Addr: s.peer.TCPAddr(), Err: err}
}
