package nethttp

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/moduvex/moduvex-go/core"
)

// chunkSize is how much the gate reads at a time. The bufio.Reader of the engine holds as much, so it takes a chunk at once.
const chunkSize = 4096

// A chunk is a buffer that is used while a request arrives.
type chunk [chunkSize]byte

var chunks = sync.Pool{New: func() any { return new(chunk) }}

// collect reads until a request is there whole, and hands the connection on. It reports whether the connection has ended.
// Only the task calls it, in the state gate.
func (c *conn) collect(cx *core.Context) (ended bool) {
	if c.tls != nil && !c.shaken {
		ready, err := c.sock.PollReadable(cx)
		switch {
		case !ready:
			return false
		case err != nil:
			c.s.logHandshake(c, err)
			c.end(gate)
			return true
		}
		return !c.beginHandshake()
	}
	for {
		buf := chunks.Get().(*chunk)
		n, ready, err := c.pollRead(cx, buf[:])
		switch {
		case n > 0:
			if c.take(buf, n) {
				return !c.hand()
			}
		case !ready:
			chunks.Put(buf)
			c.compact()
			return false
		case err == io.EOF && c.asks():
			chunks.Put(buf)
			return !c.hand() // the engine sees the end and answers
		default:
			chunks.Put(buf)
			c.end(gate) // net/http does not answer either
			return true
		}
	}
}

// take adds the first n bytes of buf to the request, and reports whether net/http can answer it. It takes buf over.
func (c *conn) take(buf *chunk, n int) bool {
	c.arrived(buf, n)
	if c.kept.Load() && len(c.head) < minRequest {
		return false
	}
	if c.kept.Load() && !c.begun {
		c.begun = true
		if c.post {
			c.head = c.head[blanks(c.head):]
		}
		c.since = time.Now()
		c.setReadDeadline(after(c.since, c.s.headerTimeout()))
	}
	return c.header.complete(c.head) || len(c.head) >= c.s.headerLimit()
}

// arrived appends the first n bytes of buf to head. It takes buf over.
func (c *conn) arrived(buf *chunk, n int) {
	if c.chunk == nil && len(c.head) == 0 {
		c.chunk, c.head = buf, buf[:n] // usually the whole request
		return
	}
	c.compact()
	c.head = append(c.head, buf[:n]...)
	chunks.Put(buf)
}

// compact moves a part of a request out of its chunk, so that it holds little memory while the rest is on its way.
func (c *conn) compact() {
	if c.chunk == nil {
		return
	}
	buf := c.chunk
	c.chunk, c.head = nil, bytes.Clone(c.head)
	chunks.Put(buf)
}

// asks reports whether net/http answers what has arrived if nothing more arrives.
func (c *conn) asks() bool { return c.begun || !c.kept.Load() && len(c.head) > 0 }

// hand gives the connection to the engine. It reports false if the connection has ended. The task owns nothing of c after
// that.
func (c *conn) hand() bool {
	if c.kept.Load() && c.s.prior && bytes.HasPrefix(c.head, preface) {
		// The engine would begin HTTP/2, which net/http does at the start of a connection only.
		_, _ = io.WriteString(c.transport(), "HTTP/1.1 505 HTTP Version Not Supported\r\nConnection: close\r\n\r\n")
		c.end(gate)
		return false
	}
	c.post = bytes.HasPrefix(c.head, []byte("POST "))
	c.header, c.begun = header{}, false
	c.setReadDeadline(time.Time{}) // that of a connection that the engine has accepted
	if !c.state.move(gate, queued) {
		return false
	}
	c.feed.push(entry{c: c})
	return true
}

// preface is how a client without TLS begins with HTTP/2.
var preface = []byte("PRI * HTTP/2.0\r\n")

// pollRead reads into b what is there, in poll style.
func (c *conn) pollRead(cx *core.Context, b []byte) (n int, ready bool, err error) {
	c.mu.Lock()
	c.setWireDeadline(c.readDeadline)
	c.mu.Unlock()
	if c.tls == nil {
		return c.sock.PollRead(cx, b)
	}
	w := c.wire.(*tlsWire)
	w.cx = cx
	n, err = c.tls.Read(b)
	w.cx = nil
	if n == 0 && err == errWouldBlock {
		return 0, false, nil
	}
	return n, true, err
}

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
