package nethttp

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"runtime"
	"slices"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core"
)

// A tlsWire is the connection below TLS. It reads as a free connection does, or, while the gate reads, in poll style.
type tlsWire struct {
	net.Conn // a *stdnet.TCPConn or a *stdnet.UnixConn
	c        *conn
	sock     stdnet.Socket
	cx       *core.Context // of the poll in which the gate reads, else nil
}

// Read implements net.Conn.
func (w *tlsWire) Read(b []byte) (int, error) {
	if w.cx == nil {
		return w.Conn.Read(b)
	}
	n, ready, err := w.sock.PollRead(w.cx, b)
	if !ready {
		return 0, errWouldBlock
	}
	return n, err
}

// Close implements net.Conn.
func (w *tlsWire) Close() error {
	w.c.ended()
	return w.Conn.Close()
}

// errWouldBlock is the error of a Read in poll style whose bytes have not arrived. It is temporary, so the tls.Conn goes on
// with a later Read where this one has stopped.
var errWouldBlock error = wouldBlock{}

type wouldBlock struct{}

func (wouldBlock) Error() string   { return "nethttp: the read would block" }
func (wouldBlock) Timeout() bool   { return true }
func (wouldBlock) Temporary() bool { return true }

// beginHandshake starts the handshake, on a goroutine: the first bytes of it are there. It reports whether the connection
// goes on.
func (c *conn) beginHandshake() bool {
	if !c.state.move(gate, shaking) {
		return false
	}
	go c.shake()
	return true
}

// shake makes the handshake. What does not speak HTTP/1 after it, or has failed, is the engine's, which then does what it
// does with every *tls.Conn.
func (c *conn) shake() {
	defer func() {
		if v := recover(); v != nil { // of a function in the tls.Config
			stack := make([]byte, 64<<10)
			c.s.logf("http: panic serving %v: %v\n%s", c.RemoteAddr(), v, stack[:runtime.Stack(stack, false)])
			c.end(shaking)
		}
	}()
	err := c.tls.HandshakeContext(context.WithValue(c.ctx, http.LocalAddrContextKey, c.LocalAddr()))
	_ = c.SetDeadline(time.Time{})
	if proto := c.tls.ConnectionState().NegotiatedProtocol; err != nil || proto != "" && proto != "http/1.1" && proto != "http/1.0" {
		if c.state.move(shaking, queued) {
			c.feed.push(entry{c: c})
		}
		return
	}
	c.shaken = true
	c.setReadDeadline(after(time.Now(), c.s.headerTimeout()))
	if !c.state.move(shaking, gate) {
		return
	}
	if c.gone.Load() || c.feed.stopped() { // as in detach
		c.end(gate)
		return
	}
	c.wake()
}

// logHandshake logs the end of a connection before its handshake, as net/http does.
func (s *Server) logHandshake(c *conn, err error) {
	s.logf("http: TLS handshake error from %s: %v", c.RemoteAddr(), err)
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
