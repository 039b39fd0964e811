package exchange

import (
	"context"
	"crypto/tls"
	"log"
	"net/http"
	"path"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// A Config is what all connections of a server share. It must not be copied. Its exported fields do not change during a
// Serve.
type Config struct {
	// Server has the handler, the timeouts, the limits and the log. It is the value of http.ServerContextKey. Serve reads its
	// fields and calls none of its methods.
	Server *http.Server

	// Runtime is that of the tasks.
	Runtime *executor.Runtime

	// KeepAlives reports whether a connection may stay open after a response. Nil means always.
	KeepAlives func() bool

	// Closing reports whether the server shuts down, so that a request which was read is not served any more. Nil
	// means never.
	Closing func() bool

	date atomic.Pointer[date] // the latest; any body reads and replaces it
}

// A Link is what outlives a Serve of a connection: the caller keeps it as long as the connection is open. The zero Link
// is that of a new connection.
type Link struct {
	// Remote is the address of the peer, for Request.RemoteAddr. If it is "", Serve sets it.
	Remote string

	// TLS is the value of Request.TLS.
	TLS *tls.ConnectionState

	// Context has the values of the contexts of requests, and ends them. Nil means context.Background.
	Context context.Context

	// AfterPost says that the last request was a POST: old clients send an end of line after its body. Serve sets it.
	AfterPost bool

	// Dropped is how many bytes of such ends of lines Serve has dropped at Idle, of the four that a server may.
	Dropped int

	// Begun is when the first byte of the next request came. The zero time means the call of Serve.
	Begun time.Time

	served bool // a request
	gone   bool // a read or a write has failed: contexts of requests have ended
}

// An Outcome says what is next for a connection.
type Outcome int

const (
	// Closed: the caller closes the connection.
	Closed Outcome = iota
	// Idle: the response is sent, and no byte of a further request has come.
	Idle
	// Hijacked: the connection belongs to the handler, or to what the handler gave it to.
	Hijacked
)

// String returns the name.
func (o Outcome) String() string {
	switch o {
	case Closed:
		return "Closed"
	case Idle:
		return "Idle"
	case Hijacked:
		return "Hijacked"
	}
	return "unknown"
}

// coKey is the key of the Co in the context of a request.
type coKey struct{}

// Co returns the Co of the body that serves the request with the context ctx, or nil if no body does. Any goroutine.
func Co(ctx context.Context) *coro.Co {
	co, _ := ctx.Value(coKey{}).(*coro.Co)
	return co
}

func (c *Config) keepAlives() bool { return (c.KeepAlives == nil || c.KeepAlives()) && !c.closing() }

func (c *Config) closing() bool { return c.Closing != nil && c.Closing() }

// headerTimeout returns how long the header of a request may take, or 0 for no limit.
func (c *Config) headerTimeout() time.Duration {
	if d := c.Server.ReadHeaderTimeout; d != 0 {
		return max(d, 0)
	}
	return max(c.Server.ReadTimeout, 0)
}

// idleTimeout returns how long a connection may wait for a request, or 0 for no limit.
func (c *Config) idleTimeout() time.Duration {
	if d := c.Server.IdleTimeout; d != 0 {
		return max(d, 0)
	}
	return max(c.Server.ReadTimeout, 0)
}

// slack is how much more than MaxHeaderBytes a request may read: the reader's buffer reads ahead.
const slack = 4096

// headerLimit returns how many bytes the header of a request may read.
func (c *Config) headerLimit() int64 {
	if n := c.Server.MaxHeaderBytes; n > 0 {
		return int64(n) + slack
	}
	return http.DefaultMaxHeaderBytes + slack
}

func (c *Config) handler(r *http.Request) http.Handler {
	switch {
	case r.RequestURI == "*" && r.Method == http.MethodOptions && !c.Server.DisableGeneralOptionsHandler:
		return http.HandlerFunc(serveOptions)
	case c.Server.Handler == nil:
		return http.DefaultServeMux
	}
	return c.Server.Handler
}

func (c *Config) logf(format string, args ...any) {
	if l := c.Server.ErrorLog; l != nil {
		l.Printf(format, args...)
		return
	}
	log.Printf(format, args...)
}

// logCaller logs what the function of the program that has called this package did.
func (c *Config) logCaller(format string) {
	name, file, line := programCaller()
	c.logf(format, name, path.Base(file), line)
}

// programCaller returns the first caller outside of this package and of net/http.
func programCaller() (name, file string, line int) {
	const here = "github.com/moduvex/moduvex-go/compat/nethttp/internal/exchange."
	var pcs [16]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		if !more || !strings.HasPrefix(f.Function, here) && !strings.HasPrefix(f.Function, "net/http.") {
			return f.Function, f.File, f.Line
		}
	}
}

// A date is the text of the header Date in one second.
type date struct {
	second int64
	text   [len(http.TimeFormat)]byte
}

// appendDate appends the time now as the header Date has it. The text is made once a second.
func (c *Config) appendDate(b []byte) []byte {
	now := time.Now()
	d := c.date.Load()
	if d == nil || d.second != now.Unix() {
		d = &date{second: now.Unix()}
		now.UTC().AppendFormat(d.text[:0], http.TimeFormat)
		c.date.Store(d)
	}
	return append(b, d.text[:]...)
}
