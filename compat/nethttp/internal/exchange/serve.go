package exchange

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
)

// A serving is a Serve under way, with all buffers that it needs.
type serving struct {
	co   *coro.Co
	conn Conn
	link *Link
	cfg  *Config

	in    source
	br    *bufio.Reader // of in
	bw    *bufio.Writer // to wire, so to conn
	body  *bufio.Writer // of a response; to chunker
	lines fields        // of a response, while its header waits to be written

	failed        bool // a write to conn has failed
	readDeadline  bool // one was set
	writeDeadline bool
}

const (
	bufferSize = 4 << 10
	// A response of up to bodySize gets a Content-Length. DetectContentType needs 512 bytes of it.
	bodySize = 2 << 10
)

// servings are those that no Serve uses.
var servings = sync.Pool{New: func() any {
	s := &serving{}
	s.br = bufio.NewReaderSize(&s.in, bufferSize)
	s.bw = bufio.NewWriterSize((*wire)(s), bufferSize)
	s.body = bufio.NewWriterSize(io.Discard, bodySize)
	return s
}}

// Serve serves the requests of c in the body of co, until no byte of a further one has come (Idle), the connection has to be
// closed (Closed), or a handler has taken it over (Hijacked). head is what the caller has read of c already; it may be
// empty, and Serve does not keep it. At Idle, the deadlines of c are off.
//
// A handler that exits its goroutine, or a body that is unwound by force, ends Serve by runtime.Goexit: the caller closes
// c in a deferred function.
func Serve(co *coro.Co, c Conn, link *Link, cfg *Config, head []byte) (next Outcome) {
	s := servings.Get().(*serving)
	s.co, s.conn, s.link, s.cfg = co, c, link, cfg
	s.in.s, s.in.head, s.in.remain = s, head, unlimited
	defer s.release()
	if link.Remote == "" {
		if a := c.RemoteAddr(); a != nil {
			link.Remote = a.String()
		}
	}
	if link.served && !s.awaitFew() {
		return Closed
	}
	next, mayReset := s.serveAll(len(head) > 0)
	if mayReset {
		s.avoidReset()
	}
	return next
}

// release gives s back.
func (s *serving) release() {
	s.leave()
	s.br.Reset(&s.in)
	s.bw.Reset((*wire)(s))
	s.body.Reset(io.Discard)
	s.lines.reset()
	*s = serving{br: s.br, bw: s.bw, body: s.body, lines: s.lines}
	servings.Put(s)
}

// serveAll serves requests. mayReset says that the peer may still send, and is to get the response nevertheless.
func (s *serving) serveAll(headed bool) (next Outcome, mayReset bool) {
	for {
		e, err := s.read(headed)
		switch {
		case s.cfg.closing():
			return Closed, false
		case err != nil:
			return Closed, s.refuse(err)
		}
		next, mayReset = s.serve(e)
		if next != Idle {
			return next, mayReset
		}
		s.link.served = true
		s.conn.Changed(http.StateIdle)
		if !s.cfg.keepAlives() {
			return Closed, false
		}
		s.link.Begun = time.Time{}
		s.clearDeadlines()
		s.link.Dropped = 0
		if s.link.AfterPost {
			s.dropNewlines()
		}
		if s.br.Buffered() == 0 && !s.in.holds() {
			return Idle, false
		}
		if !s.awaitFew() {
			return Closed, false
		}
		headed = false
	}
}

// minRequest is net/http's bound: how many bytes of a further request have to be there before its time counts, and an end is
// an error.
const minRequest = 4

// awaitFew waits until some bytes of a further request are there.
func (s *serving) awaitFew() bool {
	if s.br.Buffered() >= minRequest {
		return true
	}
	if s.br.Buffered()+len(s.in.head) < minRequest {
		s.deadlineIn(s.cfg.idleTimeout())
	}
	_, err := s.br.Peek(minRequest)
	return err == nil
}

// dropNewlines drops ends of lines that are all that is there.
func (s *serving) dropNewlines() {
	n := s.br.Buffered()
	if n == 0 || n >= minRequest || s.in.holds() {
		return
	}
	if b, _ := s.br.Peek(n); newlines(b) == n {
		_, _ = s.br.Discard(n)
		s.link.Dropped = n
	}
}

// newlines returns how many ends of lines b begins with.
func newlines(b []byte) (n int) {
	for n < len(b) && (b[n] == '\r' || b[n] == '\n') {
		n++
	}
	return n
}

// serve runs the handler with one request, and sends the response.
func (s *serving) serve(e *exchange) (next Outcome, mayReset bool) {
	if !e.expects() {
		return Closed, false
	}
	if e.reqBody == http.NoBody {
		s.bodyOver(e)
	}
	ran := e.run(s.cfg.handler(e.req))
	e.ctx.end()
	switch {
	case e.hijacked:
		s.leave()
		return Hijacked, false
	case !ran:
		e.abandon()
		return Closed, false
	}
	e.finish()
	reusable := e.reusable()
	s.leave()
	if reusable {
		return Idle, false
	}
	return Closed, e.limitHit || e.closedEarly()
}

