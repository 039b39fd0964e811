package exchange

import (
	"bytes"
	"net/http"
	"time"
)

var endOfHeader = []byte("\r\n\r\n")

// read reads the next request. headed says that the source has a part of it already.
func (s *serving) read(headed bool) (*exchange, error) {
	begun := s.link.Begun
	if begun.IsZero() && (s.cfg.Server.ReadTimeout > 0 || s.cfg.Server.ReadHeaderTimeout > 0) {
		begun = time.Now()
	}
	limit := s.cfg.headerLimit()
	s.in.remain = limit
	if headed {
		_, _ = s.br.Peek(1) // takes the head into the buffer
	}
	if s.link.AfterPost {
		s.headerDeadline(begun)
		b, _ := s.br.Peek(minRequest) // ReadRequest gets the error
		_, _ = s.br.Discard(newlines(b))
	}
	header, _ := s.br.Peek(s.br.Buffered())
	end := bytes.Index(header, endOfHeader)
	var scan hostScan
	if end < 0 { // the rest comes through the source, and overwrites the buffer
		s.headerDeadline(begun)
		scan.feed(header)
		s.in.hosts = &scan
	}
	r, err := http.ReadRequest(s.br)
	s.in.hosts = nil
	if err == nil || s.in.remain != limit {
		s.conn.Changed(http.StateActive)
	}
	if err != nil {
		if s.in.remain <= 0 {
			err = errTooLarge
		}
		return nil, err
	}
	if end >= 0 && asksForHost(r) {
		scan.feed(header[:end+len(endOfHeader)])
	}
	if err := check(r, &scan); err != nil {
		return nil, err
	}
	s.link.AfterPost = r.Method == http.MethodPost
	s.in.remain = unlimited
	s.bodyDeadline(r, begun)
	return s.newExchange(r), nil
}

// headerDeadline bounds the wait for the rest of a header.
func (s *serving) headerDeadline(begun time.Time) {
	if d := s.cfg.headerTimeout(); d > 0 {
		s.setReadDeadline(begun.Add(d))
	} else {
		s.setReadDeadline(time.Time{})
	}
}

// bodyDeadline bounds the wait for the body, and the writes of the response.
func (s *serving) bodyDeadline(r *http.Request, begun time.Time) {
	var at time.Time
	if d := s.cfg.Server.ReadTimeout; d > 0 && r.Body != http.NoBody {
		at = begun.Add(d)
	}
	s.setReadDeadline(at)
	if d := s.cfg.Server.WriteTimeout; d > 0 {
		s.writeDeadline = true
		_ = s.conn.SetWriteDeadline(time.Now().Add(d))
	}
}

// isPreface reports whether r is the begin of a connection of HTTP/2, for a handler that takes it over.
func isPreface(r *http.Request) bool {
	return r.Method == "PRI" && r.Proto == "HTTP/2.0" && r.URL.Path == "*" && len(r.Header) == 0 && r.Close && r.ContentLength == -1
}

// asksForHost reports whether the check of r needs the line Host: an origin-form with a Host has kept it.
func asksForHost(r *http.Request) bool { return r.Host == "" || r.URL.Host != "" }

// check makes the checks of http.Server that http.ReadRequest does not make, in the same order.
func check(r *http.Request, host *hostScan) error {
	if r.ProtoMajor != 1 && !(r.ProtoMajor == 2 && r.ProtoMinor == 0 && r.Method == "PRI" && r.RequestURI == "*") {
		return statusError{http.StatusHTTPVersionNotSupported, "unsupported protocol version"}
	}
	if asksForHost(r) {
		if !host.found && r.ProtoAtLeast(1, 1) && !isPreface(r) && r.Method != http.MethodConnect {
			return badRequest("missing required Host header")
		}
		if host.invalid {
			return badRequest("malformed Host header")
		}
	} else if !hostBytes.hasAll(r.Host) {
		return badRequest("malformed Host header")
	}
	for name, values := range r.Header {
		if !validName(name) {
			return badRequest("invalid header name")
		}
		for _, v := range values {
			if !validValue(v) {
				return badRequest("invalid header value")
			}
		}
	}
	return nil
}
