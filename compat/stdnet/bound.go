package stdnet

import (
	"net"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/compat/internal/goroutine"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/stream"
)

// A Stream is what [Bind] makes a net.Conn of: a *tcp.Stream, a *unix.Stream, or a type of a program. Read and Write
// follow the rules of package io, and may suspend the body of co; Write writes all, or fails. Any goroutine may call the
// other methods.
type Stream interface {
	stream.Reader
	stream.Writer
	Close() error
	LocalAddr() net.Addr
	RemoteAddr() net.Addr
	SetDeadline(t time.Time) error
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
}

// Bind returns a net.Conn over s for the body of co: its Read and Write suspend that body. It is for code that knows
// only package net, and stays on the goroutine that calls it: bufio, net/textproto, crypto/tls, http.ReadRequest. s
// remains usable; a body that wants a connection which another one has bound binds it for itself.
//
// Only the body of co may call Bind, Read, Write, ReadFrom, WriteTo and WriteBuffers: on its goroutine, or in an iterator
// that it drives through iter.Pull. Elsewhere, and once the body has ended, the latter return a *net.OpError that wraps
// [ErrForeign]. Any goroutine may call the other methods, so that one may close the connection, or set deadlines, while
// the body is suspended.
//
// For awaits all Cos of a body are equal. So a connection that is bound with the Co of the whole body observes each
// scope that the body is in: after the deadline of a coro.WithTimeout, Read and Write fail with an error whose Timeout
// method returns true, and after an abort of the task with one that wraps core.ErrCancelled. The errors are those of s:
// a *net.OpError, or io.EOF as it is. They also fail at once in deferred functions: clean-up that writes, such as the
// Close of a tls.Conn, calls coro.Shield.
//
// The result has the methods ReadFrom and WriteTo, which io.Copy uses: between two connections of one body they are
// stream.Copy, which moves bulk data in the kernel where the system can do that, and from a file they are SendFile of
// the stream. It has CloseWrite if s has it. If s is a *tcp.Stream or a *unix.Stream, or has all the methods of those that
// are named here, it also has
//
//   - CloseRead;
//   - WriteBuffers(bufs *net.Buffers) (n int64, err error), which writes all of bufs in few system calls. The WriteTo of
//     net.Buffers does so only for the connections of package net, and calls Write for each buffer of others;
//   - SyscallConn, whose RawConn suspends the body where one of package net blocks the goroutine.
//
// [StreamOf] returns s. Bind is one allocation.
func Bind(co *coro.Co, s Stream) net.Conn {
	if co == nil {
		panic("stdnet: Bind with a nil Co")
	}
	if s == nil {
		panic("stdnet: Bind with a nil Stream")
	}
	switch s := s.(type) {
	case socket:
		c := &boundSocket{}
		c.init(co, s)
		return c
	case stream.Duplex:
		c := &boundDuplex{}
		c.init(co, s.(Stream))
		return c
	}
	c := &boundConn{}
	c.init(co, s)
	return c
}

// A boundConn is a connection that is bound to a body, over any stream.
type boundConn struct {
	s    Stream
	co   *coro.Co
	uses coro.UseCheck
	sign atomic.Uintptr // that of the body's goroutine, or 0 as long as it is not known: see owned
}

var _ net.Conn = (*boundConn)(nil)

func (c *boundConn) init(co *coro.Co, s Stream) {
	c.s, c.co = s, co
	if c.uses.Init(co) == coro.TheBody {
		c.sign.Store(goroutine.Sign())
	}
}

// Read reads up to len(b) bytes, and suspends the body if there are none.
func (c *boundConn) Read(b []byte) (int, error) {
	if !c.owned() {
		return 0, c.foreign("read")
	}
	return c.s.Read(c.co, b)
}

// Write writes all of b, and suspends the body whenever there is no room.
func (c *boundConn) Write(b []byte) (int, error) {
	if !c.owned() {
		return 0, c.foreign("write")
	}
	return c.s.Write(c.co, b)
}

// Close closes the stream.
func (c *boundConn) Close() error { return c.s.Close() }

// LocalAddr returns the address of this end.
func (c *boundConn) LocalAddr() net.Addr { return c.s.LocalAddr() }

// RemoteAddr returns the address of the peer.
func (c *boundConn) RemoteAddr() net.Addr { return c.s.RemoteAddr() }

// SetDeadline sets both deadlines of the stream.
func (c *boundConn) SetDeadline(t time.Time) error { return c.s.SetDeadline(t) }

// SetReadDeadline sets when reads of the stream fail.
func (c *boundConn) SetReadDeadline(t time.Time) error { return c.s.SetReadDeadline(t) }

// SetWriteDeadline sets when writes of the stream fail.
func (c *boundConn) SetWriteDeadline(t time.Time) error { return c.s.SetWriteDeadline(t) }

// Stream returns the stream.
func (c *boundConn) Stream() Stream { return c.s }

// StreamOf returns the stream that c was made of by this package, also if c is a connection around such a one that has a
// method NetConn, as a *tls.Conn does. For other connections it returns nil.
func StreamOf(c net.Conn) Stream {
	for {
		switch have := c.(type) {
		case interface{ Stream() Stream }:
			return have.Stream()
		case interface{ NetConn() net.Conn }:
			c = have.NetConn()
		default:
			return nil
		}
	}
}

// A boundDuplex is a boundConn over a stream that can end its outgoing direction.
type boundDuplex struct{ boundConn }

// CloseWrite ends writing: the peer reads what was written, and then io.EOF.
func (c *boundDuplex) CloseWrite() error { return c.s.(stream.Duplex).CloseWrite() }
