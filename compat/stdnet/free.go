package stdnet

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/executor/net/udp"
	"github.com/moduvex/moduvex-go/executor/net/unix"
	"github.com/moduvex/moduvex-go/reactor"
)

// A Socket is a socket of executor/net in poll style: a *tcp.Stream, *udp.Socket, *unix.Stream, *unix.Seqpacket or
// *unix.Datagram.
type Socket interface {
	PollRead(cx *core.Context, b []byte) (n int, ready bool, err error)
	PollWrite(cx *core.Context, b []byte) (n int, ready bool, err error)
	TryRead(b []byte) (n int, ok bool, err error)
	TryWrite(b []byte) (n int, ok bool, err error)
	PollReadable(cx *core.Context) (ready bool, err error)
	PollWritable(cx *core.Context) (ready bool, err error)
	PollRawRead(cx *core.Context, f func(fd uintptr) (done bool)) (ready bool, err error)
	PollRawWrite(cx *core.Context, f func(fd uintptr) (done bool)) (ready bool, err error)
	Unwait(w core.Waker, d reactor.Direction)

	LocalAddr() net.Addr
	RemoteAddr() net.Addr
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
	SetReadBuffer(bytes int) error
	SetWriteBuffer(bytes int) error
	SyscallConn() (syscall.RawConn, error)
	File() (*os.File, error)
	Close() error
}

// Free returns a net.Conn over s that any goroutine may use, as one of package net: a *TCPConn, *UnixConn or *UDPConn. Over a
// *udp.Socket and a *unix.Datagram it is a net.PacketConn, too: Free(rt, s).(net.PacketConn). rt is the runtime that s was
// accepted or dialed with, whose workers wake the goroutines: calls inside tasks are refused if they would have to wait. The
// caller leaves s to the net.Conn, whose Close closes s. Any goroutine.
func Free(rt *executor.Runtime, s Socket) net.Conn {
	if rt == nil {
		panic("stdnet: Free with a nil Runtime")
	}
	if s == nil {
		panic("stdnet: Free with a nil Socket")
	}
	return freeOn(rt, rt.NextWorker(), s, "")
}

// SocketOf returns the socket of c, a connection that [Free], [Listener.Accept], [ListenPacket] or [Dialer.DialContext] has
// returned, or that wraps such a one and has a method NetConn. For other connections it returns nil. c still owns the socket.
// While a read or a write of c waits, no other operation may wait on the socket in that direction. Any goroutine.
func SocketOf(c net.Conn) Socket {
	for {
		switch have := c.(type) {
		case interface{ socket() Socket }:
			return have.socket()
		case interface{ NetConn() net.Conn }:
			c = have.NetConn()
		default:
			return nil
		}
	}
}

// freeOn is Free for a worker, with the name of the network for errors.
func freeOn(rt *executor.Runtime, worker int, s Socket, network string) net.Conn {
	switch s := s.(type) {
	case *tcp.Stream:
		c := &TCPConn{stream: s}
		c.init(rt, worker, s, network)
		return c
	case *udp.Socket:
		c := &UDPConn{socket: s}
		c.init(rt, worker, s, network)
		return c
	case *unix.Stream:
		c := &UnixConn{stream: s}
		c.init(rt, worker, s, network)
		return c
	case *unix.Datagram:
		c := &UnixConn{datagram: s}
		c.init(rt, worker, s, network)
		if !named(c.remote) {
			c.remote = nil
		}
		return c
	default:
		c := &UnixConn{}
		c.init(rt, worker, s, network)
		return c
	}
}

// conn has the methods that all sockets have in common.
type conn struct {
	gate
	worker        int // whose context the polls have
	sock          Socket
	network       string
	local, remote net.Addr

	// writing is held by a Write from its first byte to its last. The holder waits for the socket only, so it observes
	// deadlines and Close for all that wait for the lock.
	writing sync.Mutex
	closed  atomic.Bool // written by Close. The socket may be closed without it

	// expired is true while the read deadline is one that had passed when it was set, which is how a waiting Read is ended.
	// SetReadDeadline writes it before the deadline of the socket, which wakes a Read, and that reads it then. The error of
	// the socket would cost a system call, for its address.
	expired atomic.Bool
	setting sync.Mutex // of the read deadline
}

func (c *conn) init(rt *executor.Runtime, worker int, s Socket, network string) {
	c.rt, c.worker, c.sock = rt, worker, s
	c.local, c.remote = addr(s.LocalAddr()), addr(s.RemoteAddr())
	c.network = network
	if network == "" {
		c.network = c.local.Network()
	}
}

func (c *conn) socket() Socket { return c.sock }

// addr returns an address in the form of package net: Linux names the end without a name "@", and no peer is nil.
func addr(a net.Addr) net.Addr {
	switch a := a.(type) {
	case *net.UnixAddr:
		if a.Name == "" && runtime.GOOS == "linux" {
			a.Name = "@"
		}
	case *net.UDPAddr:
		if a.Port == 0 && len(a.IP) == 0 {
			return nil
		}
	}
	return a
}

