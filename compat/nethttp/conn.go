package nethttp

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core"
)

// A conn is a connection, from its accept to its end. It is the net.Conn that ConnState and ConnContext see, and the future
// of the task that waits for its requests.
//
// # Who may touch which field
//
//	s, feed, sock, wire, tls, ctx, seat  constant once the task is spawned
//	state                                everyone, by its transitions
//	kept, told, gone                     everyone
//	head, chunk, header, since, begun, post, shaken
//	                                     the task in the state gate, else who has the connection
//	prev, next, in                       under the lock of the shard
//	waker, stay, the deadlines           under mu
type conn struct {
	state stateWord
	kept  atomic.Bool // a request was served: the connection is kept alive
	told  atomic.Bool // the program was told of StateClosed
	gone  atomic.Bool // the task was dropped: the runtime has ended

	s    *Server
	feed *feed
	sock stdnet.Socket   // the socket
	wire net.Conn        // sock for goroutines: a *stdnet.TCPConn, a *stdnet.UnixConn, or a *tlsWire around one of them
	tls  *tls.Conn       // over wire, or nil
	ctx  context.Context // what ConnContext has returned
	seat seat

	head   []byte    // what has arrived of a request
	chunk  *chunk    // where head is, if it is in one
	header header    // how far head was looked at
	since  time.Time // when the request began; the first one begins with the connection
	begun  bool      // a further request has begun
	post   bool      // the last one was a POST
	shaken bool      // the gate has made the handshake

	mu            sync.Mutex
	waker         core.Waker // of the task
	stay          *stay      // the one that the engine has
	reads         int        // calls of Read of the wire
	readDeadline  time.Time  // that reads have
	wireDeadline  time.Time  // that the wire has: the same, while it is read from
	writeDeadline time.Time

	shard      *shard
	in         *list
	prev, next *conn
}

var _ net.Conn = (*conn)(nil)

// transport returns what the requests are read from.
func (c *conn) transport() net.Conn {
	if c.tls != nil {
		return c.tls
	}
	return c.wire
}

// Poll implements core.Future: it reads while the connection is in the gate, and else waits until it is there again.
func (c *conn) Poll(cx *core.Context) (struct{}, bool) {
	c.mu.Lock()
	c.waker = cx.Waker()
	c.mu.Unlock()
	switch c.state.load() {
	case gate:
		return struct{}{}, c.collect(cx)
	case hijacked, closed:
		return struct{}{}, true
	}
	return struct{}{}, false
}

// Drop implements core.Dropper. The runtime ends; a connection that is served ends with its request.
func (c *conn) Drop() {
	c.gone.Store(true)
	c.end(gate)
}

// wake has the task look at the state.
func (c *conn) wake() {
	c.mu.Lock()
	w := c.waker
	c.mu.Unlock()
	if w != nil {
		w.Wake()
	}
}

// end closes c if its state is from: gate, shaking or queued. It reports whether it was.
func (c *conn) end(from state) bool {
	if !c.state.move(from, closed) {
		return false
	}
	_ = c.transport().Close()
	c.leave()
	c.tellClosed()
	return true
}

// endParked closes c unless the engine or a handler has it.
func (c *conn) endParked() bool { return c.end(gate) || c.end(shaking) || c.end(queued) }

// closeServed closes c for its owner, the engine or a handler.
func (c *conn) closeServed() error {
	c.ended()
	return c.transport().Close()
}

// ended follows the close of a connection that the engine or a handler has.
func (c *conn) ended() {
	if c.state.move(served, closed) || c.state.move(hijacked, closed) {
		c.leave()
		c.mu.Lock()
		if c.stay != nil {
			c.stay.changed.Broadcast()
		}
		c.mu.Unlock()
	}
}

// leave takes c, which is closed, out of the books, and ends its task.
func (c *conn) leave() {
	c.shard.remove(c)
	c.seat.leave()
	c.wake()
}

