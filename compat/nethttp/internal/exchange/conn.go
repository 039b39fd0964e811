package exchange

import (
	"io"
	"net"
	"net/http"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/reactor"
)

// A Conn is a connection as the body that serves it sees it. Only the body calls Read, Write, Changed, Poller and Free.
// Read and Write suspend it. The requests keep the Conn, so it serves no second connection; any goroutine may call
// LocalAddr, also later.
//
// If it has the method ReadFrom of an io.ReaderFrom, responses of known length are sent with it. If it has CloseWrite, that
// is called before the connection is closed over a peer that still sends.
type Conn interface {
	net.Conn

	// Changed is called with http.StateActive when a request was read, with http.StateIdle after its response, and
	// with http.StateHijacked.
	Changed(state http.ConnState)

	// Poller returns the socket that the bytes of Read come from as they are, or nil. With nil, the context of a request
	// does not end when the peer disconnects.
	Poller() Poller

	// Free returns a connection over the same socket that any goroutine may use: the handler has hijacked it. The Conn
	// remains usable for the body until the handler returns.
	Free() net.Conn
}

// A Poller is a socket in poll style, such as a *tcp.Stream.
type Poller interface {
	PollRead(cx *core.Context, b []byte) (n int, ready bool, err error)
	Unwait(w core.Waker, d reactor.Direction)
}

// A Stream is what a [Socket] is made of: a *tcp.Stream or a *unix.Stream.
type Stream interface {
	stdnet.Stream
	stdnet.Socket
	CloseWrite() error
}

// A Socket is a Conn over a plain stream.
type Socket struct {
	Stream
	co       *coro.Co
	rt       *executor.Runtime
	onChange func(state http.ConnState)
}

var (
	_ Conn          = (*Socket)(nil)
	_ io.ReaderFrom = (*Socket)(nil)
)

// NewSocket returns a Conn over s for the body of co, in a task of rt. onChange is called by Changed; it may be nil.
func NewSocket(co *coro.Co, rt *executor.Runtime, s Stream, onChange func(state http.ConnState)) *Socket {
	return &Socket{Stream: s, co: co, rt: rt, onChange: onChange}
}

// Read implements net.Conn.
func (s *Socket) Read(b []byte) (int, error) { return s.Stream.Read(s.co, b) }

// Write implements net.Conn.
func (s *Socket) Write(b []byte) (int, error) { return s.Stream.Write(s.co, b) }

// ReadFrom implements io.ReaderFrom: the system sends files.
func (s *Socket) ReadFrom(r io.Reader) (int64, error) {
	return stdnet.Bind(s.co, s.Stream).(io.ReaderFrom).ReadFrom(r)
}

// Changed implements Conn.
func (s *Socket) Changed(state http.ConnState) {
	if s.onChange != nil {
		s.onChange(state)
	}
}

// Poller implements Conn.
func (s *Socket) Poller() Poller { return s.Stream }

// Free implements Conn.
func (s *Socket) Free() net.Conn { return stdnet.Free(s.rt, s.Stream) }
