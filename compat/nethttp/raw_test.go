package nethttp_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// A row is what a client writes before it ends its half of the connection.
type row struct {
	name string
	in   string
}

// observe is the handler of the rows: it notes what it sees by the address of the client, and answers by the path.
func observe(seen *transcript) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := "unread"
		switch r.URL.Path {
		case "/first", "/probe":
			io.WriteString(w, r.URL.Path)
			return
		case "/unread":
		case "/part":
			var b [1]byte
			n, err := io.ReadFull(r.Body, b[:])
			body = fmt.Sprintf("%q, %v", b[:n], err)
		default:
			body = readAll(r.Body)
		}
		seen.add(r.RemoteAddr, "%s %s %s host=%q close=%t te=%q length=%d header=[%s] body=%s trailer=[%s]", r.Method,
			r.RequestURI, r.Proto, r.Host, r.Close, r.TransferEncoding, r.ContentLength, sorted(r.Header), body, sorted(r.Trailer))
		answer(w, r.URL.Path)
	})
}

// answer writes a response of one of several forms.
func answer(w http.ResponseWriter, path string) {
	switch path {
	case "/chunks":
		io.WriteString(w, "one,")
		http.NewResponseController(w).Flush()
		io.WriteString(w, "two")
	case "/length":
		w.Header().Set("Content-Length", "5")
		io.WriteString(w, "12345")
	case "/204":
		w.WriteHeader(http.StatusNoContent)
	case "/304":
		w.WriteHeader(http.StatusNotModified)
	case "/close":
		w.Header().Set("Connection", "close")
		io.WriteString(w, "closing")
	case "/large":
		io.WriteString(w, strings.Repeat("0123456789abcdef", 1000))
	case "/trailer":
		w.Header().Set("Trailer", "After")
		io.WriteString(w, "before")
		w.Header().Set("After", "all")
	default:
		io.WriteString(w, "well\n")
	}
}

// A client is a connection to a site, whose bytes a test writes itself.
type client struct {
	net.Conn
	r *bufio.Reader
	s *site
}

// dial makes a connection. The deadline only ever passes in a test that fails.
func (s *site) dial(t testing.TB) *client {
	t.Helper()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(2 * testTimeout))
	t.Cleanup(func() { c.Close() })
	return &client{c, bufio.NewReader(c), s}
}

// dialed makes n connections, each of which has had an answer to a first request, and waits until they are parked. The
// handler must know the path /first.
func (s *site) dialed(t testing.TB, n int) []*client {
	t.Helper()
	clients := make([]*client, n)
	for i := range clients {
		clients[i] = s.dial(t)
		clients[i].get(t, "/first")
	}
	s.waitParked(t, n)
	return clients
}

// get requests a path, and returns the status and the body.
func (c *client) get(t testing.TB, path string) (status int, body string) {
	t.Helper()
	c.write(t, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n")
	return c.response(t, http.MethodGet)
}

func (c *client) write(t testing.TB, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatalf("%s: %v", c.s.kind.name, err)
	}
}

// response reads the response to a request with a method.
func (c *client) response(t testing.TB, method string) (status int, body string) {
	t.Helper()
	r, err := http.ReadResponse(c.r, &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%s: no response: %v", c.s.kind.name, err)
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatalf("%s: the body ends with %v after %q", c.s.kind.name, err, b)
	}
	return r.StatusCode, string(b)
}

// line reads a line, without its end.
func (c *client) line(t testing.TB) string {
	t.Helper()
	line, err := c.r.ReadString('\n')
	if err != nil {
		t.Fatalf("%s: no line: %v after %q", c.s.kind.name, err, line)
	}
	return strings.TrimRight(line, "\r\n")
}

// rest reads until the end of the connection, and returns what came and how it ends.
func (c *client) rest() string {
	b, err := io.ReadAll(c.r)
	return fmt.Sprintf("%q, %s", then(string(b)), ending(err))
}

func ending(err error) string {
	switch {
	case err == nil:
		return "EOF"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "open"
	default:
		return "reset"
	}
}

var date = regexp.MustCompile(`Date: [^\r\n]* GMT`)

// then replaces the dates of responses.
func then(text string) string { return date.ReplaceAllString(text, "Date: then") }

// exchange writes parts, with a pause after each, ends the client's half, and returns what comes until the server ends
// its own. The server may do that at any time.
func (c *client) exchange(pause func(), parts ...string) string {
	written := make(chan struct{})
	go func() {
		defer close(written)
		for _, part := range parts {
			if _, err := io.WriteString(c, part); err != nil {
				return // the answer tells why
			}
			pause()
		}
		c.Conn.(*net.TCPConn).CloseWrite()
	}()
	answer := c.rest()
	c.Close()
	<-written
	return answer
}

// The server mostly reads what was written before a short pause apart from what is written after it. No test depends on
// that. A sleep would be rounded up to a millisecond.
func shortPause() {
	for end := time.Now().Add(30 * time.Microsecond); time.Now().Before(end); {
		runtime.Gosched()
	}
}

func noPause() {}

// probe is a request that shows that the server has gone on after what is before it.
const probe = "GET /probe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

// sureBelow is how many bytes a server certainly reads at once: the buffer of net/http.
const sureBelow = 4096

// outcome is what a client and the handler see of a row. Bytes that the server has not read when it closes make the
// system reset the connection, also when they arrive later: where that is a race, an end is an end.
func (c *client) outcome(seen *transcript, pause func(), parts ...string) string {
	answer := c.exchange(pause, parts...)
	if len(parts) > 1 || len(parts[0]) > sureBelow {
		answer = strings.Replace(answer, `", reset`, `", EOF`, 1)
	}
	return fmt.Sprintf("client: %s\nhandler: %s", strings.ReplaceAll(answer, `\r\n`, "\\r\\n\n"),
		seen.take(c.LocalAddr().String()))
}
