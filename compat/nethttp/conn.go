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
// of the task that waits for its requests. It is small, since most connections of a server have nothing else: what only
// serves a request is in a [lease], a [request] or an exchange. "The task" of a conn is the one whose future it is, and not the
// one that serves its requests.
//
// # Who may touch which field
//
//	feed, sock, tls, ctx, shard  constant once the task is spawned
//	state, kept, told, gone      any goroutine; the state by its transitions
//	request, begun, post, brief, handshakeDone, expired, since, parkedAt
//	                             the task in the state parked, else the part of the server that the
//	                             state names
//	prev, next, in               under the lock of the shard
//	waker, lease, reads, the deadline
//	                             under mu
type conn struct {
	state stateWord
	kept  atomic.Bool // a request was served: the connection is kept alive. Set by detach and linger; SetKeepAlivesEnabled reads it
	told  atomic.Bool // the program was told of StateClosed: the first Swap decides
	gone  atomic.Bool // the task was dropped: the runtime has ended. Set by Drop, read by detach, which has the argument

	feed     *feed
	sock     stdnet.Socket
	tls      *tlsWire        // nil without TLS
	ctx      context.Context // what ConnContext has returned
	request  *request        // what has arrived; nil for nothing
	since    moment          // when the request began; the first one begins with the connection
	parkedAt moment          // when it was last detached

	mu           sync.Mutex
	waker        core.Waker // of the task
	lease        *lease     // that the engine or the serving task has, else nil
	readDeadline moment

	prev, next    *conn
	shard         uint16 // the index of its shard, and of the worker that it begins on
	reads         int16  // calls that read from sock, except those of the task
	in            whichList
	begun         bool // a further request has begun
	post          bool // the last one was a POST
	brief         bool // it does not linger: no request has come soon after a park, or the last linger was of no use
	handshakeDone bool // TLS: by this package, and not by the engine
	expired       bool // the time of the request is over before it has arrived
	unset         bool // sock does not have readDeadline yet. Under mu
	bounded       bool // sock has a deadline. Under mu
}

var _ net.Conn = (*conn)(nil)

func (c *conn) server() *Server { return c.feed.s }

func (c *conn) home() *shard { return &c.feed.s.shards[c.shard] }

// Poll implements core.Future: it reads while the connection is parked, and else waits until it is parked again.
//
// A goroutine that moves the state (1) moves it, (2) calls wake or await, which load the waker. Poll (1) stores the waker, (2) loads
// the state. One of the two sees the other.
func (c *conn) Poll(cx *core.Context) (struct{}, bool) {
	c.mu.Lock()
	c.waker = cx.Waker()
	c.mu.Unlock()
	switch c.state.load() {
	case parked:
		return struct{}{}, c.collect(cx)
	case hijacked, closed:
		return struct{}{}, true
	}
	return struct{}{}, false
}

