package exchange

import (
	"errors"
	"io"
	"net/http"
	"reflect"
	"runtime"
	"strconv"
)

// An exchange is one request and its response: the http.ResponseWriter of the handler.
//
// A write of the handler goes through two buffers:
//
//	exchange.Write → serving.body (2 KB) → chunker.Write → serving.bw (4 KB) → wire.Write → the connection
//
// The header is decided when the first bytes come to the chunker: by then either the handler has returned, and the length
// is known, or the body is chunked.
type exchange struct {
	owner
	s   *serving
	req *http.Request // that the handler got
	ctx requestContext

	reqBody io.ReadCloser // http.NoBody or &body
	body    body
	expect  expectBody

	header   http.Header // of the handler; nil if it has not asked for it
	trailers []string    // declared
	status   int
	length   int64 // of the body as declared, or -1
	written  int64 // of the body, by the handler

	wroteHeader bool // WriteHeader was called with a final status
	sentHeader  bool // the header is in serving.bw, or beyond
	chunked     bool
	returned    bool // the handler has
	hijacked    bool
	fullDuplex  bool
	mayContinue bool // a read of the body sends 100 Continue first
	keepAlive10 bool // an HTTP/1.0 request that asks to keep the connection
	wantsClose  bool // by the request
	closes      bool // the connection closes after the response
	limitHit    bool // the request is larger than the handler allows
}

var (
	_ http.ResponseWriter = (*exchange)(nil)
	_ http.Flusher        = (*exchange)(nil)
	_ http.Hijacker       = (*exchange)(nil)
	_ io.ReaderFrom       = (*exchange)(nil)
	_ io.StringWriter     = (*exchange)(nil)
)

// newExchange returns the exchange of a request that was read.
func (s *serving) newExchange(r *http.Request) *exchange {
	e := &exchange{s: s, reqBody: http.NoBody, length: -1}
	e.owner.init()
	e.ctx.init(e)
	e.closes = isPreface(r)
	connection := first(r.Header, "Connection")
	e.keepAlive10 = r.ProtoMajor == 1 && r.ProtoMinor == 0 && hasToken(connection, "keep-alive")
	e.wantsClose = r.Close || hasToken(connection, "close")
	if r.Body != http.NoBody {
		e.body.init(e, r)
		e.reqBody = &e.body
	}
	// The handler gets a copy: only package http can set the context of a request in place.
	e.req = r.WithContext(&e.ctx)
	e.req.Body = e.reqBody
	e.req.RemoteAddr = s.link.Remote
	e.req.TLS = s.link.TLS
	s.body.Reset((*chunker)(e))
	s.in.current = e
	return e
}

// expects looks at the expectations of the request. If it returns false, it has answered them, and the connection closes.
func (e *exchange) expects() bool {
	v := first(e.req.Header, "Expect")
	switch {
	case hasToken(v, "100-continue"):
		if e.req.ProtoAtLeast(1, 1) && e.req.ContentLength != 0 {
			e.expect.e = e
			e.req.Body = &e.expect
			e.mayContinue = true
		}
	case v != "":
		e.Header().Set("Connection", "close")
		e.WriteHeader(http.StatusExpectationFailed)
		e.finish()
		e.ctx.end()
		return false
	}
	return true
}

// run calls the handler. It returns false after a panic.
func (e *exchange) run(h http.Handler) (ran bool) {
	defer func() {
		if ran {
			return
		}
		if v := recover(); v == nil { // the goroutine exits, and Serve does not go on
			e.ctx.end()
			e.abandon()
		} else if v != http.ErrAbortHandler {
			stack := make([]byte, 64<<10)
			stack = stack[:runtime.Stack(stack, false)]
			e.s.cfg.logf("http: panic serving %v: %v\n%s", e.s.link.Remote, v, stack)
		}
	}()
	h.ServeHTTP(e, e.req)
	return true
}

// abandon ends e when the handler has not returned: what was flushed to the connection's buffer is sent.
func (e *exchange) abandon() {
	defer e.over.Store(true) // also if an await exits the goroutine
	if e.hijacked {
		return
	}
	e.mayContinue = false
	e.ctx.settle()
	_ = e.reqBody.Close()
	_ = e.s.bw.Flush()
}

// finish sends the rest of the response, and reads what is left of a request that was nearly read.
func (e *exchange) finish() {
	s := e.s
	e.returned = true
	if !e.wroteHeader {
		e.WriteHeader(http.StatusOK)
	}
	_ = s.body.Flush()
	(*chunker)(e).close()
	_ = s.bw.Flush()
	e.noticeLimit()
	e.ctx.settle()
	_ = e.reqBody.Close()
	if f := e.req.MultipartForm; f != nil {
		_ = f.RemoveAll()
	}
}

