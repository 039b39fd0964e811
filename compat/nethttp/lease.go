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

// A lease is a connection while the engine has it: from the arrival of a request until the engine has waited for a further
// one as long as it may. Then Read returns io.EOF, and the Close that follows detaches instead of closing. A serving task has a
// lease for its lingers alone.
//
// # When a lease may end
//
// Never while the engine holds bytes of a request. It holds none if it has called
//
//  1. ConnState with StateIdle; and then
//  2. SetReadDeadline, once: for the wait. It calls it again when four bytes are there; and then
//  3. Read with room for all that its bufio.Reader holds. There is less room if that holds one to three bytes.
//
// What Read returns after that is part of a request, until (1) comes again. A version of net/http that calls these in
// another way keeps its connections, and a test fails.
type lease struct {
	c     *conn
	wire  net.Conn      // the socket for goroutines: a *stdnet.TCPConn or a *stdnet.UnixConn
	phase atomic.Uint32 // written and read by the engine's goroutine of the connection; Shutdown writes it by SetReadDeadline
	end   atomic.Uint32 // see its values
	http2 bool          // it speaks HTTP/2, and does not end

	// notHTTP2 says that head begins as HTTP/2 does, which net/http looks for at the start of a connection only. For the
	// goroutine that reads.
	notHTTP2 bool

	timed  atomic.Bool // a deadline for writes is set. Read and written by SetWriteDeadline, which several goroutines may call
	method method      // of the latest request

	// late is how long the first request has been on its way. It counts in the ReadTimeout.
	late time.Duration

	// The rest is under the mu of c.

	hasHead   atomic.Bool // request is not nil. Written under the lock; Read reads it without
	request   *request    // what has arrived while c was parked, and Read has not returned
	waker     core.Waker  // of the Read that waits for a further request, or nil
	watching  bool        // a Read of one byte has not begun
	waitBegan uint32      // the number of sweeps before the waker was set, or watching
	waitEnded bool        // the sweep has ended the wait
	changed   sync.Cond   // of a Read of one byte
}

// The phases of a lease: busy, (1) has come, (2) has come.
const (
	busy uint32 = iota
	idle
	waiting
)

// The end of a lease. The engine's goroutine of the connection and Shutdown may call Read and Close at the same time: the one
// that takes the lease from open decides.
const (
	open     uint32 = iota
	ending          // Read has ended the lease, and the next Close detaches
	detached        // that Close has come
	over            // Close has closed the connection
)

// room is how many bytes the bufio.Reader of the engine holds.
var room = bufio.NewReader(nil).Size()

// newLease makes the net.Conn for the engine of c, which is served. A handshake that has failed, and a connection of HTTP/2, are
// the engine's as a *tls.Conn.
func (c *conn) newLease() net.Conn {
	var rwc net.Conn
	var l *lease
	switch {
	case c.tls != nil && !c.handshakeDone:
		return c.tls.conn
	case c.tls != nil:
		t := &tlsLease{tlsMethods: tlsMethods{c.tls.conn}}
		rwc, l, t.lease.wire = t, &t.lease, c.tls.wire
	default:
		wire := stdnet.Free(c.server().Runtime, c.sock)
		if w, ok := wire.(*stdnet.TCPConn); ok {
			t := &tcpLease{tcpMethods: tcpMethods{w}}
			rwc, l = t, &t.lease
		} else {
			t := &unixLease{unixMethods: unixMethods{wire.(*stdnet.UnixConn)}}
			rwc, l = t, &t.lease
		}
		l.wire = wire
	}
	l.c = c
	l.changed.L = &c.mu
	if c.request != nil {
		if bytes.HasPrefix(c.request.head, preface) {
			l.http2, l.notHTTP2 = !c.kept.Load(), c.kept.Load() && c.server().prior
		}
		l.method.add(c.request.head)
		l.request, c.request = c.request, nil
		l.hasHead.Store(true)
	}
	if c.server().HTTP.ReadTimeout > 0 && !l.http2 && c.since != never {
		l.late = time.Since(c.since.time())
	}
	c.since = never
	c.mu.Lock()
	c.lease = l
	c.mu.Unlock()
	return rwc
}

