package exchange_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/nethttp/internal/exchange"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// script is a connection in memory: it reads n requests, one at a time, and discards what is written.
type script struct {
	request string
	n       int
	left    string
	done    chan struct{} // closed by Close
}

func (s *script) Read(b []byte) (int, error) {
	if s.left == "" {
		if s.n == 0 {
			return 0, io.EOF
		}
		s.n--
		s.left = s.request
	}
	n := copy(b, s.left)
	if n == 1 { // a read in the background of package http, which a client does not answer before the response
		select {
		case <-s.done:
		case <-time.After(time.Millisecond):
		}
	}
	s.left = s.left[n:]
	return n, nil
}

func (s *script) Write(b []byte) (int, error)      { return len(b), nil }
func (s *script) Close() error                     { close(s.done); return nil }
func (s *script) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (s *script) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (s *script) SetDeadline(time.Time) error      { return nil }
func (s *script) SetReadDeadline(time.Time) error  { return nil }
func (s *script) SetWriteDeadline(time.Time) error { return nil }
func (s *script) Changed(http.ConnState)           {}
func (s *script) Poller() exchange.Poller          { return nil }
func (s *script) Free() net.Conn                   { return s }

const wrkRequest = "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n"

const browserRequest = "GET /path/of/something?with=query HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n" +
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\n" +
	"Accept-Encoding: gzip, deflate, br\r\nConnection: keep-alive\r\nCookie: session=0123456789abcdef0123456789abcdef\r\n" +
	"Upgrade-Insecure-Requests: 1\r\nCache-Control: max-age=0\r\n\r\n"

// An operation is a request and its response, without a socket: what parsing, the handler's ResponseWriter and the loop take.
// BenchmarkPackageHTTP does the same with the server of package http, whose parts for the socket it contains.
func BenchmarkExchange(b *testing.B) {
	eachWorkload(b, func(b *testing.B, request string, h http.Handler) {
		rt := newRuntime(b, executor.Options{Workers: 1, LongPollThreshold: -1})
		cfg := &exchange.Config{Server: &http.Server{Handler: h}, Runtime: rt}
		b.ReportAllocs()
		b.ResetTimer()
		_, err := executor.Do(rt, func(co *coro.Co) error {
			c := &script{request: request, n: b.N, done: make(chan struct{})}
			var link exchange.Link
			for exchange.Serve(co, c, &link, cfg, nil) == exchange.Idle {
			}
			return nil
		}).Wait(context.Background())
		if err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkPackageHTTP(b *testing.B) {
	eachWorkload(b, func(b *testing.B, request string, h http.Handler) {
		client, end := net.Pipe()
		defer client.Close()
		l := &oneConn{c: end, over: make(chan struct{})}
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = (&http.Server{Handler: h}).Serve(l)
		}()
		buf := make([]byte, 1<<14)
		b.ReportAllocs()
		b.ResetTimer()
		for range b.N {
			if _, err := io.WriteString(client, request); err != nil {
				b.Fatal(err)
			}
			if _, err := client.Read(buf); err != nil {
				b.Fatal(err)
			}
		}
		b.StopTimer()
		close(l.over)
		<-done
	})
}

// oneConn is a listener with one connection.
type oneConn struct {
	c    net.Conn
	over chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	if c := l.c; c != nil {
		l.c = nil
		return c, nil
	}
	<-l.over
	return nil, net.ErrClosed
}
func (l *oneConn) Close() error   { return nil }
func (l *oneConn) Addr() net.Addr { return &net.TCPAddr{} }

func eachWorkload(b *testing.B, run func(b *testing.B, request string, h http.Handler)) {
	for _, w := range []struct {
		name, request string
		h             http.HandlerFunc
	}{
		{"hello", wrkRequest, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "hello\n") }},
		{"browser", browserRequest, func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h.Set("Content-Type", "application/json")
			h.Set("Cache-Control", "no-store")
			fmt.Fprintf(w, `{"path":%q}`, r.URL.Path)
		}},
		{"context", wrkRequest, func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), time.Hour)
			defer cancel()
			fmt.Fprintln(w, ctx.Err())
		}},
	} {
		b.Run(w.name, func(b *testing.B) { run(b, w.request, w.h) })
	}
}
