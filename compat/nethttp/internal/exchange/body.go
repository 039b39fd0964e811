package exchange

import (
	"io"
	"net/http"
)

// maxUnread is how many bytes of a body that the handler has not read are read, so that the connection can serve a further
// request.
const maxUnread = 256 << 10

// A body is the body of a request. It wraps the body of http.ReadRequest, whose Close would read everything.
type body struct {
	e       *exchange
	src     io.ReadCloser
	parsed  *http.Request // whose Trailer gets the trailers of a chunked body
	left    int64         // how much has not been read; -1 if that is not known
	chunked bool
	closing bool // the connection closes after the request
	sawEOF  bool
	closed  bool
	early   bool // closed before its end
	failed  bool // what follows is no request
}

func (b *body) init(e *exchange, r *http.Request) {
	b.e, b.src, b.parsed = e, r.Body, r
	b.left = r.ContentLength
	b.chunked = len(r.TransferEncoding) > 0
	b.closing = r.Close
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (n int, err error) {
	switch {
	case b.e.over.Load():
		return 0, http.ErrBodyReadAfterClose
	case !b.e.mine():
		return 0, b.e.refusal()
	case b.e.hijacked:
		panic("invalid Body.Read call. After hijacked, the original Request must not be used")
	case b.closed:
		return 0, http.ErrBodyReadAfterClose
	}
	return b.read(p)
}

func (b *body) read(p []byte) (n int, err error) {
	if n, err = b.src.Read(p); b.left > 0 {
		b.left -= int64(n)
	}
	switch {
	case err == nil || b.sawEOF:
	case err == io.EOF || err == io.ErrUnexpectedEOF && !b.chunked: // the latter is the end of the connection
		b.sawEOF = true
		if b.parsed.Trailer != nil {
			b.e.req.Trailer = b.parsed.Trailer
		}
		b.e.s.bodyOver(b.e)
	default:
		b.failed = true
	}
	return n, err
}

// Close implements io.Closer: it reads a little, for the end.
func (b *body) Close() (err error) {
	switch {
	case b.e.over.Load():
		return nil
	case !b.e.mine():
		return b.e.refusal()
	case b.closed:
		return nil
	}
	b.closed = true
	switch {
	case b.sawEOF, b.e.hijacked:
	case b.closing && !b.chunked:
	case b.left > maxUnread:
		b.early = true
	default:
		var n int64
		n, err = io.CopyN(io.Discard, unread{b}, maxUnread)
		if err == io.EOF {
			err = nil
		}
		b.early = n == maxUnread
	}
	return err
}

// unread is a body as what is left of it.
type unread struct{ b *body }

func (u unread) Read(p []byte) (int, error) { return u.b.read(p) }

// An expectBody is a body whose peer waits for 100 Continue.
type expectBody struct {
	e      *exchange
	closed bool
	sawEOF bool
}

// Read sends 100 Continue before the first read, unless the response has begun.
func (x *expectBody) Read(p []byte) (n int, err error) {
	e := x.e
	switch {
	case e.over.Load():
		return 0, http.ErrBodyReadAfterClose
	case !e.mine():
		return 0, e.refusal()
	case x.closed:
		return 0, http.ErrBodyReadAfterClose
	}
	if e.mayContinue {
		e.mayContinue = false
		_, _ = e.s.bw.WriteString("HTTP/1.1 100 Continue\r\n\r\n")
		_ = e.s.bw.Flush()
	}
	n, err = e.reqBody.Read(p)
	if err == io.EOF {
		x.sawEOF = true
	}
	return n, err
}

// Close implements io.Closer.
func (x *expectBody) Close() error {
	if x.e.mine() {
		x.closed = true
	}
	return x.e.reqBody.Close()
}

// drain reads what is left of the body before the header of the response is sent: a client may send all of a request
// before it reads. It returns true if there is too much; then the connection closes.
func (e *exchange) drain() (tooBig bool) {
	switch e.req.Body {
	case io.ReadCloser(&e.expect):
		return false // read already, or the connection closes
	case io.ReadCloser(&e.body):
		switch b := &e.body; {
		case b.closed || b.failed:
			if !b.sawEOF {
				e.closes = true
			}
			return false
		case b.left >= maxUnread:
			return true
		}
	}
	_, err := io.CopyN(io.Discard, e.reqBody, maxUnread+1)
	switch err {
	case nil:
		return true
	case http.ErrBodyReadAfterClose: // read and closed before
		return false
	case io.EOF:
		err = e.reqBody.Close()
	}
	if err != nil {
		e.closes = true
	}
	return false
}