// Read implements net.Conn.
func (c *conn) Read(b []byte) (n int, err error) {
	if len(b) == 0 {
		return 0, c.check("read")
	}
	p := c.rt.Parker(c.worker)
	for {
		n, ready, err := c.sock.PollRead(p.Context(), b)
		if !ready {
			if err = c.park(p, reactor.Read); err == nil && !c.expired.Load() {
				continue
			}
			c.sock.Unwait(p.Context().Waker(), reactor.Read)
			if err == nil {
				p.Release()
				return 0, c.failed("read", c.lateError())
			}
			if m, ok, e := c.sock.TryRead(b); ok { // the reactor may not have reported yet what is there
				n, err = m, e
			}
		}
		p.Release()
		return n, c.readError("read", err)
	}
}

// readError gives the error of a read the form of package net: a datagram that does not fit is cut.
func (c *conn) readError(op string, err error) error {
	if err == nil || err == io.EOF || errors.Is(err, io.ErrShortBuffer) {
		if err != io.EOF {
			return nil
		}
		return err
	}
	return c.failed(op, err)
}

// Write implements net.Conn. It writes all of b before another Write begins.
func (c *conn) Write(b []byte) (n int, err error) {
	if err := c.lockWrites(); err != nil {
		return 0, c.failed("write", err)
	}
	defer c.writing.Unlock()
	return c.write("write", b)
}

// lockWrites takes writing.
func (c *conn) lockWrites() error {
	if c.writing.TryLock() {
		return nil
	}
	if err := c.mayBlock(); err != nil {
		return err
	}
	c.writing.Lock()
	return nil
}

// write is Write under the lock.
func (c *conn) write(op string, b []byte) (n int, err error) {
	p := c.rt.Parker(c.worker)
	defer p.Release()
	for {
		m, ready, err := c.sock.PollWrite(p.Context(), b[n:])
		n += m
		switch {
		case err != nil:
			return n, c.failed(op, err)
		case ready && n == len(b):
			return n, nil
		case ready:
			continue
		}
		if err := c.park(p, reactor.Write); err != nil {
			c.sock.Unwait(p.Context().Waker(), reactor.Write)
			if m, ok, e := c.sock.TryWrite(b[n:]); ok { // as in Read
				n, err = n+m, e
			}
			if err == nil && n < len(b) {
				continue
			}
			return n, c.wrap(op, err)
		}
	}
}

// await calls poll until it is ready. In between it waits.
func await[R any](c *conn, d reactor.Direction, poll func(cx *core.Context) (r R, ready bool, err error)) (R, error) {
	p := c.rt.Parker(c.worker)
	defer p.Release()
	for {
		r, ready, err := poll(p.Context())
		if ready {
			return r, err
		}
		if err := c.park(p, d); err != nil {
			c.sock.Unwait(p.Context().Waker(), d)
			return r, err
		}
	}
}

// check returns the error that every operation has once c is closed.
func (c *conn) check(op string) error {
	if c.closed.Load() {
		return c.failed(op, net.ErrClosed)
	}
	if _, err := c.sock.SyscallConn(); err != nil {
		return c.failed(op, err)
	}
	return nil
}

// Close implements net.Conn: all calls that wait return net.ErrClosed, and so does a second Close.
func (c *conn) Close() error {
	c.closed.Store(true)
	return c.wrap("close", c.sock.Close())
}

// File returns a duplicate of the descriptor, which the caller closes. Options of the socket are
// those of both, deadlines are not.
func (c *conn) File() (*os.File, error) {
	f, err := c.sock.File()
	if err != nil {
		return nil, c.failed("file", err)
	}
	return f, nil
}

// LocalAddr implements net.Conn.
func (c *conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr implements net.Conn.
func (c *conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline implements net.Conn.
func (c *conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// SetReadDeadline implements net.Conn.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.setting.Lock() // two that differ set both, in the same order
	defer c.setting.Unlock()
	c.expired.Store(!t.IsZero() && !t.After(time.Now()))
	return c.set(c.sock.SetReadDeadline(t))
}

// lateError is the error of a Read that expired has ended.
func (c *conn) lateError() error {
	if c.closed.Load() {
		return net.ErrClosed
	}
	return os.ErrDeadlineExceeded
}

// SetWriteDeadline implements net.Conn.
func (c *conn) SetWriteDeadline(t time.Time) error { return c.set(c.sock.SetWriteDeadline(t)) }

// SetReadBuffer sets the size of the system's receive buffer.
func (c *conn) SetReadBuffer(bytes int) error { return c.set(c.sock.SetReadBuffer(bytes)) }

// SetWriteBuffer sets the size of the system's send buffer.
func (c *conn) SetWriteBuffer(bytes int) error { return c.set(c.sock.SetWriteBuffer(bytes)) }

// set makes the error of setting an option, if there is one: in package net it names this end only.
func (c *conn) set(err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{Op: "set", Net: c.network, Addr: c.local, Err: cause(err)}
}

// wrap makes the error of an operation, if there is one; io.EOF stays as it is.
func (c *conn) wrap(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return c.failed(op, err)
}

// failed makes the error of an operation. It is not inlined, which keeps the frames of operations small.
//
//go:noinline
func (c *conn) failed(op string, err error) error {
	return &net.OpError{Op: op, Net: c.network, Source: c.local, Addr: c.remote, Err: cause(err)}
}

// cause takes the cause out of an error of a socket, and gives it the form that package net has.
func cause(err error) error {
	if oe, ok := err.(*net.OpError); ok {
		err = oe.Err
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return os.ErrDeadlineExceeded
	}
	return err
}
