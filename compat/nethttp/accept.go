package nethttp

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/executor/net/unix"
)

// accept accepts connections for f until its listener fails or is closed.
func (s *Server) accept(f *feed, config *tls.Config) error {
	var pause time.Duration
	for {
		if !s.limits.acquire(f.done) {
			return net.ErrClosed
		}
		rw, err := f.from.Accept()
		if err == nil {
			pause = 0
			s.admit(f, rw, config)
			continue
		}
		s.limits.release()
		if !temporary(err) || f.stopped() {
			return err
		}
		pause = min(max(2*pause, 5*time.Millisecond), time.Second) // as net/http does
		s.logf("http: Accept error: %v; retrying in %v", err, pause)
		select {
		case <-time.After(pause):
		case <-f.done:
		}
	}
}

// temporary reports whether an accept may succeed later, such as when descriptors have been closed.
func temporary(err error) bool {
	t, ok := err.(interface{ Temporary() bool })
	return ok && t.Temporary()
}

// admit takes over rw, which has a slot.
func (s *Server) admit(f *feed, rw net.Conn, config *tls.Config) {
	s.accepted.Add(1)
	if !s.limits.enter(rw.RemoteAddr()) {
		s.refused.Add(1)
		_ = rw.Close()
		s.limits.release()
		return
	}
	sock := s.adopt(rw)
	if sock == nil {
		rw = s.counted(rw)
		if config != nil {
			rw = tls.Server(rw, config)
		}
		f.push(entry{raw: rw})
		return
	}
	f.live.Add(1)
	worker := int(s.next.Add(1) % uint32(len(s.shards))) // a stdnet.Listener counts with Runtime.NextWorker, too
	c := &conn{feed: f, sock: sock, ctx: f.ctx, shard: uint16(worker), brief: true}
	timeout := s.headerTimeout()
	if config != nil {
		c.tls = newTLS(c, stdnet.Free(s.Runtime, sock), config)
		timeout = s.handshakeTimeout()
	}
	if timeout > 0 || s.HTTP.ReadTimeout > 0 {
		now := time.Now()
		c.since = momentOf(now)
		c.setReadDeadline(after(now, timeout))
		if config != nil && timeout > 0 {
			_ = c.SetWriteDeadline(now.Add(timeout))
		}
	}
	if s.connContext != nil {
		if c.ctx = s.connContext(f.ctx, c); c.ctx == nil {
			panic("nethttp: ConnContext returned nil")
		}
	}
	if s.connState != nil {
		s.connState(c, http.StateNew) // before another goroutine can find c, and close it
	}
	c.home().put(c, amongWaiting)
	executor.Spawn[struct{}](s.spawners[worker], c)
	if f.stopped() { // as in detach
		c.end(parked)
	}
}

// adopt returns the socket of rw, or nil if rw is none of a type that it knows.
func (s *Server) adopt(rw net.Conn) stdnet.Socket {
	switch c := rw.(type) {
	case *stdnet.TCPConn, *stdnet.UnixConn:
		return stdnet.SocketOf(c)
	case *net.TCPConn:
		if sock, err := tcp.FromConn(c); err == nil {
			return sock
		}
	case *net.UnixConn:
		if sock, err := unix.FromConn(c); err == nil {
			return sock
		}
	}
	return nil
}

// counted has rw, of a foreign type, leave the limits when it is closed. A *tls.Conn is left as it is, since the engine must see
// that it is one: uncount follows its end.
func (s *Server) counted(rw net.Conn) net.Conn {
	if s.limits.slots == nil && s.limits.perAddr <= 0 {
		return rw
	}
	if _, ok := rw.(*tls.Conn); ok {
		s.countedTLS.Store(rw, nil)
		return rw
	}
	return &countedConn{Conn: rw, of: &s.limits}
}

// uncount has rw leave the limits if it is a *tls.Conn that has entered them.
func (s *Server) uncount(rw net.Conn) {
	if _, ok := s.countedTLS.LoadAndDelete(rw); ok {
		s.limits.leave(rw.RemoteAddr())
	}
}

// A countedConn is a connection of a foreign type that counts in the limits.
type countedConn struct {
	net.Conn
	of   *limits
	once sync.Once
}

// Close implements net.Conn.
func (c *countedConn) Close() error {
	c.once.Do(func() { c.of.leave(c.RemoteAddr()) })
	return c.Conn.Close()
}
