package exchange

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// A chunker is an exchange as the writer of the body's bytes: it sends the header before the first ones, and divides the body
// into chunks where its length is not known.
type chunker exchange

// Write implements io.Writer.
func (c *chunker) Write(b []byte) (n int, err error) {
	e, bw := (*exchange)(c), c.s.bw
	if !c.sentHeader {
		e.sendHeader(b)
	}
	if c.req.Method == http.MethodHead {
		return len(b), nil
	}
	if c.chunked {
		size := append(strconv.AppendInt(bw.AvailableBuffer(), int64(len(b)), 16), "\r\n"...)
		if _, err = bw.Write(size); err != nil {
			return 0, err
		}
	}
	if n, err = bw.Write(b); err == nil && c.chunked {
		_, err = bw.WriteString("\r\n")
	}
	return n, err
}

// flush sends everything that was written to c.
func (c *chunker) flush() error {
	if !c.sentHeader {
		(*exchange)(c).sendHeader(nil)
	}
	return c.s.bw.Flush()
}

// close ends the body.
func (c *chunker) close() {
	e, bw := (*exchange)(c), c.s.bw
	if !c.sentHeader {
		e.sendHeader(nil)
	}
	if !c.chunked {
		return
	}
	_, _ = bw.WriteString("0\r\n")
	if t := e.trailer(); t != nil {
		lines := &c.s.lines
		lines.take(t)
		_, _ = bw.Write(lines.append(bw.AvailableBuffer()))
		lines.reset()
	}
	_, _ = bw.WriteString("\r\n")
}

// trailer returns the trailers of the response, or nil.
func (e *exchange) trailer() (t http.Header) {
	for name, values := range e.header {
		if name, ok := strings.CutPrefix(name, http.TrailerPrefix); ok {
			if t == nil {
				t = make(http.Header)
			}
			t[name] = values
		}
	}
	for _, name := range e.trailers {
		if t == nil {
			t = make(http.Header)
		}
		for _, v := range e.header[name] {
			t.Add(name, v)
		}
	}
	return t
}

// declareTrailers notes what the field Trailer announces. It reports whether there will be trailers.
func (e *exchange) declareTrailers() (any bool) {
	lines := &e.s.lines
	for i := range lines.list {
		x := &lines.list[i]
		if strings.HasPrefix(x.name, http.TrailerPrefix) {
			x.out, any = true, true
		}
	}
	x := lines.find("Trailer")
	if x == nil {
		return any
	}
	for _, v := range x.values {
		any = true
		for name := range strings.SplitSeq(v, ",") {
			name = http.CanonicalHeaderKey(strings.Trim(name, " \t\r\n"))
			if name != "" && validTrailer(name) {
				e.trailers = append(e.trailers, name)
			}
		}
	}
	return any
}

// An extra is what the server adds to a header.
type extra struct {
	date       bool
	length     int64 // or -1
	kind       string
	connection string
	coding     string
}

// sendHeader decides the header and writes it to the connection's buffer. b is the begin of the body, and all of it if the
// handler has returned.
func (e *exchange) sendHeader(b []byte) {
	e.sentHeader = true
	e.noticeLimit()
	lines := &e.s.lines
	defer lines.reset()
	add := extra{length: -1}
	trailers := e.declareTrailers()
	coding := lines.first("Transfer-Encoding")
	isHead := e.req.Method == http.MethodHead
	keeps := e.s.cfg.keepAlives()

	// A response to HEAD with no bytes may have a body of any length with GET.
	if e.returned && !trailers && coding == "" && bodyAllowed(e.status) && !lines.has("Content-Length") && (!isHead || len(b) > 0) {
		e.length = int64(len(b))
		add.length = e.length
	}
	known := e.length != -1
	e.decideClosing(&add, keeps, known || isHead || !bodyAllowed(e.status))
	if e.req.ContentLength != 0 && !e.closes && !e.fullDuplex && e.drain() {
		e.tooLarge()
		lines.remove("Connection")
		add.connection = "close"
	}

	e.decideKind(&add, b, coding)
	add.date = !lines.has("Date")
	if known && coding != "" && coding != "identity" {
		e.s.cfg.logf("http: WriteHeader called with both Transfer-Encoding of %q and a Content-Length of %d", coding, e.length)
		lines.remove("Content-Length")
		known = false
	}
	e.decideCoding(&add, coding, known || isHead || !bodyAllowed(e.status))
	if !e.req.ProtoAtLeast(1, 0) {
		return
	}
	switching := e.status == http.StatusSwitchingProtocols && lines.first("Upgrade") != "" && lines.lists("Connection", "upgrade")
	if e.closes && (!keeps || !hasToken(lines.first("Connection"), "close")) && !switching {
		lines.remove("Connection")
		if e.req.ProtoAtLeast(1, 1) {
			add.connection = "close"
		}
	}
	e.writeHead(&add)
}

