package stdnet

import (
	"net"
	"syscall"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/executor/net/unix"
	"github.com/moduvex/moduvex-go/reactor"
)

// A UnixConn is the net.Conn of a Unix socket of any kind, with the methods of a *net.UnixConn; one of datagrams is a
// net.PacketConn, too. Any goroutine may call its methods; those that wait fail with ErrOnWorker inside a task.
type UnixConn struct {
	conn
	stream   *unix.Stream   // nil if it is one of messages
	datagram *unix.Datagram // nil if it is one of connections
}

var (
	_ net.Conn       = (*UnixConn)(nil)
	_ net.PacketConn = (*UnixConn)(nil)
	_ syscall.Conn   = (*UnixConn)(nil)
)

// A halfCloser is a connection that ends in one direction.
type halfCloser interface {
	CloseRead() error
	CloseWrite() error
}

// CloseRead ends reading: bytes that have arrived can still be read, and then reads return io.EOF.
func (c *UnixConn) CloseRead() error {
	if h, ok := c.sock.(halfCloser); ok {
		return c.wrap("close", h.CloseRead())
	}
	return c.failed("close", syscall.ENOTCONN)
}

// CloseWrite ends writing: the peer reads the bytes that were written and then io.EOF.
func (c *UnixConn) CloseWrite() error {
	if h, ok := c.sock.(halfCloser); ok {
		return c.wrap("close", h.CloseWrite())
	}
	return c.failed("close", syscall.ENOTCONN)
}

// WriteBuffers writes all of bufs in few system calls and takes out of bufs what it has written; on a socket of messages,
// each buffer is a message.
func (c *UnixConn) WriteBuffers(bufs *net.Buffers) (n int64, err error) {
	if c.stream == nil {
		return bufs.WriteTo(c)
	}
	return c.writeBuffers(c.stream, bufs)
}

// ReadFrom implements net.PacketConn. The address is that of the sender of a datagram, and nil if it has none, or if c is a
// connection.
func (c *UnixConn) ReadFrom(b []byte) (n int, from net.Addr, err error) {
	n, a, err := c.ReadFromUnix(b)
	if a != nil {
		from = a
	}
	return n, from, err
}

// ReadFromUnix is ReadFrom with the type of the address.
func (c *UnixConn) ReadFromUnix(b []byte) (n int, from *net.UnixAddr, err error) {
	if c.datagram == nil {
		n, err = c.Read(b)
		return n, nil, err
	}
	var name string
	n, err = await(&c.conn, reactor.Read, func(cx *core.Context) (n int, ready bool, err error) {
		n, name, ready, err = c.datagram.PollReadFrom(cx, b)
		return n, ready, err
	})
	if err = c.readError("read", err); err == nil && name != "" {
		from = &net.UnixAddr{Name: name, Net: c.network}
	}
	return n, from, err
}

// WriteTo implements net.PacketConn. addr is a *net.UnixAddr.
func (c *UnixConn) WriteTo(b []byte, addr net.Addr) (n int, err error) {
	a, ok := addr.(*net.UnixAddr)
	if !ok {
		return 0, c.failedTo(addr, syscall.EINVAL)
	}
	return c.WriteToUnix(b, a)
}

// WriteToUnix is WriteTo with the type of the address.
func (c *UnixConn) WriteToUnix(b []byte, addr *net.UnixAddr) (n int, err error) {
	switch {
	case addr == nil:
		return 0, c.failedTo(nil, errMissingAddress)
	case c.datagram == nil || named(c.remote):
		return 0, c.failedTo(addr, net.ErrWriteToConnected)
	case addr.Net != c.network:
		return 0, c.failedTo(addr, syscall.EAFNOSUPPORT)
	}
	if err := c.lockWrites(); err != nil {
		return 0, c.failedTo(addr, err)
	}
	defer c.writing.Unlock()
	n, err = await(&c.conn, reactor.Write, func(cx *core.Context) (int, bool, error) {
		return c.datagram.PollWriteTo(cx, b, addr.Name)
	})
	if err != nil {
		err = c.failedTo(addr, err)
	}
	return n, err
}

// named reports whether a is the name of a socket: not nil, and not that of one without a name.
func named(a net.Addr) bool { return a != nil && a.String() != "@" && a.String() != "" }
