package nethttp

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/reactor"
)

// A stay is a connection while the engine has it: from the arrival of a request until the engine has waited for a further
// one as long as it may. Then Read returns io.EOF, and the Close that follows detaches instead of closing.
//
// # When a stay may end
//
// Never while the engine holds bytes of a request. It holds none if it has called
//
//  1. ConnState with StateIdle; and then
//  2. SetReadDeadline, once: for the wait. It calls it again when four bytes are there; and then
//  3. Read with room for all that its bufio.Reader holds. There is less room if that holds one to three bytes.
//
// What Read returns after that is part of a request, until (1) comes again. A version of net/http that calls these in
// another way keeps its connections, and a test fails.
type stay struct {
	c     *conn
	wire  net.Conn // the socket for goroutines: a *stdnet.TCPConn or a *stdnet.UnixConn
	phase atomic.Uint32
	end   atomic.Uint32
	http2 bool // it speaks HTTP/2, and does not end

	// notHTTP2 says that head begins as HTTP/2 does, which net/http looks for at the start of a connection only. For the
	// goroutine that reads.
	notHTTP2 bool

	timed  atomic.Bool // a deadline for writes is set
	method method      // of the latest request

	// late is how long the first request has been on its way. It counts in the ReadTimeout.
	late time.Duration

	// The rest is under the mu of c.

	hasHead  atomic.Bool // also read without the lock
	request  *request    // what the gate has read, and Read has not returned
	waker    core.Waker  // of the Read that waits for a further request, or nil
	watching bool        // a Read of one byte has not begun
	epoch    uint32      // the sweep in which either has begun
	kicked   bool        // the sweep has ended the wait
	changed  sync.Cond   // of a Read of one byte
}

// The phases of a stay: busy, (1) has come, (2) has come.
const (
	busy uint32 = iota
	idle
	waiting
)

// The end of a stay. Read and Close may be called at a time, by the engine's goroutine of the connection and by Shutdown: the
// one that takes the stay from open decides.
const (
	open     uint32 = iota
	ending          // Read has ended the stay, and the next Close detaches
	detached        // Close has
	over            // Close has closed the connection
)

// room is what the bufio.Reader of the engine holds.
var room = bufio.NewReader(nil).Size()

// newStay makes the net.Conn for the engine of c, which is served. A handshake that the gate could not make is the engine's.
func (c *conn) newStay() net.Conn {
	var rwc net.Conn
	var s *stay
	switch {
	case c.tls != nil && !c.shaken:
		return c.tls.conn
	case c.tls != nil:
		t := &tlsStay{tlsMethods: tlsMethods{c.tls.conn}}
		rwc, s, t.stay.wire = t, &t.stay, c.tls.wire
	default:
		wire := stdnet.Free(c.server().Runtime, c.sock)
		if w, ok := wire.(*stdnet.TCPConn); ok {
			t := &tcpStay{tcpMethods: tcpMethods{w}}
			rwc, s = t, &t.stay
		} else {
			t := &unixStay{unixMethods: unixMethods{wire.(*stdnet.UnixConn)}}
			rwc, s = t, &t.stay
		}
		s.wire = wire
	}
	s.c = c
	s.changed.L = &c.mu
	if c.request != nil {
		if bytes.HasPrefix(c.request.head, preface) {
			s.http2, s.notHTTP2 = !c.kept.Load(), c.kept.Load() && c.server().prior
		}
		s.method.add(c.request.head)
		s.request, c.request = c.request, nil
		s.hasHead.Store(true)
	}
	if c.server().HTTP.ReadTimeout > 0 && !s.http2 && c.since != never {
		s.late = time.Since(c.since.time())
	}
	c.since = never
	c.mu.Lock()
	c.stay = s
	c.mu.Unlock()
	return rwc
}

// Read implements net.Conn.
func (s *stay) Read(b []byte) (int, error) {
	switch {
	case s.notHTTP2 && len(b) < room:
		return 0, nil // the engine looks for the beginning of HTTP/2, and gives up
	case s.hasHead.Load() && len(b) != 0:
		s.notHTTP2 = false
		return s.takeHead(b), nil
	case s.c.expired:
		return 0, os.ErrDeadlineExceeded
	case len(b) == room && s.phase.Load() == waiting:
		n, err := s.await(b)
		if n > 0 {
			s.method.begin()
			s.method.add(b[:n])
		}
		return n, err
	case len(b) == 1 && !s.http2 && !s.watch():
		return 0, os.ErrDeadlineExceeded
	}
	s.c.beginRead()
	n, err := s.transport().Read(b)
	s.c.endRead()
	if n > 0 && s.phase.Load() != busy {
		s.phase.Store(busy)
	}
	if s.method.begun() {
		s.method.add(b[:n])
	}
	return n, err
}

// transport returns what the engine reads from.
func (s *stay) transport() net.Conn {
	if s.c.tls != nil {
		return s.c.tls.conn
	}
	return s.wire
}

func (s *stay) takeHead(b []byte) (n int) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if s.request == nil {
		return 0 // another goroutine has just taken the rest
	}
	n, s.request = s.request.read(b)
	s.hasHead.Store(s.request != nil)
	return n
}

// watch holds back a Read of one byte. The engine makes one while a handler runs, to learn of a disconnect, and ends it with a
// deadline when the handler returns. A short handler is done before the sweep comes by, and its connection has not been read
// from at all. watch reports false if the deadline ends the Read.
func (s *stay) watch() bool {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	s.watching, s.epoch = true, c.server().sweeps.Load()
	for s.watching && c.readDeadline != longAgo && c.state.load() == served {
		s.changed.Wait()
	}
	s.watching = false
	return c.readDeadline != longAgo
}

