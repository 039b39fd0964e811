package nethttp

import (
	"bytes"
	"net"
	"net/http"
	"time"

	"github.com/moduvex/moduvex-go/compat/nethttp/internal/exchange"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/reactor"
)

// inTask reports whether the request of c is for the exchange of tasks, and not for the engine.
func (c *conn) inTask() bool {
	s := c.server()
	return s.Exchange == Tasks && c.tls == nil && (c.kept.Load() || !s.prior || !bytes.HasPrefix(c.request.head, preface))
}

// serveInTask serves the request in a task on the worker of cx, and those that follow at once. It reports false if the
// connection has ended.
func (c *conn) serveInTask(cx *core.Context) bool {
	if !c.state.move(parked, queued) || !c.state.move(queued, served) {
		return false
	}
	s := c.server()
	if c.kept.Load() {
		s.resumes.Add(1)
	}
	c.home().put(c, amongServed)
	s.startSweep()
	executor.Do(cx, c.exchange)
	return true
}

// exchange is the body of the task that serves requests. However it ends, it closes the connection or parks it,
// unless a handler has hijacked it.
func (c *conn) exchange(co *coro.Co) error {
	next := exchange.Closed
	defer func() {
		switch next {
		case exchange.Idle:
			c.detach()
		case exchange.Closed:
			c.ended()
			_ = c.sock.Close()
			c.tellClosed()
		}
	}()
	s := c.server()
	link := exchange.Link{Context: c.ctx}
	conn := &taskConn{exchange.NewSocket(co, s.Runtime, c.sock.(exchange.Stream), c.changed), c}
	for {
		if link.Begun = c.since.time(); c.since != never {
			c.since = never
		}
		link.AfterPost = false // take has dropped the ends of lines
		next = exchange.Closed // also if the handler exits
		r := c.request
		c.request = nil
		next = exchange.Serve(co, conn, &link, &s.exchange, r.head)
		r.release()
		if next != exchange.Idle {
			return nil
		}
		if c.post = link.AfterPost; link.Dropped > 0 { // they count when the next request begins
			c.request = requests.Get().(*request)
			c.request.head = bytes.Repeat([]byte{'\n'}, link.Dropped)
		}
		if limit := s.idleTimeout(); limit > 0 {
			c.setReadDeadline(time.Now().Add(limit))
		}
		if !c.lingers() || !c.linger(co) {
			return nil
		}
	}
}

// linger waits for a further request, until the sweep ends that. It reports whether one is there whole. What else has come,
// such as a part of one, or the end of the stream, is for the parked connection.
func (c *conn) linger(co *coro.Co) (whole bool) {
	c.kept.Store(true)
	c.mu.Lock()
	c.settleDeadline()
	if c.lease == nil {
		c.lease = &lease{c: c}
	}
	l := c.lease
	c.mu.Unlock()
	for {
		buf := chunks.Get().(*chunk)
		n, ready, err := c.sock.PollRead(co.Context(), buf[:])
		if n > 0 {
			if !c.take(buf, n) {
				return false
			}
			c.prepare()
			return true
		}
		chunks.Put(buf)
		if ready && err != nil {
			return false
		}
		if !l.suspend(co) {
			c.brief = true
			return false
		}
	}
}

// suspend suspends the body of co until the socket may be read from. It reports false if the sweep, or an abort, ends that.
func (l *lease) suspend(co *coro.Co) bool {
	c, w := l.c, co.Context().Waker()
	c.mu.Lock()
	l.waker, l.waitBegan = w, c.server().sweeps.Load()
	c.mu.Unlock()
	err := co.Suspend()
	c.mu.Lock()
	waitEnded := l.waitEnded
	l.waker, l.waitEnded = nil, false
	c.mu.Unlock()
	if waitEnded || err != nil {
		c.sock.Unwait(w, reactor.Read)
	}
	return !waitEnded && err == nil
}

// changed follows what http.Server tells ConnState of.
func (c *conn) changed(state http.ConnState) {
	if state == http.StateHijacked {
		c.hijack()
	}
	if tell := c.server().connState; tell != nil {
		tell(c, state)
	}
}

// A taskConn is a connection for the exchange of tasks.
type taskConn struct {
	*exchange.Socket
	c *conn
}

// Free implements exchange.Conn. The Close of the connection that it returns takes it out of the limits.
func (t *taskConn) Free() net.Conn { return t.c.newLease() }

// idleTimeout is how long a connection may wait for a request.
func (s *Server) idleTimeout() time.Duration {
	if d := s.HTTP.IdleTimeout; d != 0 {
		return d
	}
	return s.HTTP.ReadTimeout
}
