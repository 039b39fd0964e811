package reactortest

import (
	"io"
	"sync"
	"syscall"

	"github.com/moduvex/moduvex-go/reactor"
)

// pipeRoom is how many bytes an end of a fake pair can hold. It is small, so that filling it is cheap.
const pipeRoom = 4096

// Pair returns the two ends of a connection in memory, with descriptors of their own. The Fake reports these as a
// system reports sockets.
func (f *Fake) Pair() (a, b Stream) {
	f.mu.Lock()
	fd := f.nextFD
	f.nextFD += 2
	f.mu.Unlock()
	c := &fakeConn{fake: f}
	for i := range c.ends {
		c.ends[i] = fakeEnd{conn: c, side: i, fd: fd + uintptr(i)}
	}
	c.update()
	return &c.ends[0], &c.ends[1]
}

type fakeConn struct {
	fake *Fake
	mu   sync.Mutex // before Fake.mu
	ends [2]fakeEnd
}

type fakeEnd struct {
	conn *fakeConn
	side int
	fd   uintptr

	in          []byte // not yet read
	writeClosed bool
	closed      bool
}

func (e *fakeEnd) peer() *fakeEnd { return &e.conn.ends[1-e.side] }

// ready returns the conditions that hold of e. Under conn.mu.
func (e *fakeEnd) ready() reactor.Readiness {
	p := e.peer()
	var r reactor.Readiness
	if e.closed {
		return 0
	}
	if len(e.in) != 0 {
		r |= reactor.ReadReady
	}
	if p.writeClosed {
		r |= reactor.ReadReady | reactor.ReadClosed
	}
	if p.closed || len(p.in) < pipeRoom {
		r |= reactor.WriteReady
	}
	if p.closed || p.writeClosed && e.writeClosed {
		r |= reactor.ReadClosed | reactor.WriteClosed
	}
	return r
}

// update sets the conditions of e in the Fake. Under conn.mu, or before the pair is returned.
func (c *fakeConn) update() {
	for i := range c.ends {
		e := &c.ends[i]
		c.fake.Set(e.fd, e.ready())
	}
}

// FD implements [Stream].
func (e *fakeEnd) FD() uintptr { return e.fd }

// Read implements [Stream].
func (e *fakeEnd) Read(b []byte) (int, error) {
	e.conn.mu.Lock()
	defer e.conn.mu.Unlock()
	switch {
	case e.closed:
		return 0, reactor.ErrClosed
	case len(e.in) != 0:
		n := copy(b, e.in)
		e.in = e.in[n:]
		e.conn.update()
		return n, nil
	case e.peer().writeClosed:
		return 0, io.EOF
	}
	return 0, ErrWouldBlock
}

// Write implements [Stream].
func (e *fakeEnd) Write(b []byte) (int, error) {
	e.conn.mu.Lock()
	defer e.conn.mu.Unlock()
	p := e.peer()
	room := pipeRoom - len(p.in)
	switch {
	case e.closed || e.writeClosed:
		return 0, reactor.ErrClosed
	case p.closed:
		return 0, syscall.EPIPE
	case room == 0:
		return 0, ErrWouldBlock
	}
	n := min(room, len(b))
	p.in = append(p.in, b[:n]...)
	e.conn.update()
	e.conn.fake.Fire(p.fd, reactor.ReadReady) // more bytes are an edge, also on top of others
	return n, nil
}

// CloseWrite implements [Stream].
func (e *fakeEnd) CloseWrite() error {
	e.conn.mu.Lock()
	defer e.conn.mu.Unlock()
	e.writeClosed = true
	e.conn.update()
	return nil
}

// Close implements [Stream].
func (e *fakeEnd) Close() error {
	e.conn.mu.Lock()
	defer e.conn.mu.Unlock()
	e.writeClosed, e.closed = true, true
	e.conn.update()
	return nil
}
