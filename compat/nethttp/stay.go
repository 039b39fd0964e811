package nethttp

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
)

// A stay is a connection while the engine has it: from the arrival of a request until the engine has waited for a further
// one as long as it may. Then Read returns io.EOF, and the Close that follows detaches instead of closing.
//
// # When a stay may end
//
// Never while the engine holds bytes of a request. It holds none if it has called
//
//  1. ConnState with StateIdle; and then
//  2. SetReadDeadline, once: for the wait. It calls it again when four bytes are there; and then
//  3. Read with room for all that its bufio.Reader holds. There is less room if that holds one to three bytes.
//
// What Read returns after that is part of a request, until (1) comes again. A version of net/http that calls these in
// another way keeps its connections, and a test fails.
type stay struct {
	c        *conn
	phase    atomic.Uint32
	ending   atomic.Bool // Read has ended the stay
	detached atomic.Bool // Close has
	http2    bool        // the stay does not end

	// late is how long the first request has been on its way. It counts in the ReadTimeout.
	late time.Duration

	// The rest is under the mu of c.

	hasHead atomic.Bool // also read without the lock
	head    []byte      // what the gate has read, and Read has not returned
	chunk   *chunk      // where head is, or nil
	reading bool        // the engine waits in Read, since
	epoch   uint32      // this sweep
	kicked  bool        // the sweep has ended the wait: the deadline of the wire is in the past
}

// The phases of a stay: busy, (1) has come, (2) has come.
const (
	busy uint32 = iota
	idle
	waiting
)

// room is what the bufio.Reader of the engine holds.
var room = bufio.NewReader(nil).Size()

// newStay makes the net.Conn for the engine of c, which is served. A handshake that the gate could not make is the engine's.
func (c *conn) newStay() net.Conn {
	if c.tls != nil && !c.shaken {
		return c.tls
	}
	var rwc net.Conn
	var s *stay
	if c.tls != nil {
		t := &tlsStay{tlsMethods: tlsMethods{c.tls}}
		rwc, s = t, &t.stay
	} else if w, ok := c.wire.(*stdnet.TCPConn); ok {
		t := &tcpStay{tcpMethods: tcpMethods{w}}
		rwc, s = t, &t.stay
	} else {
		t := &unixStay{unixMethods: unixMethods{c.wire.(*stdnet.UnixConn)}}
		rwc, s = t, &t.stay
	}
	s.c = c
	s.http2 = !c.kept.Load() && bytes.HasPrefix(c.head, preface)
	if c.s.HTTP.ReadTimeout > 0 {
		s.late = time.Since(c.since)
	}
	s.head, s.chunk = c.head, c.chunk
	s.hasHead.Store(len(c.head) != 0)
	c.head, c.chunk = nil, nil
	c.mu.Lock()
	c.stay = s
	c.mu.Unlock()
	return rwc
}

// Read implements net.Conn.
func (s *stay) Read(b []byte) (int, error) {
	if s.hasHead.Load() && len(b) != 0 {
		return s.takeHead(b), nil
	}
	if len(b) == room && s.phase.Load() == waiting {
		return s.await(b)
	}
	n, err := s.c.transport().Read(b)
	if n > 0 && s.phase.Load() != busy {
		s.phase.Store(busy)
	}
	return n, err
}

func (s *stay) takeHead(b []byte) int {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	n := copy(b, s.head)
	s.head = s.head[n:]
	if len(s.head) == 0 {
		s.hasHead.Store(false)
		s.head = nil
		if s.chunk != nil {
			chunks.Put(s.chunk)
			s.chunk = nil
		}
	}
	return n
}

// await is Read while the engine waits for a further request.
func (s *stay) await(b []byte) (int, error) {
	c := s.c
	if c.s.Linger < 0 {
		return s.endRead()
	}
	c.mu.Lock()
	s.reading, s.epoch = true, c.s.sweeps.Load()
	c.mu.Unlock()
	n, err := c.transport().Read(b)
	c.mu.Lock()
	kicked := s.kicked
	s.reading, s.kicked = false, false
	if kicked {
		_ = c.wire.SetReadDeadline(c.readDeadline)
	}
	due := !c.readDeadline.IsZero() && !time.Now().Before(c.readDeadline)
	c.mu.Unlock()
	if n == 0 && kicked && !due && errors.Is(err, os.ErrDeadlineExceeded) {
		return s.endRead()
	}
	s.phase.Store(busy)
	return n, err
}

func (s *stay) endRead() (int, error) {
	s.ending.Store(true)
	return 0, io.EOF
}

// kick ends the wait of the engine if that has begun before the sweep since. Under the mu of c.
func (s *stay) kick(since uint32) {
	if s.reading && !s.kicked && int32(since-s.epoch) > 0 {
		s.kicked = true
		_ = s.c.wire.SetReadDeadline(longAgo)
	}
}

var longAgo = time.Unix(1, 0)

// Close implements net.Conn. The engine calls it, or a handler that has hijacked the connection; at the end of a stay it
// detaches.
func (s *stay) Close() error {
	if !s.ending.Load() {
		return s.c.closeServed()
	}
	if !s.detached.Swap(true) {
		s.c.detach()
	}
	return nil
}

// SetReadDeadline implements net.Conn.
func (s *stay) SetReadDeadline(t time.Time) error {
	switch s.phase.Load() {
	case idle:
		s.phase.Store(waiting)
	case waiting:
		s.phase.Store(busy)
	}
	if s.late != 0 && !t.IsZero() {
		t = t.Add(-s.late)
	}
	return s.c.setReadDeadline(t)
}

// SetWriteDeadline implements net.Conn.
func (s *stay) SetWriteDeadline(t time.Time) error { return s.c.SetWriteDeadline(t) }

// SetDeadline implements net.Conn.
func (s *stay) SetDeadline(t time.Time) error {
	if err := s.SetReadDeadline(t); err != nil {
		return err
	}
	return s.SetWriteDeadline(t)
}

// entered tells s of a state that the engine tells ConnState of.
func (s *stay) entered(active bool) {
	s.late = 0
	if active || s.http2 {
		s.phase.Store(busy)
	} else {
		s.phase.Store(idle)
	}
}

// The methods of the connection below that a stay does not replace are those of the connection. One more level of embedding
// gives the stay's own precedence.
type (
	tcpMethods  struct{ *stdnet.TCPConn }
	unixMethods struct{ *stdnet.UnixConn }
	tlsMethods  struct{ *tls.Conn }
)

type tcpStay struct {
	stay
	tcpMethods
}

type unixStay struct {
	stay
	unixMethods
}

type tlsStay struct {
	stay
	tlsMethods
}

// WriteTo implements io.WriterTo: what the gate has read comes first.
func (s *tcpStay) WriteTo(w io.Writer) (n int64, err error) {
	for s.hasHead.Load() {
		var b [chunkSize]byte
		m, err := w.Write(b[:s.takeHead(b[:])])
		n += int64(m)
		if err != nil {
			return n, err
		}
	}
	m, err := s.TCPConn.WriteTo(w)
	return n + m, err
}

// stayOf returns the connection that the engine's nc is, and its stay if it has one. Both are nil for a connection that the
// engine got as it was accepted.
func stayOf(nc net.Conn) (*conn, *stay) {
	switch nc := nc.(type) {
	case *tcpStay:
		return nc.c, &nc.stay
	case *unixStay:
		return nc.c, &nc.stay
	case *tlsStay:
		return nc.c, &nc.stay
	case *tls.Conn:
		if w, ok := nc.NetConn().(*tlsWire); ok {
			return w.c, nil
		}
	}
	return nil, nil
}