// Read implements net.Conn.
func (l *lease) Read(b []byte) (int, error) {
	switch {
	case l.notHTTP2 && len(b) < room:
		return 0, nil // the engine looks for the beginning of HTTP/2, and gives up
	case l.hasHead.Load() && len(b) != 0:
		l.notHTTP2 = false
		return l.takeHead(b), nil
	case l.c.expired:
		return 0, os.ErrDeadlineExceeded
	case len(b) == room && l.phase.Load() == waiting:
		n, err := l.await(b)
		if n > 0 {
			l.method.begin()
			l.method.add(b[:n])
		}
		return n, err
	case len(b) == 1 && !l.http2 && !l.watch():
		return 0, os.ErrDeadlineExceeded
	}
	l.c.beginRead()
	n, err := l.transport().Read(b)
	l.c.endRead()
	if n > 0 && l.phase.Load() != busy {
		l.phase.Store(busy)
	}
	if l.method.begun() {
		l.method.add(b[:n])
	}
	return n, err
}

// transport returns what the engine reads from.
func (l *lease) transport() net.Conn {
	if l.c.tls != nil {
		return l.c.tls.conn
	}
	return l.wire
}

func (l *lease) takeHead(b []byte) (n int) {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if l.request == nil {
		return 0 // another goroutine has just taken the rest
	}
	n, l.request = l.request.read(b)
	l.hasHead.Store(l.request != nil)
	return n
}

// watch holds back a Read of one byte. The engine makes one while a handler runs, to learn of a disconnect, and ends it with a
// deadline when the handler returns. A short handler is done before the sweep comes by, and its connection has not been read
// from at all. watch reports false if the deadline ends the Read.
func (l *lease) watch() bool {
	c := l.c
	c.mu.Lock()
	defer c.mu.Unlock()
	l.watching, l.waitBegan = true, c.server().sweeps.Load()
	for l.watching && c.readDeadline != longAgo && c.state.load() == served {
		l.changed.Wait()
	}
	l.watching = false
	return c.readDeadline != longAgo
}

// longAgo is the deadline with which the engine ends a Read of one byte.
var longAgo = momentOf(time.Unix(1, 0))

// await is Read while the engine waits for a further request.
func (l *lease) await(b []byte) (n int, err error) {
	if l.c.lingers() {
		if l.c.tls != nil {
			n, err = l.c.tls.await(l, b)
		} else {
			n, err = l.pollRead(b)
		}
		if n != 0 || err != errWouldBlock {
			l.phase.Store(busy)
			return n, err
		}
		l.c.brief = true
	}
	l.c.server().reached(leaseEnds)
	if !l.end.CompareAndSwap(open, ending) {
		return 0, net.ErrClosed
	}
	return 0, io.EOF
}

// pollRead reads from the socket, and waits; it returns errWouldBlock if the sweep ends that. It does what a Read of the wire
// does, except that a wake ends it instead of a deadline, for which each connection would keep the memory of a timer.
func (l *lease) pollRead(b []byte) (int, error) {
	c := l.c
	c.beginRead()
	p := c.server().Runtime.Parker(int(c.shard))
	defer func() {
		c.mu.Lock()
		c.reads--
		l.waker, l.waitEnded = nil, false
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
		if l.waker == nil {
			l.waker, l.waitBegan = w, c.server().sweeps.Load()
		}
		waitEnded := l.waitEnded
		c.mu.Unlock()
		if waitEnded {
			c.sock.Unwait(w, reactor.Read)
			return 0, errWouldBlock
		}
		p.Park()
	}
}

