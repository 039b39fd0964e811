package nethttp

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync"
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

	hasHead  atomic.Bool // also read without the lock
	head     []byte      // what the gate has read, and Read has not returned
	chunk    *chunk      // where head is, or nil
	awaiting bool        // the engine waits for a further request
	watching bool        // a Read of one byte has not begun
	epoch    uint32      // the sweep in which either has begun
	kicked   bool        // the sweep has ended the wait: the deadline of the wire is in the past
	changed  sync.Cond   // of a Read of one byte
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
	s.changed.L = &c.mu
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
	switch {
	case s.hasHead.Load() && len(b) != 0:
		return s.takeHead(b), nil
	case len(b) == room && s.phase.Load() == waiting:
		return s.await(b)
	case len(b) == 1 && !s.watch():
		return 0, os.ErrDeadlineExceeded
	}
	s.c.mu.Lock()
	s.c.beginRead()
	s.c.mu.Unlock()
	n, err := s.c.transport().Read(b)
	s.c.mu.Lock()
	s.c.reads--
	s.c.mu.Unlock()
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

// watch holds back a Read of one byte. The engine makes one while a handler runs, to learn of a disconnect, and ends it with a
// deadline when the handler returns. A short handler is done before the sweep comes by, and its connection has not been read
// from at all. watch reports false if the deadline ends the Read.
func (s *stay) watch() bool {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	s.watching, s.epoch = true, c.s.sweeps.Load()
	for s.watching && !c.readDeadline.Equal(longAgo) && c.state.load() == served {
		s.changed.Wait()
	}
	s.watching = false
	return !c.readDeadline.Equal(longAgo)
}

// await is Read while the engine waits for a further request.
func (s *stay) await(b []byte) (int, error) {
	c := s.c
	if c.s.Linger < 0 {
		return s.endRead()
	}
	c.mu.Lock()
	c.beginRead()
	s.awaiting, s.epoch = true, c.s.sweeps.Load()
	c.mu.Unlock()
	n, err := c.transport().Read(b)
	c.mu.Lock()
	c.reads--
	kicked := s.kicked
	s.awaiting, s.kicked = false, false
	due := kicked && !c.readDeadline.IsZero() && !time.Now().Before(c.readDeadline)
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

// kick ends a wait of the engine, and begins a Read of one byte, if they are older than the sweep since. Under the mu of c.
func (s *stay) kick(since uint32) {
	switch {
	case int32(since-s.epoch) <= 0:
	case s.watching:
		s.watching = false
		s.changed.Signal()
	case s.awaiting && !s.kicked && s.c.s.Linger >= 0:
		s.kicked = true
		s.c.setWireDeadline(longAgo)
	}
}

// longAgo is the deadline with which the engine ends a Read of one byte.
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
	return s.c.SetReadDeadline(t)
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
