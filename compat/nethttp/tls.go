package nethttp

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"runtime"
	"slices"
	"time"

	"github.com/moduvex/moduvex-go/core"
)

// A tlsWire is TLS over a socket. Reads of the socket wait as those of a free connection, except
//
//   - those of a parked connection, which are in poll style; and
//   - those of a lease that waits for a further request, which the sweep ends.
type tlsWire struct {
	conn *tls.Conn
	wire net.Conn // a *stdnet.TCPConn or a *stdnet.UnixConn
	c    *conn

	cx    *core.Context // of the poll in which a parked connection reads, else nil
	lease *lease        // that waits, else nil
}

func newTLS(c *conn, wire net.Conn, config *tls.Config) *tlsWire {
	w := &tlsWire{c: c, wire: wire}
	w.conn = tls.Server(belowTLS{Conn: wire, tlsWire: w}, config)
	return w
}

// pollRead reads into b what is there, in poll style.
func (w *tlsWire) pollRead(cx *core.Context, b []byte) (n int, ready bool, err error) {
	w.cx = cx
	n, err = w.conn.Read(b)
	w.cx = nil
	if n == 0 && err == errWouldBlock {
		return 0, false, nil
	}
	return n, true, err
}

// await reads into b, and returns errWouldBlock if the sweep ends that.
func (w *tlsWire) await(s *lease, b []byte) (int, error) {
	w.lease = s
	defer func() { w.lease = nil }()
	n, err := w.conn.Read(b)
	if n > 0 && err == errWouldBlock {
		err = nil // a part of an alert is behind what was read
	}
	return n, err
}

// belowTLS is the connection below the tls.Conn of a tlsWire.
type belowTLS struct {
	net.Conn
	*tlsWire
}

// Read implements net.Conn.
func (b belowTLS) Read(p []byte) (int, error) {
	switch {
	case b.cx != nil:
		n, ready, err := b.c.sock.PollRead(b.cx, p)
		if !ready {
			return 0, errWouldBlock
		}
		return n, err
	case b.lease != nil:
		return b.lease.pollRead(p)
	}
	return b.Conn.Read(p)
}

// Close implements net.Conn.
func (b belowTLS) Close() error {
	b.c.ended()
	return b.Conn.Close()
}

// NetConn returns the *stdnet.TCPConn or *stdnet.UnixConn.
func (b belowTLS) NetConn() net.Conn { return b.Conn }

// errWouldBlock is the error of a Read in poll style whose bytes have not arrived. It is temporary, so the tls.Conn goes on
// with a later Read where this one has stopped.
var errWouldBlock error = wouldBlock{}

type wouldBlock struct{}

func (wouldBlock) Error() string   { return "nethttp: the read would block" }
func (wouldBlock) Timeout() bool   { return true }
func (wouldBlock) Temporary() bool { return true }

// awaitHello waits for the first bytes of a handshake, which is then made on a goroutine. It is a part of collect.
func (c *conn) awaitHello(cx *core.Context) (ended bool) {
	ready, err := c.sock.PollReadable(cx)
	switch {
	case !ready:
		return false
	case err != nil:
		c.server().logf("http: TLS handshake error from %s: %v", c.RemoteAddr(), err) // as net/http does
		c.end(parked)
		return true
	case !c.state.move(parked, handshaking):
		return true
	}
	go c.handshake()
	return false
}

// handshake makes the handshake. What does not speak HTTP/1 after it, or has failed, is the engine's, which then does what it
// does with every *tls.Conn.
func (c *conn) handshake() {
	t := c.tls.conn
	defer func() {
		if v := recover(); v != nil { // of a function in the tls.Config
			if v != http.ErrAbortHandler {
				stack := make([]byte, 64<<10)
				c.server().logf("http: panic serving %v: %v\n%s", c.RemoteAddr(), v, stack[:runtime.Stack(stack, false)])
			}
			c.end(handshaking)
		}
	}()
	err := t.HandshakeContext(context.WithValue(c.ctx, http.LocalAddrContextKey, c.LocalAddr()))
	_ = c.SetDeadline(time.Time{})
	c.since = never
	if proto := t.ConnectionState().NegotiatedProtocol; err != nil || proto != "" && proto != "http/1.1" && proto != "http/1.0" {
		if c.state.move(handshaking, queued) {
			c.feed.push(entry{c: c})
		}
		return
	}
	c.handshakeDone = true
	now := time.Now()
	if c.server().HTTP.ReadTimeout > 0 {
		c.since = momentOf(now)
	}
	c.setReadDeadline(after(now, c.server().headerTimeout()))
	if !c.state.move(handshaking, parked) {
		return
	}
	if c.gone.Load() || c.feed.stopped() { // as in detach
		c.end(parked)
		return
	}
	c.wake()
}

// handshakeTimeout is how long a handshake may take, as in net/http.
func (s *Server) handshakeTimeout() (d time.Duration) {
	for _, limit := range []time.Duration{s.HTTP.ReadHeaderTimeout, s.HTTP.ReadTimeout, s.HTTP.WriteTimeout} {
		if limit > 0 && (d == 0 || limit < d) {
			d = limit
		}
	}
	return d
}

// tlsConfig returns the configuration for ServeTLS, as net/http makes it. It prepares the engine for HTTP/2, which it sets
// up when it begins to serve.
func (s *Server) tlsConfig(certFile, keyFile string) (*tls.Config, error) {
	s.setup.Lock()
	defer s.setup.Unlock()
	http1, http2 := s.protocols()
	if s.HTTP.TLSConfig == nil {
		s.HTTP.TLSConfig = &tls.Config{}
	}
	config := s.HTTP.TLSConfig.Clone()
	config.NextProtos = nextProtos(config.NextProtos, http1, http2)
	if http2 && !slices.Contains(s.HTTP.TLSConfig.NextProtos, "h2") {
		s.HTTP.TLSConfig.NextProtos = append(slices.Clip(s.HTTP.TLSConfig.NextProtos), "h2")
	}
	if len(config.Certificates) > 0 || config.GetCertificate != nil || config.GetConfigForClient != nil {
		if certFile == "" && keyFile == "" {
			return config, nil
		}
	}
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, err
	}
	config.Certificates = []tls.Certificate{cert}
	return config, nil
}

// protocols returns what the engine speaks over TLS.
func (s *Server) protocols() (http1, http2 bool) {
	if p := s.HTTP.Protocols; p != nil {
		return p.HTTP1(), p.HTTP2()
	}
	_, h2 := s.HTTP.TLSNextProto["h2"]
	return true, s.HTTP.TLSNextProto == nil || h2
}

// nextProtos returns have with what the engine speaks, and without what it does not.
func nextProtos(have []string, http1, http2 bool) []string {
	speaks := map[string]bool{"http/1.1": http1, "h2": http2}
	var all []string
	for _, p := range have {
		if on, known := speaks[p]; !known || on {
			all = append(all, p)
		}
	}
	for _, p := range []string{"h2", "http/1.1"} {
		if speaks[p] && !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all
}