// sweep lets a Read of one byte begin at the second sweep after its call, and ends a wait for a further request that has lasted
// as many sweeps as a linger. now is the number of this sweep. Under the mu of c.
func (l *lease) sweep(now, lingers uint32) {
	seen := now - l.waitBegan
	switch {
	case l.watching && seen > 1:
		l.watching = false
		l.changed.Signal()
	case l.waker != nil && !l.waitEnded && seen > lingers && l.c.server().Linger >= 0:
		l.waitEnded = true
		l.waker.Wake()
	}
}

// Close implements net.Conn. The engine calls it, or a handler that has hijacked the connection; at the end of a lease it
// detaches.
func (l *lease) Close() error {
	l.c.server().reached(leaseCloses)
	switch {
	case l.end.CompareAndSwap(open, over), l.end.Load() == over:
		return l.close()
	case l.end.CompareAndSwap(ending, detached):
		l.c.post = l.method.isPost()
		l.c.detach()
	}
	return nil
}

// close closes the connection for its owner.
func (l *lease) close() error {
	if l.c.tls != nil {
		return l.c.tls.conn.Close() // which closes the wire
	}
	l.c.ended()
	return l.wire.Close()
}

// SetReadDeadline implements net.Conn.
func (l *lease) SetReadDeadline(t time.Time) error {
	switch l.phase.Load() {
	case idle:
		l.phase.Store(waiting)
	case waiting:
		l.phase.Store(busy)
	}
	if l.late != 0 && !t.IsZero() {
		t = t.Add(-l.late)
	}
	return l.c.SetReadDeadline(t)
}

// SetWriteDeadline implements net.Conn. The engine clears the deadline after each response, which mostly is none.
func (l *lease) SetWriteDeadline(t time.Time) error {
	if t.IsZero() && !l.timed.Load() {
		return nil
	}
	l.timed.Store(!t.IsZero())
	return l.transport().SetWriteDeadline(t)
}

// SetDeadline implements net.Conn.
func (l *lease) SetDeadline(t time.Time) error {
	if err := l.SetReadDeadline(t); err != nil {
		return err
	}
	return l.SetWriteDeadline(t)
}

// entered tells l of a state that the engine tells ConnState of.
func (l *lease) entered(active bool) {
	l.late = 0
	if active || l.http2 {
		l.phase.Store(busy)
	} else {
		l.phase.Store(idle)
	}
}

// The methods of the connection below that a lease does not replace are those of the connection. One more level of embedding
// gives the lease's own precedence.
type (
	tcpMethods  struct{ *stdnet.TCPConn }
	unixMethods struct{ *stdnet.UnixConn }
	tlsMethods  struct{ *tls.Conn }
)

type tcpLease struct {
	lease
	tcpMethods
}

type unixLease struct {
	lease
	unixMethods
}

type tlsLease struct {
	lease
	tlsMethods
}

// WriteTo implements io.WriterTo: what has arrived while c was parked comes first.
func (l *tcpLease) WriteTo(w io.Writer) (n int64, err error) {
	for l.hasHead.Load() {
		var b [chunkSize]byte
		m, err := w.Write(b[:l.takeHead(b[:])])
		n += int64(m)
		if err != nil {
			return n, err
		}
	}
	l.c.beginRead()
	defer l.c.endRead()
	m, err := l.TCPConn.WriteTo(w)
	return n + m, err
}

// leaseOf returns the connection that the engine's nc is, and its lease if it has one. Both are nil for a connection that the
// engine got as it was accepted.
func leaseOf(nc net.Conn) (*conn, *lease) {
	switch nc := nc.(type) {
	case *tcpLease:
		return nc.c, &nc.lease
	case *unixLease:
		return nc.c, &nc.lease
	case *tlsLease:
		return nc.c, &nc.lease
	case *tls.Conn:
		if b, ok := nc.NetConn().(belowTLS); ok {
			return b.c, nil
		}
	}
	return nil, nil
}
