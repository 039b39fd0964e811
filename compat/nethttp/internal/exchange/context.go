package exchange

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// A requestContext is the context of a request. It ends with the task, with Link.Context, when the peer disconnects, and at
// the end of the handler.
//
// Most handlers never ask when it ends. So it is a value of its own, and makes what that needs at the first such call: an inner
// context of package context, derived from the Co, and the watch of the connection. Package context registers a context that is
// derived from this one with the inner one, since Done and Value are those of the inner one; that costs no goroutine.
type requestContext struct {
	e    *exchange
	base context.Context
	conn Conn

	mu       sync.Mutex
	local    net.Addr
	inner    context.Context // nil before the first call that needs it
	cancel   context.CancelCauseFunc
	stopBase func() bool
	notify   chan bool // of CloseNotify
	gone     bool      // the peer has disconnected
	ended    bool      // the handler has
	watch    watch
}

var _ context.Context = (*requestContext)(nil)

func (c *requestContext) init(e *exchange) {
	c.e, c.conn, c.gone = e, e.s.conn, e.s.link.gone
	c.watch.co = e.s.co
	c.watch.rt = e.s.cfg.Runtime
	if c.base = e.s.link.Context; c.base == nil {
		c.base = context.Background()
	}
	c.watch.server = e.s.cfg.Server
}

// Deadline implements context.Context.
func (c *requestContext) Deadline() (deadline time.Time, ok bool) {
	deadline, ok = c.base.Deadline()
	if d, has := c.watch.co.Deadline(); has && (!ok || d.Before(deadline)) {
		return d, true
	}
	return deadline, ok
}

// Done implements context.Context.
func (c *requestContext) Done() <-chan struct{} { return c.asked().Done() }

// Err implements context.Context.
func (c *requestContext) Err() error {
	inner := c.asked()
	if inner.Err() == nil { // package context reports the ends of others on a goroutine
		if cause := c.watch.co.Cause(); cause != nil {
			c.cancel(cause)
		} else if c.base.Err() != nil {
			c.cancel(context.Cause(c.base))
		}
	}
	return inner.Err()
}

// Value implements context.Context.
func (c *requestContext) Value(key any) any {
	switch key {
	case coKey{}:
		return c.watch.co
	case http.ServerContextKey:
		return c.watch.server
	case http.LocalAddrContextKey:
		return c.localAddr()
	}
	c.mu.Lock()
	inner := c.inner
	c.mu.Unlock()
	if inner == nil {
		inner = c.watch.co
	}
	if v := inner.Value(key); v != nil {
		return v
	}
	return c.base.Value(key)
}

// localAddr asks the system once.
func (c *requestContext) localAddr() any {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.local == nil {
		c.local = c.conn.LocalAddr()
	}
	return c.local
}

// asked returns the inner context.
func (c *requestContext) asked() context.Context {
	c.mu.Lock()
	inner := c.inner
	if inner == nil {
		parent := context.Context(c.watch.co)
		if c.ended { // else the cause could be the end of the body
			parent = context.Background()
		}
		inner, c.cancel = context.WithCancelCause(parent)
		c.inner = inner
		if c.base.Done() != nil {
			c.stopBase = context.AfterFunc(c.base, func() { c.cancel(context.Cause(c.base)) })
		}
		if c.gone || c.ended {
			c.cancel(context.Canceled)
		}
	}
	end := c.watchFor()
	c.mu.Unlock()
	end.run()
	return inner
}

// closeNotify returns the channel of CloseNotify.
func (c *requestContext) closeNotify() <-chan bool {
	c.mu.Lock()
	if c.notify == nil {
		c.notify = make(chan bool, 1)
		if c.gone {
			c.notify <- true
		}
	}
	end := c.watchFor()
	c.mu.Unlock()
	end.run()
	return c.notify
}

// disconnect ends the context because the peer has gone. Any goroutine.
func (c *requestContext) disconnect() {
	c.mu.Lock()
	end := c.goneNow()
	c.mu.Unlock()
	end.run()
}

// goneNow notes that the peer has gone, and returns what is to be called without the lock.
func (c *requestContext) goneNow() ending {
	if c.gone {
		return ending{}
	}
	c.gone = true
	if c.notify != nil {
		c.notify <- true
	}
	return ending{c.cancel}
}

// An ending is a call that ends a context, or none. It is made without the lock: it runs code of package context.
type ending struct{ cancel context.CancelCauseFunc }

func (e ending) run() {
	if e.cancel != nil {
		e.cancel(context.Canceled)
	}
}

// end is called when the handler has returned.
func (c *requestContext) end() {
	c.mu.Lock()
	c.ended = true
	cancel, stop := c.cancel, c.stopBase
	c.mu.Unlock()
	if stop != nil {
		stop()
	}
	ending{cancel}.run()
}
