package exchange_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/nethttp/internal/exchange"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// testTimeout is how long a test waits for what must happen. It only ever passes in a test that fails.
const testTimeout = 20 * time.Second

// newRuntime makes a runtime in the mode of the run, and closes it at the end of the test.
func newRuntime(tb testing.TB, opts executor.Options) *executor.Runtime {
	tb.Helper()
	rt, err := executor.New(modetest.Options(opts))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { rt.Close() })
	return rt
}

// A server serves on loopback, by Serve or by package http.
type server struct {
	addr string
	log  *lines
}

// options are how a test server treats its connections.
type options struct {
	each         func() options // if not nil, the options of the next connection
	headed       bool           // it reads headers itself and passes them as the head
	chop         int            // the first read of a connection returns so many bytes at most; 0 is no limit
	choppy       bool           // all reads return one byte
	ctx          context.Context
	noKeepAlives bool
	outcome      func(exchange.Outcome)
	change       func(http.ConnState)
}

// tasks serves with tasks.
func tasks(tb testing.TB, rt *executor.Runtime, hs *http.Server, opts options) *server {
	tb.Helper()
	l, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &server{addr: l.Addr().String(), log: &lines{}}
	if hs.ErrorLog == nil {
		hs.ErrorLog = log.New(s.log, "", 0)
	}
	cfg := &exchange.Config{Server: hs, Runtime: rt, KeepAlives: func() bool { return !opts.noKeepAlives }}
	h := executor.Do(rt, func(co *coro.Co) error {
		for {
			c, err := l.Accept(co)
			if err != nil {
				return err
			}
			executor.DoOwning(co, c, func(co *coro.Co) error { return serveConn(co, rt, c, cfg, opts) })
		}
	})
	tb.Cleanup(func() {
		l.Close()
		if _, err := h.Wait(context.Background()); !errors.Is(err, net.ErrClosed) && !errors.Is(err, core.ErrCancelled) {
			tb.Error("the listener ends with ", err)
		}
	})
	return s
}

// serveConn serves one connection, until it is closed or hijacked.
func serveConn(co *coro.Co, rt *executor.Runtime, c *tcp.Stream, cfg *exchange.Config, opts options) error {
	if opts.each != nil {
		opts = opts.each()
	}
	hijacked := false
	defer func() {
		if !hijacked {
			c.Close()
		}
	}()
	var conn exchange.Conn = exchange.NewSocket(co, rt, c, opts.change)
	if opts.chop > 0 || opts.choppy {
		conn = &chopped{Conn: conn, n: opts.chop, all: opts.choppy}
	}
	link := exchange.Link{Context: opts.ctx}
	for {
		if err := c.WaitReadable(co); err != nil {
			return err
		}
		head, err := []byte(nil), error(nil)
		if opts.headed {
			if head, err = readHead(conn); err != nil {
				return err
			}
		}
		next := exchange.Serve(co, conn, &link, cfg, head)
		if opts.outcome != nil {
			opts.outcome(next)
		}
		switch next {
		case exchange.Closed:
			return nil
		case exchange.Hijacked:
			hijacked = true
			return nil
		}
	}
}

// readHead reads until there is the end of a header, or of the stream.
func readHead(c exchange.Conn) (head []byte, err error) {
	b := make([]byte, 1<<10)
	for !bytes.Contains(head, []byte("\r\n\r\n")) && len(head) < 1<<12 {
		n, err := c.Read(b)
		head = append(head, b[:n]...)
		if err != nil {
			if len(head) > 0 && err == io.EOF {
				return head, nil
			}
			return head, err
		}
	}
	return head, nil
}

// chopped is a connection whose reads return little.
type chopped struct {
	exchange.Conn
	n   int
	all bool
}

func (c *chopped) Read(b []byte) (int, error) {
	switch {
	case c.all:
		b = b[:1]
	case c.n > 0:
		b = b[:min(len(b), c.n)]
		c.n = 0
	}
	return c.Conn.Read(b)
}

func (c *chopped) ReadFrom(r io.Reader) (int64, error) { return c.Conn.(io.ReaderFrom).ReadFrom(r) }

func (c *chopped) CloseWrite() error {
	return c.Conn.(interface{ CloseWrite() error }).CloseWrite()
}

// goroutines serves with package http.
func goroutines(tb testing.TB, hs *http.Server) *server {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &server{addr: l.Addr().String(), log: &lines{}}
	if hs.ErrorLog == nil {
		hs.ErrorLog = log.New(s.log, "", 0)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = hs.Serve(l)
	}()
	tb.Cleanup(func() {
		hs.Close()
		<-done
	})
	return s
}

// lines are the lines of a log.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *lines) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Reset()
}

func dial(tb testing.TB, addr string) *net.TCPConn {
	tb.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(testTimeout))
	return c.(*net.TCPConn)
}

// talk sends raw bytes, and returns everything that comes until the end of the connection.
func talk(tb testing.TB, addr, raw string, closeWrite bool) string {
	tb.Helper()
	c := dial(tb, addr)
	defer c.Close()
	go func() {
		_, _ = io.WriteString(c, raw) // the server may close before it has read all
		if closeWrite {
			_ = c.CloseWrite()
		}
	}()
	got, err := io.ReadAll(c)
	if ne := net.Error(nil); errors.As(err, &ne) && ne.Timeout() {
		tb.Errorf("the connection stays open after %q", got)
	}
	return string(got)
}

var (
	dates      = regexp.MustCompile(`Date: [^\r]*GMT\r\n`)
	places     = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	boundaries = regexp.MustCompile(`[0-9a-f]{60}`)
	stacks     = regexp.MustCompile(`(?s)\ngoroutine .*`)
)

// plain replaces what differs between two runs.
func plain(response string) string {
	response = boundaries.ReplaceAllString(response, "boundary")
	return dates.ReplaceAllString(response, "Date: now\r\n")
}

func plainLog(text string) string {
	text = places.ReplaceAllString(text, "the peer")
	return stacks.ReplaceAllString(text, " and a stack")
}

// sparing is for tests that take long: they run in one mode, under -short on Linux only. They are about bytes, and the
// emulators of other systems are slow.
func sparing(t *testing.T) {
	t.Helper()
	if !modetest.First() || testing.Short() && runtime.GOOS != "linux" {
		t.Skip("it takes long")
	}
}

// fileWith returns the name of a file with data. It needs no os.RemoveAll, which fails under Wine.
func fileWith(tb testing.TB, data []byte) string {
	tb.Helper()
	f, err := os.CreateTemp("", "exchange")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { os.Remove(f.Name()) })
	if _, err := f.Write(data); err != nil {
		tb.Fatal(err)
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
	return f.Name()
}