// Drop implements core.Dropper. The runtime ends; a connection that is served ends with its request.
func (c *conn) Drop() {
	c.gone.Store(true)
	c.end(parked)
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

// end closes c if its state is from: parked, handshaking or queued. It reports whether it was.
func (c *conn) end(from state) bool {
	if !c.state.move(from, closed) {
		return false
	}
	_ = c.closeTransport()
	c.leave()
	c.tellClosed()
	return true
}

// endWaiting closes c unless the engine or a handler has it.
func (c *conn) endWaiting() bool { return c.end(parked) || c.end(handshaking) || c.end(queued) }

func (c *conn) closeTransport() error {
	if c.tls != nil {
		return c.tls.conn.Close()
	}
	return c.sock.Close()
}

// ended follows the close of a connection that the engine or a handler has.
func (c *conn) ended() {
	if c.state.move(served, closed) || c.state.move(hijacked, closed) {
		c.leave()
	}
}

// leave takes c, which is closed, out of the lists, the limits and the feed, and ends its task.
func (c *conn) leave() {
	s := c.server()
	c.home().put(c, nowhere)
	s.limits.leave(c.sock.RemoteAddr())
	c.feed.leave()
	c.mu.Lock()
	if c.lease != nil {
		c.lease.changed.Broadcast()
	}
	c.mu.Unlock()
	c.wake()
}

// tellClosed calls the ConnState of the program for a connection that the engine does not have. It does so on a goroutine:
// the caller of Close may hold a lock that ConnState takes, as that of net/http/httptest does.
func (c *conn) tellClosed() {
	if tell := c.server().connState; tell != nil && !c.told.Swap(true) {
		go tell(c, http.StateClosed)
	}
}

// attach makes the connection for the engine, or returns nil if c has ended.
func (c *conn) attach() net.Conn {
	if !c.state.move(queued, served) {
		return nil
	}
	s := c.server()
	if c.kept.Load() {
		s.resumes.Add(1)
	}
	c.home().put(c, amongServed)
	s.startSweep()
	return c.newLease()
}

// detach takes c back from the engine, or from the task that has served it, and parks it. Code that stops the server, or drops
// the task, (1) sets a flag, (2) ends what is parked. detach (1) moves c to parked, (2) loads the flags. One of the two sees the
// other.
//
// The program may have closed a connection with TLS by then, which the engine has not noticed.
func (c *conn) detach() {
	c.mu.Lock()
	c.lease = nil
	c.mu.Unlock()
	c.kept.Store(true)
	c.home().put(c, amongWaiting)
	c.parkedAt = momentOf(time.Now()) // before the move: the task reads it in the state parked
	if !c.state.move(served, parked) {
		c.tellClosed()
		return
	}
	c.server().reached(parkedAgain)
	if c.gone.Load() || c.feed.stopped() || c.server().noKeepAlives.Load() {
		c.end(parked)
		return
	}
	c.server().parks.Add(1)
	c.await()
}

// await has the task poll c once the socket may be read from. Where the task has nothing to do before that, the goroutine that
// detaches registers the task's waker with the socket: a wake of the worker costs as much as a short request.
func (c *conn) await() {
	c.mu.Lock()
	c.settleDeadline()
	w, plain := c.waker, c.tls == nil && c.readDeadline == never
	c.mu.Unlock()
	if w == nil {
		return // the first poll is to come
	}
	if plain {
		p := c.server().Runtime.Parker(int(c.shard))
		cx := p.Context()
		own := cx.SwapWaker(w)
		ready, err := c.sock.PollReadable(cx)
		cx.SwapWaker(own)
		p.Release()
		if !ready && err == nil {
			return
		}
	}
	w.Wake()
}

// lingers reports whether the connection waits for a further request before it is parked: if the last one came soon after a
// park, or within a linger. So a connection that is quiet for longer costs no wake for the end of a linger.
func (c *conn) lingers() bool { return c.server().Linger >= 0 && !c.brief }

// returned follows the arrival of a request on a connection that was parked.
func (c *conn) returned() {
	if c.brief && time.Since(c.parkedAt.time()) < c.server().linger() {
		c.brief = false
	}
}

// hijack follows a Hijack: the connection is the handler's.
func (c *conn) hijack() {
	if c.state.move(served, hijacked) {
		c.home().put(c, nowhere)
		c.wake()
	}
}

// setReadDeadline sets the deadline of reads. The socket gets it with the next read, or at once if there is one: most
// deadlines that the engine sets have none.
func (c *conn) setReadDeadline(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readDeadline, c.unset = momentOf(t), true
	if c.lease != nil && c.lease.watching {
		c.lease.changed.Signal()
	}
	if c.reads > 0 {
		c.settleDeadline()
	}
}

// settleDeadline gives the socket the deadline that it does not have yet. Under mu.
func (c *conn) settleDeadline() {
	if !c.unset {
		return
	}
	c.unset = false
	if c.readDeadline == never && !c.bounded {
		return
	}
	c.bounded = c.readDeadline != never
	_ = c.sock.SetReadDeadline(c.readDeadline.time()) // fails if c is closed, and then reads fail
}

// beginRead and endRead are around each read of the socket that the task does not make.
func (c *conn) beginRead() {
	c.mu.Lock()
	c.settleDeadline()
	c.reads++
	c.mu.Unlock()
}

func (c *conn) endRead() {
	c.mu.Lock()
	c.reads--
	c.mu.Unlock()
}

// transport returns what the requests are read from, for a goroutine.
func (c *conn) transport() net.Conn {
	if c.tls != nil {
		return c.tls.conn
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lease != nil && c.lease.wire != nil {
		return c.lease.wire
	}
	return stdnet.Free(c.server().Runtime, c.sock)
}

// Read implements net.Conn.
func (c *conn) Read(b []byte) (int, error) {
	c.beginRead()
	defer c.endRead()
	return c.transport().Read(b)
}

// Write implements net.Conn.
func (c *conn) Write(b []byte) (int, error) { return c.transport().Write(b) }

// Close implements net.Conn. The engine, or a handler that has hijacked the connection, finds it closed.
func (c *conn) Close() error {
	if c.endWaiting() {
		return nil
	}
	if c.state.move(hijacked, closed) {
		c.leave() // the handler may not close what it has
	}
	return c.closeTransport()
}

// LocalAddr implements net.Conn.
func (c *conn) LocalAddr() net.Addr { return c.sock.LocalAddr() }

// RemoteAddr implements net.Conn.
func (c *conn) RemoteAddr() net.Addr { return c.sock.RemoteAddr() }

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
	switch c.state.load() {
	case parked:
		c.wake() // the task waits for the socket, which does not have the deadline yet
	case closed:
		return net.ErrClosed
	}
	return nil
}

// SetWriteDeadline implements net.Conn.
func (c *conn) SetWriteDeadline(t time.Time) error { return c.sock.SetWriteDeadline(t) }

// ConnectionState returns the state of TLS, or the zero value without TLS.
func (c *conn) ConnectionState() (cs tls.ConnectionState) {
	if c.tls != nil {
		cs = c.tls.conn.ConnectionState()
	}
	return cs
}
