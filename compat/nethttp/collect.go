package nethttp

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/moduvex/moduvex-go/core"
)

// collect reads until net/http can answer what has arrived, and hands the connection on. It reports whether the connection has
// ended. Only the connection's task calls it, in the state parked.
func (c *conn) collect(cx *core.Context) (ended bool) {
	c.mu.Lock()
	c.settleDeadline()
	c.mu.Unlock()
	if c.tls != nil && !c.handshakeDone {
		return c.awaitHello(cx)
	}
	late := false
	for {
		buf := chunks.Get().(*chunk)
		n, ready, err := c.pollRead(cx, buf[:])
		if n > 0 {
			if c.take(buf, n) {
				return !c.hand(cx)
			}
			continue
		}
		chunks.Put(buf)
		if !late && errors.Is(err, os.ErrDeadlineExceeded) {
			late = true // the worker may be later still: what has arrived by now counts
			c.settleReadDeadline(time.Time{})
			continue
		}
		switch {
		case !ready && !late:
			if c.request != nil {
				c.request.compact()
			}
			return false
		case c.asks() && (err == io.EOF || late):
			c.expired = err != io.EOF
			return !c.hand(cx) // net/http answers some of these
		}
		c.end(parked) // net/http does not answer either
		return true
	}
}

// pollRead reads into b what is there, in poll style.
func (c *conn) pollRead(cx *core.Context, b []byte) (n int, ready bool, err error) {
	if c.tls != nil {
		return c.tls.pollRead(cx, b)
	}
	return c.sock.PollRead(cx, b)
}

// take adds the first n bytes of buf to the request, and reports whether net/http can answer it. It takes buf over.
func (c *conn) take(buf *chunk, n int) bool {
	if c.request == nil {
		c.request = requests.Get().(*request)
	}
	r := c.request
	r.add(buf, n)
	if c.kept.Load() && !c.begun {
		if len(r.head) < minRequest {
			return false
		}
		c.begun = true
		if c.post {
			r.head = r.head[newlines(r.head):]
		}
		c.beginHeader()
	}
	return r.header.complete(r.head) || len(r.head) >= c.server().headerLimit()
}

// beginHeader sets the time that a further request may take to arrive.
func (c *conn) beginHeader() {
	var now time.Time
	limit := c.server().headerTimeout()
	if limit > 0 || c.server().HTTP.ReadTimeout > 0 {
		now = time.Now()
		c.since = momentOf(now)
	}
	c.settleReadDeadline(after(now, limit))
}

// settleReadDeadline sets the deadline of reads, also that of the socket.
func (c *conn) settleReadDeadline(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readDeadline, c.unset = momentOf(t), true
	c.settleDeadline()
}

// asks reports whether net/http answers what has arrived if nothing more does.
func (c *conn) asks() bool { return c.begun || !c.kept.Load() && c.request != nil }

// hand gives the connection to the engine, or to a task that serves it. It reports false if the connection has ended. The
// caller touches nothing of c after that but the state.
func (c *conn) hand(cx *core.Context) bool {
	if c.request == nil {
		c.request = requests.Get().(*request) // line ends have come, and the end of the stream
	}
	c.prepare()
	if c.kept.Load() {
		c.returned()
	}
	if c.inTask() {
		return c.serveInTask(cx)
	}
	if !c.state.move(parked, queued) {
		return false
	}
	c.feed.push(entry{c: c})
	return true
}

// prepare follows the arrival of a request. The connection is as one that was just accepted.
func (c *conn) prepare() {
	c.post = bytes.HasPrefix(c.request.head, []byte(post))
	c.begun = false
	if c.server().Exchange == Tasks {
		c.settleReadDeadline(time.Time{})
	} else {
		c.setReadDeadline(time.Time{})
	}
}

// preface is how a client without TLS begins with HTTP/2.
var preface = []byte("PRI * HTTP/2.0\r\n")

// after returns the time that is d after t, or the zero time, which is never, if d is not positive.
func after(t time.Time, d time.Duration) time.Time {
	if d <= 0 {
		return time.Time{}
	}
	return t.Add(d)
}

// headerTimeout is how long a request may take to arrive.
func (s *Server) headerTimeout() time.Duration {
	if d := s.HTTP.ReadHeaderTimeout; d != 0 {
		return d
	}
	return s.HTTP.ReadTimeout
}

// headerLimit is with how many bytes net/http looks at a request that has no end.
func (s *Server) headerLimit() int {
	n := s.HTTP.MaxHeaderBytes
	if n <= 0 {
		n = http.DefaultMaxHeaderBytes
	}
	return n + chunkSize
}
