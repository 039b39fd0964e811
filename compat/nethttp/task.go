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
)

// inTask reports whether the request of c is for the exchange of tasks, and not for the engine.
func (c *conn) inTask() bool {
	s := c.server()
	return s.Exchange == Tasks && c.tls == nil && (c.kept.Load() || !s.prior || !bytes.HasPrefix(c.request.head, preface))
}

// serveInTask serves the request in a task on the worker of cx, and those that follow at once. It reports false if the
// connection has ended.
func (c *conn) serveInTask(cx *core.Context) bool {
	if !c.state.move(gate, queued) || !c.state.move(queued, served) {
		return false
	}
	s := c.server()
	if c.kept.Load() {
		s.resumes.Add(1)
	}
	c.home().put(c, amongServed)
	executor.Do(cx, c.exchange)
	return true
}

// exchange is the body of the task that serves requests. However it ends, it owes the connection an end, or the gate.
func (c *conn) exchange(co *coro.Co) error {
	next := exchange.Closed
	defer func() {
		switch next {
		case exchange.Idle:
			c.setReadDeadline(after(time.Now(), c.server().idleTimeout()))
			c.detach()
		case exchange.Closed:
			c.ended()
			_ = c.sock.Close()
			c.tellClosed()
		}
	}()
	r := c.request
	c.request = nil
	defer r.release()
	link := exchange.Link{Context: c.ctx, Begun: c.since.time()}
	c.since = never
	next = exchange.Serve(co, &taskConn{exchange.NewSocket(co, c.server().Runtime, c.sock.(exchange.Stream), c.changed), c}, &link, &c.server().exchange, r.head)
	return nil
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

// Free implements exchange.Conn. The connection that it returns leaves the books of the server when it is closed.
func (t *taskConn) Free() net.Conn { return t.c.newStay() }

// idleTimeout is how long a connection may wait for a request.
func (s *Server) idleTimeout() time.Duration {
	if d := s.HTTP.IdleTimeout; d != 0 {
		return d
	}
	return s.HTTP.ReadTimeout
}