// longAgo is the deadline with which the engine ends a Read of one byte.
var longAgo = momentOf(time.Unix(1, 0))

// await is Read while the engine waits for a further request.
func (s *stay) await(b []byte) (n int, err error) {
	if s.c.lingers() {
		if s.c.tls != nil {
			n, err = s.c.tls.await(s, b)
		} else {
			n, err = s.pollRead(b)
		}
		if n != 0 || err != errWouldBlock {
			s.phase.Store(busy)
			return n, err
		}
		s.c.brief = true
	}
	s.c.server().reached(stayEnds)
	if !s.end.CompareAndSwap(open, ending) {
		return 0, net.ErrClosed
	}
	return 0, io.EOF
}

// pollRead reads from the socket, and waits; it returns errWouldBlock if the sweep ends that. It does what a Read of the wire
// does, except that a wake ends it instead of a deadline, for which each connection would keep the memory of a timer.
func (s *stay) pollRead(b []byte) (int, error) {
	c := s.c
	c.beginRead()
	p := c.server().Runtime.Parker(int(c.shard))
	defer func() {
		c.mu.Lock()
		c.reads--
		s.waker, s.kicked = nil, false
		c.mu.Unlock()
		p.Release()
	}()
	for {
		n, ready, err := c.sock.PollRead(p.Context(), b)
		if ready {
			return n, err
		}
		w := p.Context().Waker()
		c.mu.Lock()
		if s.waker == nil {
			s.waker, s.epoch = w, c.server().sweeps.Load()
		}
		kicked := s.kicked
		c.mu.Unlock()
		if kicked {
			c.sock.Unwait(w, reactor.Read)
			return 0, errWouldBlock
		}
		p.Park()
	}
}

// kick lets a Read of one byte begin at the second sweep that it sees, and ends a wait for a further request when it has seen
// the sweeps of a linger. now is the sweep. Under the mu of c.
func (s *stay) kick(now, lingers uint32) {
	seen := now - s.epoch
	switch {
	case s.watching && seen > 1:
		s.watching = false
		s.changed.Signal()
	case s.waker != nil && !s.kicked && seen > lingers && s.c.server().Linger >= 0:
		s.kicked = true
		s.waker.Wake()
	}
}

// Close implements net.Conn. The engine calls it, or a handler that has hijacked the connection; at the end of a stay it
// detaches.
func (s *stay) Close() error {
	s.c.server().reached(stayCloses)
	switch {
	case s.end.CompareAndSwap(open, over), s.end.Load() == over:
		return s.close()
	case s.end.CompareAndSwap(ending, detached):
		s.c.post = s.method.isPost()
		s.c.detach()
	}
	return nil
}

// close closes the connection for its owner.
func (s *stay) close() error {
	if s.c.tls != nil {
		return s.c.tls.conn.Close() // which closes the wire
	}
	s.c.ended()
	return s.wire.Close()
}

// SetReadDeadline implements net.Conn.
func (s *stay) SetReadDeadline(t time.Time) error {
	switch s.phase.Load() {
	case idle:
		s.phase.Store(waiting)
	case waiting:
		s.phase.Store(busy)
	}
	if s.late != 0 && !t.IsZero() {
		t = t.Add(-s.late)
	}
	return s.c.SetReadDeadline(t)
}

// SetWriteDeadline implements net.Conn. The engine clears the deadline after each response, which mostly is none.
func (s *stay) SetWriteDeadline(t time.Time) error {
	if t.IsZero() && !s.timed.Load() {
		return nil
	}
	s.timed.Store(!t.IsZero())
	return s.transport().SetWriteDeadline(t)
}

// SetDeadline implements net.Conn.
func (s *stay) SetDeadline(t time.Time) error {
	if err := s.SetReadDeadline(t); err != nil {
		return err
	}
	return s.SetWriteDeadline(t)
}

// entered tells s of a state that the engine tells ConnState of.
func (s *stay) entered(active bool) {
	s.late = 0
	if active || s.http2 {
		s.phase.Store(busy)
	} else {
		s.phase.Store(idle)
	}
}

// The methods of the connection below that a stay does not replace are those of the connection. One more level of embedding
// gives the stay's own precedence.
type (
	tcpMethods  struct{ *stdnet.TCPConn }
	unixMethods struct{ *stdnet.UnixConn }
	tlsMethods  struct{ *tls.Conn }
)

type tcpStay struct {
	stay
	tcpMethods
}

type unixStay struct {
	stay
	unixMethods
}

type tlsStay struct {
	stay
	tlsMethods
}

// WriteTo implements io.WriterTo: what the gate has read comes first.
func (s *tcpStay) WriteTo(w io.Writer) (n int64, err error) {
	for s.hasHead.Load() {
		var b [chunkSize]byte
		m, err := w.Write(b[:s.takeHead(b[:])])
		n += int64(m)
		if err != nil {
			return n, err
		}
	}
	s.c.beginRead()
	defer s.c.endRead()
	m, err := s.TCPConn.WriteTo(w)
	return n + m, err
}

// stayOf returns the connection that the engine's nc is, and its stay if it has one. Both are nil for a connection that the
// engine got as it was accepted.
func stayOf(nc net.Conn) (*conn, *stay) {
	switch nc := nc.(type) {
	case *tcpStay:
		return nc.c, &nc.stay
	case *unixStay:
		return nc.c, &nc.stay
	case *tlsStay:
		return nc.c, &nc.stay
	case *tls.Conn:
		if b, ok := nc.NetConn().(belowTLS); ok {
			return b.c, nil
		}
	}
	return nil, nil
}
