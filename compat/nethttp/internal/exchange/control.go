package exchange

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// This file has what an http.ResponseController uses, and the other optional methods of an http.ResponseWriter.

// Flush implements http.Flusher.
func (e *exchange) Flush() { _ = e.FlushError() }

// FlushError is Flush for an http.ResponseController.
func (e *exchange) FlushError() error {
	switch {
	case !e.mine():
		return e.refusal()
	case e.hijacked:
		return http.ErrHijacked
	}
	if !e.wroteHeader {
		e.WriteHeader(http.StatusOK)
	}
	err := e.s.body.Flush()
	if err2 := (*chunker)(e).flush(); err == nil {
		err = err2
	}
	return err
}

// SetReadDeadline is for an http.ResponseController.
func (e *exchange) SetReadDeadline(t time.Time) error {
	if !e.mine() {
		return e.refusal()
	}
	e.s.readDeadline = !t.IsZero()
	return e.s.conn.SetReadDeadline(t)
}

// SetWriteDeadline is for an http.ResponseController.
func (e *exchange) SetWriteDeadline(t time.Time) error {
	if !e.mine() {
		return e.refusal()
	}
	e.s.writeDeadline = !t.IsZero()
	return e.s.conn.SetWriteDeadline(t)
}

// EnableFullDuplex is for an http.ResponseController.
func (e *exchange) EnableFullDuplex() error {
	if !e.mine() {
		return e.refusal()
	}
	e.fullDuplex = true
	return nil
}

// sniffed is how many bytes http.DetectContentType looks at.
const sniffed = 512

// copyBuffers are the buffers of ReadFrom.
var copyBuffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// ReadFrom implements io.ReaderFrom: the system sends files, if it can and the length is known.
func (e *exchange) ReadFrom(r io.Reader) (n int64, err error) {
	if !e.mine() {
		return 0, e.refusal()
	}
	buf := copyBuffers.Get().(*[32 << 10]byte)
	defer copyBuffers.Put(buf)
	w := struct{ io.Writer }{e}
	rf, ok := e.s.conn.(io.ReaderFrom)
	if !ok || e.hijacked {
		return io.CopyBuffer(w, r, buf[:])
	}
	if !e.sentHeader { // not before the source has bytes, which tell the Content-Type
		n, err = io.CopyBuffer(w, io.LimitReader(r, sniffed), buf[:])
		if err != nil || n < sniffed {
			return n, err
		}
	}
	_ = e.s.body.Flush()
	_ = (*chunker)(e).flush()
	var m int64
	if !e.chunked && bodyAllowed(e.status) && e.req.Method != http.MethodHead {
		m, err = rf.ReadFrom(r)
		e.written += m
		if err != nil {
			e.s.failed = true
		}
	} else {
		m, err = io.CopyBuffer(w, r, buf[:])
	}
	return n + m, err
}

// CloseNotify implements http.CloseNotifier.
func (e *exchange) CloseNotify() <-chan bool {
	if e.over.Load() {
		panic("net/http: CloseNotify called after ServeHTTP finished")
	}
	return e.ctx.closeNotify()
}

// Hijack implements http.Hijacker. The connection that it returns suspends the body of the handler, and blocks other
// goroutines. A Read or Write of the handler's own is not locked against those of other goroutines.
func (e *exchange) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	switch {
	case e.over.Load():
		panic("net/http: Hijack called after ServeHTTP finished")
	case !e.mine():
		return nil, nil, e.refusal()
	case e.hijacked:
		return nil, nil, http.ErrHijacked
	}
	s := e.s
	e.mayContinue = false
	if e.wroteHeader {
		_ = (*chunker)(e).flush()
	}
	e.ctx.settle()
	e.hijacked = true
	_ = s.conn.SetDeadline(time.Time{})
	rest := s.rest()
	c := &hijackedConn{Conn: s.conn.Free(), body: s.conn, e: e}
	in := &prefixed{rest: rest, r: c}
	rw := bufio.NewReadWriter(bufio.NewReaderSize(in, max(bufferSize, len(rest))), bufio.NewWriterSize(c, bufferSize))
	if len(rest) > 0 {
		_, _ = rw.Peek(len(rest)) // so that Buffered tells of it
	}
	s.conn.Changed(http.StateHijacked)
	return c, rw, nil
}

// rest returns a copy of the bytes that were read and belong to no request yet.
func (s *serving) rest() []byte {
	have, _ := s.br.Peek(s.br.Buffered())
	rest := append([]byte(nil), have...)
	rest = append(rest, s.in.head...)
	if s.in.hasByte {
		rest = append(rest, s.in.early[0])
	}
	return rest
}

// prefixed reads rest, and then r.
type prefixed struct {
	rest []byte
	r    io.Reader
}

func (p *prefixed) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		return p.r.Read(b)
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// A hijackedConn is a hijacked connection: for the handler that of its body, and for other goroutines a free one, which is also
// the handler's own once it has returned.
type hijackedConn struct {
	net.Conn // free
	body     Conn
	e        *exchange
}

// Read implements net.Conn.
func (t *hijackedConn) Read(b []byte) (int, error) {
	if t.e.mine() {
		return t.body.Read(b)
	}
	return t.Conn.Read(b)
}

// Write implements net.Conn.
func (t *hijackedConn) Write(b []byte) (int, error) {
	if t.e.mine() {
		return t.body.Write(b)
	}
	return t.Conn.Write(b)
}

// NetConn returns the free connection, which has further methods.
func (t *hijackedConn) NetConn() net.Conn { return t.Conn }

// CloseWrite ends the outgoing direction.
func (t *hijackedConn) CloseWrite() error {
	if c, ok := t.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return net.ErrClosed
}
