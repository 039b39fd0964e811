package nethttp

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
)

// A feed is the net.Listener of the engine: it returns the connections whose requests have arrived. One goroutine calls
// Accept, that of http.Server.Serve.
type feed struct {
	s    *Server
	from net.Listener    // what the connections are accepted from
	ctx  context.Context // of its connections; set before ready

	mu    sync.Mutex
	queue []entry
	taken int   // how many of queue Accept has taken
	err   error // what Accept returns once the feed is closed

	lost atomic.Bool  // from is closed: it has failed, or the program has closed it. Set by serve, read by Close
	live atomic.Int64 // connections that are accepted and not closed, and one for the listener: the last leave ends the engine

	more  chan struct{} // of capacity 1: has a value if Accept may find more
	ready chan struct{} // closed by the first Accept: the engine is set up
	done  chan struct{} // closed once err is set
	begin sync.Once     // closes ready
}

// An entry is a connection for the engine: of this package, or one that it gets as it was accepted.
type entry struct {
	c   *conn
	raw net.Conn
}

func newFeed(s *Server, from net.Listener) *feed {
	f := &feed{s: s, from: from, more: make(chan struct{}, 1), ready: make(chan struct{}), done: make(chan struct{})}
	f.live.Store(1)
	return f
}

// push queues e for Accept. If the feed is closed, it closes the connection. Any goroutine.
func (f *feed) push(e entry) {
	f.mu.Lock()
	if f.err != nil {
		f.mu.Unlock()
		f.end(e)
		return
	}
	f.queue = append(f.queue, e)
	f.mu.Unlock()
	f.signal()
}

func (f *feed) end(e entry) {
	if e.c != nil {
		e.c.end(queued)
		return
	}
	_ = e.raw.Close()
	f.s.uncount(e.raw)
}

func (f *feed) signal() {
	select {
	case f.more <- struct{}{}:
	default:
	}
}

// Accept implements net.Listener.
func (f *feed) Accept() (net.Conn, error) {
	f.begin.Do(func() { close(f.ready) })
	for {
		e, ok, err := f.pop()
		switch {
		case err != nil:
			return nil, err
		case !ok:
			<-f.more
		case e.c == nil:
			return e.raw, nil
		default:
			if rwc := e.c.attach(); rwc != nil {
				return rwc, nil
			}
		}
	}
}

// pop returns the next connection; ok is false if there is none yet.
func (f *feed) pop() (e entry, ok bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil || f.taken == len(f.queue) {
		return entry{}, false, f.err
	}
	e = f.queue[f.taken]
	f.queue[f.taken] = entry{}
	if f.taken++; f.taken == len(f.queue) {
		f.queue, f.taken = f.queue[:0], 0
	}
	return e, true, nil
}

// fail closes the feed: Accept returns err from then on. It closes what is queued.
func (f *feed) fail(err error) {
	f.mu.Lock()
	if f.err != nil {
		f.mu.Unlock()
		return
	}
	f.err = err
	left := f.queue[f.taken:]
	f.queue, f.taken = nil, 0
	close(f.done)
	f.mu.Unlock()
	f.signal()
	for _, e := range left {
		f.end(e)
	}
}

// leave follows the end of a connection, or of the listener. After the last one, the engine has nothing more to accept.
func (f *feed) leave() {
	if f.live.Add(-1) == 0 {
		f.fail(net.ErrClosed)
	}
}

// stopped reports whether the feed is closed.
func (f *feed) stopped() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

// Close implements net.Listener: it closes what is queued, the listener, and what waits for a request. The engine calls it when it
// stops, possibly under its lock.
func (f *feed) Close() error {
	f.fail(net.ErrClosed)
	var err error
	if !f.lost.Load() {
		err = f.from.Close()
	}
	f.s.endWaiting(func(c *conn) bool { return c.feed == f })
	return err
}

// Addr implements net.Listener.
func (f *feed) Addr() net.Addr { return f.from.Addr() }