// decideClosing decides whether the connection closes after the response. delimited says that the peer can tell the end of
// the response.
func (e *exchange) decideClosing(add *extra, keeps, delimited bool) {
	lines := &e.s.lines
	connection := lines.first("Connection")
	if e.keepAlive10 && keeps && lines.first("Content-Length") != "" && connection == "keep-alive" {
		e.closes = false
	}
	switch {
	case e.keepAlive10 && delimited:
		if !lines.has("Connection") {
			add.connection = "keep-alive"
		}
	case !e.req.ProtoAtLeast(1, 1) || e.wantsClose:
		e.closes = true
	}
	if connection == "close" || !keeps {
		e.closes = true
	}
	// If a peer that waits for 100 Continue was not told, it is not certain whether it sends the body.
	if x, ok := e.req.Body.(*expectBody); ok && !x.sawEOF {
		e.closes = true
	}
}

// decideKind decides on the Content-Type of a body that begins with b. A response that has none has no headers of it.
func (e *exchange) decideKind(add *extra, b []byte, coding string) {
	lines := &e.s.lines
	if !bodyAllowed(e.status) {
		lines.remove("Content-Length")
		lines.remove("Transfer-Encoding")
		if e.status == http.StatusNotModified {
			lines.remove("Content-Type")
		}
		return
	}
	if len(b) > 0 && coding == "" && !lines.has("Content-Type") && lines.first("Content-Encoding") == "" {
		add.kind = http.DetectContentType(b)
	}
}

// decideCoding decides whether the body is sent in chunks. coding is what the handler has set.
func (e *exchange) decideCoding(add *extra, coding string, delimited bool) {
	lines := &e.s.lines
	switch {
	case delimited:
		lines.remove("Transfer-Encoding")
	case !e.req.ProtoAtLeast(1, 1):
		e.closes = true
		lines.remove("Transfer-Encoding")
	case coding == "identity":
		e.closes = true
		lines.remove("Transfer-Encoding")
	default:
		e.chunked = true
		add.coding = "chunked"
		if coding == "chunked" {
			lines.remove("Transfer-Encoding")
		}
		lines.remove("Content-Length")
	}
}

// writeHead writes the header.
func (e *exchange) writeHead(add *extra) {
	bw := e.s.bw
	b := appendStatus(bw.AvailableBuffer(), e.req.ProtoAtLeast(1, 1), e.status)
	b = e.s.lines.append(b)
	if add.date {
		b = append(b, "Date: "...)
		b = append(e.s.cfg.appendDate(b), "\r\n"...)
	}
	if add.length >= 0 {
		b = append(b, "Content-Length: "...)
		b = append(strconv.AppendInt(b, add.length, 10), "\r\n"...)
	}
	if add.kind != "" {
		b = appendLine(b, "Content-Type", add.kind)
	}
	if add.connection != "" {
		b = appendLine(b, "Connection", add.connection)
	}
	if add.coding != "" {
		b = appendLine(b, "Transfer-Encoding", add.coding)
	}
	_, _ = bw.Write(append(b, "\r\n"...)) // an error is in serving.failed
}

// appendStatus appends the first line of a response.
func appendStatus(b []byte, is11 bool, code int) []byte {
	if is11 {
		b = append(b, "HTTP/1.1 "...)
	} else {
		b = append(b, "HTTP/1.0 "...)
	}
	text := http.StatusText(code)
	if text == "" {
		return fmt.Appendf(b, "%03d status code %d\r\n", code, code)
	}
	b = strconv.AppendInt(b, int64(code), 10)
	b = append(b, ' ')
	b = append(b, text...)
	return append(b, "\r\n"...)
}
