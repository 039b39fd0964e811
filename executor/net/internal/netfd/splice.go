package netfd

import (
	"io"
	"os"
	"syscall"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// An end is the source or the destination of a copy, if it is a byte stream of this module.
type end struct {
	fd     *FD
	failed Failed
}

// endOf looks for the FD behind x.
func endOf(x any) (e end, ok bool) {
	c, ok := x.(syscall.Conn)
	if !ok {
		return e, false
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return e, false
	}
	r, ok := raw.(*Raw)
	if !ok || r.Owner != x { // a type that embeds a stream may override its Read or Write
		return e, false
	}
	return end{fd: r.FD, failed: r.Failed}, true
}

// CopyBuffer is the size of the buffer that a copy takes while it runs, as in io.Copy. A read that fills it makes a
// pipe worth its cost; once a transfer through the pipe brings less than lull, the copy closes the pipe. So
// connections that are idle, or exchange small messages, hold no descriptors but their own.
const (
	CopyBuffer = 32 << 10
	lull       = CopyBuffer / 4
)

// A Splicer moves the bulk of a copy between two sockets through a pipe of the system, past the process. A nil
// Splicer moves nothing.
type Splicer struct {
	dst, src end
	never    bool // it cannot be done
}

// NewSplicer returns a Splicer from src to dst, or nil unless both are byte streams of this module.
func NewSplicer(dst, src any) *Splicer {
	d, ok := endOf(dst)
	if !ok {
		return nil
	}
	s, ok := endOf(src)
	if !ok {
		return nil
	}
	return &Splicer{dst: d, src: s}
}

// Run moves bytes until a transfer is small, and returns how many it has written. At the end of src the error is
// io.EOF. Bytes that splice cannot move are left to the reads and writes of the caller. buf is for bytes in the pipe
// that have to be copied.
func (s *Splicer) Run(co *coro.Co, buf []byte) (written int64, err error) {
	if s == nil || s.never {
		return 0, nil
	}
	pipe, errno := sys.NewPipe()
	if errno != 0 {
		return 0, nil // without a pipe, the caller copies
	}
	defer pipe.Close()
	for {
		n, got, err := s.fill(co, pipe)
		switch {
		case err != nil:
			return written, s.src.failed("read", err)
		case got == nothing:
			return written, nil
		case got == theEnd:
			return written, io.EOF
		}
		m, err := s.drain(co, pipe, n, buf)
		written += int64(m)
		if err != nil || s.never {
			return written, err
		}
		if n < lull {
			return written, nil
		}
	}
}

// filled is the outcome of filling a pipe.
type filled uint8

const (
	bytes   filled = iota
	nothing        // but a read may return bytes
	theEnd
)

// fill waits for bytes of src, and moves them into the pipe. The pipe is empty, so EAGAIN concerns src alone.
func (s *Splicer) fill(co *coro.Co, pipe sys.Pipe) (n int, got filled, err error) {
	f := s.src.fd
	n, err = Wait(co, f, reactor.Read, func(cx *core.Context) (int, Progress, error) {
		n, _, p, err := f.spliceOnce(cx, reactor.Read, func(fd int) (n int, errno sys.Errno) {
			n, got, errno = s.fillOnce(pipe, fd)
			return n, errno
		})
		return n, p, err
	})
	if err == nil && n == 0 && got == bytes { // reading was ended on this side
		got = theEnd
	}
	return n, got, err
}

// fillOnce distinguishes what 0 and EAGAIN of splice mean: the end, an empty socket, or the mark of urgent data, at
// which splice returns either of them although bytes lie behind it. A read gets past the mark.
func (s *Splicer) fillOnce(pipe sys.Pipe, fd int) (n int, got filled, errno sys.Errno) {
	if sys.Blocking(fd) {
		s.never = true
		return 0, nothing, 0
	}
	n, errno = pipe.Fill(fd)
	switch {
	case n > 0:
		return n, bytes, 0
	case sys.NoSplice(errno):
		s.never = true
		return 0, nothing, 0
	case errno != 0 && errno != sys.EAGAIN:
		return 0, nothing, errno
	}
	switch n, errno = sys.AtMark(fd); {
	case errno != 0:
		return 0, bytes, errno
	case n > 0:
		return 0, nothing, 0
	}
	return 0, theEnd, 0
}

// drain empties the pipe of n bytes into dst.
func (s *Splicer) drain(co *coro.Co, pipe sys.Pipe, n int, buf []byte) (written int, err error) {
	f := s.dst.fd
	for written < n {
		var errno sys.Errno
		m, err := Wait(co, f, reactor.Write, func(cx *core.Context) (m int, p Progress, err error) {
			m, errno, p, err = f.spliceOnce(cx, reactor.Write, func(fd int) (int, sys.Errno) {
				if sys.Blocking(fd) {
					return 0, 0
				}
				return pipe.Drain(fd, n-written)
			})
			return m, p, err
		})
		switch {
		case sys.NoSplice(errno) || err == nil && m == 0:
			s.never = true
			m, err := s.pour(co, pipe, n-written, buf)
			return written + m, err
		case err != nil:
			return written, s.dst.failed("write", err)
		}
		written += m
	}
	return written, nil
}

// pour copies what is left in the pipe.
func (s *Splicer) pour(co *coro.Co, pipe sys.Pipe, n int, buf []byte) (written int, err error) {
	for written < n {
		m, errno := pipe.Read(buf[:min(len(buf), n-written)])
		if errno != 0 {
			return written, s.dst.failed("write", os.NewSyscallError("read", errno))
		}
		w, err := s.dst.fd.Write(co, buf[:m])
		written += w
		if err != nil {
			return written, s.dst.failed("write", err)
		}
	}
	return written, nil
}

// spliceOnce is one try. It returns errno beside the error, since the caller can copy instead.
func (f *FD) spliceOnce(cx *core.Context, d reactor.Direction, call func(fd int) (int, sys.Errno)) (n int, errno sys.Errno, p Progress, err error) {
	t := f.Try(cx, d)
	for t.Next() {
		n, errno = call(f.Sysfd())
		t.Tried("splice", errno)
	}
	p, err = t.End()
	return n, errno, p, err
}