// tellClosed calls the ConnState of the program for a connection that the engine does not have. It does so on a goroutine:
// the caller of Close may hold a lock that ConnState takes, as that of net/http/httptest does.
func (c *conn) tellClosed() {
	if tell := c.s.connState; tell != nil && !c.told.Swap(true) {
		go tell(c, http.StateClosed)
	}
}

// attach makes the connection for the engine, or returns nil if c has ended.
func (c *conn) attach() net.Conn {
	if !c.state.move(queued, served) {
		return nil
	}
	if c.kept.Load() {
		c.s.resumes.Add(1)
	}
	c.shard.put(c, &c.shard.served)
	c.s.startSweep()
	return c.newStay()
}

// detach takes c back from the engine. Whoever stops the server, or drops the task, (1) sets a flag, (2) ends what is in the
// gate. detach (1) moves c to the gate, (2) loads the flags. One of the two sees the other.
func (c *conn) detach() {
	c.mu.Lock()
	c.stay = nil
	c.mu.Unlock()
	c.kept.Store(true)
	c.shard.put(c, &c.shard.parked)
	if !c.state.move(served, gate) {
		panic("nethttp: the engine detaches a connection that it does not have")
	}
	if c.gone.Load() || c.feed.stopped() {
		c.end(gate)
		return
	}
	c.s.parks.Add(1)
	c.wake()
}

// hijack follows a Hijack: the connection is the handler's.
func (c *conn) hijack() {
	if c.state.move(served, hijacked) {
		c.shard.remove(c)
		c.wake()
	}
}

// setReadDeadline sets the deadline of reads. The wire gets it with the next read, or at once if there is one: most
// deadlines that the engine sets have none.
func (c *conn) setReadDeadline(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readDeadline = t
	s := c.stay
	if s != nil && s.watching {
		s.changed.Signal()
	}
	if c.reads > 0 && (s == nil || !s.kicked) {
		c.setWireDeadline(t)
	}
}

// beginRead prepares the wire for a Read. Under mu.
func (c *conn) beginRead() {
	c.setWireDeadline(c.readDeadline)
	c.reads++
}

// setWireDeadline sets the deadline that the wire has, unless it has that. Under mu.
func (c *conn) setWireDeadline(t time.Time) {
	if !t.Equal(c.wireDeadline) {
		c.wireDeadline = t
		_ = c.wire.SetReadDeadline(t) // fails if c is closed, and then reads fail
	}
}

// Read implements net.Conn.
func (c *conn) Read(b []byte) (int, error) {
	c.mu.Lock()
	c.beginRead()
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.reads--
		c.mu.Unlock()
	}()
	return c.transport().Read(b)
}

// Write implements net.Conn.
func (c *conn) Write(b []byte) (int, error) { return c.transport().Write(b) }

// Close implements net.Conn. The engine, or a handler that has hijacked the connection, finds it closed.
func (c *conn) Close() error {
	if c.endParked() {
		return nil
	}
	return c.transport().Close()
}

// LocalAddr implements net.Conn.
func (c *conn) LocalAddr() net.Addr { return c.wire.LocalAddr() }

// RemoteAddr implements net.Conn.
func (c *conn) RemoteAddr() net.Addr { return c.wire.RemoteAddr() }

// SetDeadline implements net.Conn.
func (c *conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// SetReadDeadline implements net.Conn.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.setReadDeadline(t)
	if c.state.load() == closed {
		return net.ErrClosed
	}
	return nil
}

// SetWriteDeadline implements net.Conn.
func (c *conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.IsZero() && c.writeDeadline.IsZero() {
		return nil
	}
	c.writeDeadline = t
	return c.wire.SetWriteDeadline(t)
}

// NetConn returns the connection below, a *stdnet.TCPConn or a *stdnet.UnixConn.
func (c *conn) NetConn() net.Conn {
	if w, ok := c.wire.(*tlsWire); ok {
		return w.Conn
	}
	return c.wire
}

// ConnectionState returns the state of TLS, or the zero value without TLS.
func (c *conn) ConnectionState() (cs tls.ConnectionState) {
	if c.tls != nil {
		cs = c.tls.ConnectionState()
	}
	return cs
}