// reusable reports whether the connection may serve a further request.
func (e *exchange) reusable() bool {
	switch {
	case e.closes, e.s.failed, e.body.failed, e.closedEarly():
		return false
	case e.req.Method != http.MethodHead && e.length != -1 && bodyAllowed(e.status) && e.length != e.written:
		return false // the peer waits for the rest
	}
	return true
}

// closedEarly reports whether the rest of the request's body was not read, unless the handler has replaced the Body.
func (e *exchange) closedEarly() bool { return e.req.Body == io.ReadCloser(&e.body) && e.body.early }

// Header implements http.ResponseWriter.
func (e *exchange) Header() http.Header {
	switch {
	case e.mine():
	case e.over.Load() && e.header != nil:
		return e.header
	default:
		return http.Header{}
	}
	if e.header == nil {
		e.header = make(http.Header)
	}
	return e.header
}

// WriteHeader implements http.ResponseWriter.
func (e *exchange) WriteHeader(code int) {
	switch {
	case !e.mine():
		return
	case e.hijacked:
		e.s.cfg.logCaller("http: response.WriteHeader on hijacked connection from %s (%s:%d)")
		return
	case e.wroteHeader:
		e.s.cfg.logCaller("http: superfluous response.WriteHeader call from %s (%s:%d)")
		return
	case code < 100 || code > 999:
		panic("invalid WriteHeader code " + strconv.Itoa(code))
	}
	if code == http.StatusContinue || code >= 200 {
		e.mayContinue = false
	}
	if code < 200 && code != http.StatusSwitchingProtocols {
		e.inform(code)
		return
	}
	e.noticeLimit()
	e.wroteHeader = true
	e.status = code
	e.s.lines.take(e.header)
	if v := first(e.header, "Content-Length"); v != "" {
		if n, err := strconv.ParseInt(v, 10, 64); err == nil && n >= 0 {
			e.length = n
		} else {
			e.s.cfg.logf("http: invalid Content-Length of %q", v)
			e.header.Del("Content-Length")
		}
	}
}

// inform sends a response of the class 1xx: the header as it is now, and no body.
func (e *exchange) inform(code int) {
	lines, bw := &e.s.lines, e.s.bw
	lines.take(e.header)
	lines.remove("Content-Length")
	lines.remove("Transfer-Encoding")
	b := appendStatus(bw.AvailableBuffer(), e.req.ProtoAtLeast(1, 1), code)
	b = append(lines.append(b), "\r\n"...)
	lines.reset()
	_, _ = bw.Write(b)
	_ = bw.Flush()
}

// Write implements http.ResponseWriter.
func (e *exchange) Write(b []byte) (int, error) {
	if ok, err := e.admit(len(b), "Write"); !ok {
		return 0, err
	}
	return e.s.body.Write(b)
}

// WriteString implements io.StringWriter.
func (e *exchange) WriteString(b string) (int, error) {
	if ok, err := e.admit(len(b), "Write"); !ok {
		return 0, err
	}
	return e.s.body.WriteString(b)
}

// admit begins a write of n bytes of the body, and reports whether it is to be done.
func (e *exchange) admit(n int, method string) (ok bool, err error) {
	if !e.mine() {
		return false, e.refusal()
	}
	if e.hijacked {
		if n > 0 {
			e.s.cfg.logCaller("http: response." + method + " on hijacked connection from %s (%s:%d)")
		}
		return false, http.ErrHijacked
	}
	e.mayContinue = false
	if !e.wroteHeader {
		e.WriteHeader(http.StatusOK)
	}
	switch {
	case n == 0:
		return false, nil
	case !bodyAllowed(e.status):
		return false, http.ErrBodyNotAllowed
	}
	e.written += int64(n) // also if it fails: then the connection is not used again
	if e.length != -1 && e.written > e.length {
		return false, http.ErrContentLength
	}
	return true, nil
}

// tooLarge is called when the request is larger than the handler allows.
func (e *exchange) tooLarge() {
	e.closes, e.limitHit = true, true
	if !e.wroteHeader {
		e.Header().Set("Connection", "close")
	}
}

// noticeLimit calls tooLarge if the handler has put an http.MaxBytesReader before the body and its limit was exceeded. A
// read of no bytes returns the error that such a reader has kept, and does nothing else.
func (e *exchange) noticeLimit() {
	if e.limitHit || e.reqBody == http.NoBody || e.req.Body == io.ReadCloser(&e.body) || e.req.Body == io.ReadCloser(&e.expect) {
		return
	}
	if b := e.req.Body; b != nil && reflect.TypeOf(b).String() == "*http.maxBytesReader" {
		_, err := b.Read(nil)
		if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
			e.tooLarge()
		}
	}
}

// serveOptions answers a request that concerns the server as a whole.
func serveOptions(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", "0")
	if r.ContentLength != 0 {
		_, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, 4<<10))
		if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
			w.(*exchange).tooLarge()
		}
	}
}
