package tcp

import "net"

// This file has the operations that are tried once, for code without a task.

// TryRead is Read without waiting: ok is false if it would wait. Any goroutine may call it, inside a task or not. It
// fails with os.ErrDeadlineExceeded once a deadline has passed, as the other forms do.
func (s *Stream) TryRead(b []byte) (n int, ok bool, err error) {
	if n, ok, err = s.fd.TryRead(b); err != nil {
		err = s.failed("read", err)
	}
	return n, ok, err
}

// TryWrite writes as much of b as there is room for: n may be less than len(b), and further calls write the rest. See
// [Stream.TryRead].
func (s *Stream) TryWrite(b []byte) (n int, ok bool, err error) {
	if n, ok, err = s.fd.TryWrite(b); err != nil {
		err = s.failed("write", err)
	}
	return n, ok, err
}

// TryReadBuffers is ReadBuffers without waiting; see [Stream.TryRead].
func (s *Stream) TryReadBuffers(bufs [][]byte) (n int, ok bool, err error) {
	if n, ok, err = s.fd.TryReadBuffers(bufs); err != nil {
		err = s.failed("read", err)
	}
	return n, ok, err
}

// TryWriteBuffers writes as much of bufs as there is room for, and takes it out of bufs. Further calls write the rest.
// See [Stream.TryRead].
func (s *Stream) TryWriteBuffers(bufs *net.Buffers) (n int64, ok bool, err error) {
	if n, ok, err = s.fd.TryWriteBuffers(bufs); err != nil {
		err = s.failed("write", err)
	}
	return n, ok, err
}

// TryRead is [Stream.TryRead].
func (h *ReadHalf) TryRead(b []byte) (n int, ok bool, err error) { return h.Stream().TryRead(b) }

// TryWrite is [Stream.TryWrite].
func (h *WriteHalf) TryWrite(b []byte) (n int, ok bool, err error) { return h.Stream().TryWrite(b) }

// TryAccept is Accept without waiting: ok is false if there is no connection. Any goroutine may call it, inside a task or
// not. The Stream is registered with the first task or goroutine that waits for it. While the process is out of
// descriptors, or the system out of memory, TryAccept returns the error of the system; the connections stay in the
// backlog, and the caller tries again later.
func (l *Listener) TryAccept() (s *Stream, ok bool, err error) {
	c, ok, err := l.fd.TryAccept()
	switch {
	case err != nil:
		return nil, true, l.failed("accept", err)
	case !ok:
		return nil, false, nil
	}
	s = newStream(c.FD, c.From)
	l.complete(s)
	return s, true, nil
}