// leave ends the use of the exchange that is served, if there is one. What keeps it, or its context, does not keep s.
func (s *serving) leave() {
	if e := s.in.current; e != nil {
		e.over.Store(true)
		e.s, s.in.current = nil, nil
	}
}

// bodyOver is called when the body of e is read: what comes now is a further request, or the end. Deadlines do
// not count for it.
func (s *serving) bodyOver(e *exchange) {
	if s.readDeadline {
		_ = s.conn.SetReadDeadline(time.Time{})
		s.readDeadline = false
	}
	if !s.in.hasByte { // else a second byte would have no place
		e.ctx.allow()
	}
}

// clearDeadlines turns off what a request has set.
func (s *serving) clearDeadlines() {
	if s.readDeadline {
		_ = s.conn.SetReadDeadline(time.Time{})
		s.readDeadline = false
	}
	if s.writeDeadline {
		_ = s.conn.SetWriteDeadline(time.Time{})
		s.writeDeadline = false
	}
}

// deadlineIn sets when reads fail; 0 means never.
func (s *serving) deadlineIn(d time.Duration) {
	if d > 0 {
		s.setReadDeadline(time.Now().Add(d))
	} else {
		s.setReadDeadline(time.Time{})
	}
}

func (s *serving) setReadDeadline(t time.Time) {
	if t.IsZero() && !s.readDeadline {
		return
	}
	s.readDeadline = !t.IsZero()
	_ = s.conn.SetReadDeadline(t)
}

// errTooLarge is the error of a header that is longer than the limit.
var errTooLarge = errors.New("http: request too large")

// A statusError is an error that the peer is told of, with a status.
type statusError struct {
	code int
	text string
}

func (e statusError) Error() string { return http.StatusText(e.code) + ": " + e.text }

func badRequest(text string) error { return statusError{http.StatusBadRequest, text} }

// refuse answers a request that could not be read. It reports whether the peer may still send.
func (s *serving) refuse(err error) (mayReset bool) {
	var status statusError
	switch {
	case err == errTooLarge:
		s.answer(http.StatusRequestHeaderFieldsTooLarge, "", "")
		return true
	case unsupportedCoding(err):
		s.answer(http.StatusNotImplemented, "", "Unsupported transfer encoding")
	case readFailed(err):
	case errors.As(err, &status):
		text := status.Error()
		s.answer(status.code, ": "+status.text, fmt.Sprintf("%d %s", status.code, text))
	default:
		s.answer(http.StatusBadRequest, "", "")
	}
	return false
}

// answer writes a response of plain text. suffix follows the text of the status; a text of "" is the status.
func (s *serving) answer(code int, suffix, text string) {
	status := fmt.Sprintf("%d %s", code, http.StatusText(code))
	if text == "" {
		text = status
	}
	_, _ = io.WriteString(s.conn, "HTTP/1.1 "+status+suffix+"\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"+text)
}

// unsupportedCoding reports whether err is that of http.ReadRequest for a Transfer-Encoding that package http does not
// know. Its type is not exported.
func unsupportedCoding(err error) bool {
	return reflect.TypeOf(err).String() == "*http.unsupportedTEError" ||
		strings.HasPrefix(err.Error(), "unsupported transfer encoding: ") ||
		strings.HasPrefix(err.Error(), "too many transfer encodings: ")
}

// readFailed reports whether err is that of a connection, so that there is no peer to answer.
func readFailed(err error) bool {
	if err == io.EOF {
		return true
	}
	if e, ok := err.(net.Error); ok && e.Timeout() {
		return true
	}
	e, ok := err.(*net.OpError)
	return ok && e.Op == "read"
}

// resetDelay is how long a connection stays open after its last response while the peer may still send: if it were closed
// at once, the system would reset it, and the peer might lose the response.
const resetDelay = 500 * time.Millisecond

// avoidReset ends the writing direction, and waits.
func (s *serving) avoidReset() {
	_ = s.bw.Flush()
	if c, ok := s.conn.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite()
	}
	_ = coro.Sleep(s.co, resetDelay)
}

// wire is a serving as the writer of its responses.
type wire serving

// Write writes to the connection. An error ends the contexts of requests, and closes the connection after the response.
func (w *wire) Write(b []byte) (int, error) {
	n, err := w.conn.Write(b)
	if err != nil && !w.failed {
		w.failed = true
		(*serving)(w).disconnected()
	}
	return n, err
}

// disconnected ends the contexts of this and of later requests of the connection.
func (s *serving) disconnected() {
	s.link.gone = true
	if e := s.in.current; e != nil {
		e.ctx.disconnect()
	}
}
