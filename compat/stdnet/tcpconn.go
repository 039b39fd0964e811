package stdnet

import (
	"errors"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
	"github.com/moduvex/moduvex-go/reactor"
)

// A TCPConn is the net.Conn of a TCP connection, with the methods of a *net.TCPConn. [Free], [Listener.Accept] and
// [Dialer.DialContext] return one. Any goroutine may call its methods; those that wait fail with ErrOnWorker inside a task.
type TCPConn struct {
	conn
	stream *tcp.Stream
}

var (
	_ net.Conn      = (*TCPConn)(nil)
	_ io.ReaderFrom = (*TCPConn)(nil)
	_ io.WriterTo   = (*TCPConn)(nil)
	_ syscall.Conn  = (*TCPConn)(nil)
)

// CloseRead ends reading; see [tcp.Stream.CloseRead].
func (c *TCPConn) CloseRead() error { return c.wrap("close", c.stream.CloseRead()) }

// CloseWrite ends writing: the peer reads the bytes that were written and then io.EOF.
func (c *TCPConn) CloseWrite() error { return c.wrap("close", c.stream.CloseWrite()) }

// SetNoDelay sets whether the system sends bytes at once, which is the default, or holds them back for a moment.
func (c *TCPConn) SetNoDelay(on bool) error { return c.wrap("set", c.stream.SetNoDelay(on)) }

// SetKeepAlive sets whether the system probes the connection while it is idle.
func (c *TCPConn) SetKeepAlive(on bool) error { return c.wrap("set", c.stream.SetKeepAlive(on)) }

// SetKeepAlivePeriod sets how long the connection is idle before it is probed.
func (c *TCPConn) SetKeepAlivePeriod(d time.Duration) error {
	return c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: d, Interval: -1, Count: -1})
}

// SetKeepAliveConfig is SetKeepAlive with times and counts; see [tcp.Stream.SetKeepAliveConfig].
func (c *TCPConn) SetKeepAliveConfig(config net.KeepAliveConfig) error {
	return c.wrap("set", c.stream.SetKeepAliveConfig(config))
}

// SetLinger sets what Close does with data that is not sent yet; see [tcp.Stream.SetLinger].
func (c *TCPConn) SetLinger(sec int) error { return c.wrap("set", c.stream.SetLinger(sec)) }

// WriteBuffers writes all of bufs in few system calls and takes out of bufs what it has written. net.Buffers.WriteTo, which
// knows only types of package net, writes the buffers one by one.
func (c *TCPConn) WriteBuffers(bufs *net.Buffers) (n int64, err error) {
	return c.writeBuffers(c.stream, bufs)
}

// A vectored writes several buffers at a time.
type vectored interface {
	PollWriteBuffers(cx *core.Context, bufs *net.Buffers) (n int64, ready bool, err error)
}

func (c *conn) writeBuffers(s vectored, bufs *net.Buffers) (n int64, err error) {
	if err := c.lockWrites(); err != nil {
		return 0, c.failed("write", err)
	}
	defer c.writing.Unlock()
	for {
		m, err := await(c, reactor.Write, func(cx *core.Context) (int64, bool, error) { return s.PollWriteBuffers(cx, bufs) })
		n += m
		if err != nil || len(*bufs) == 0 {
			return n, c.wrap("write", err)
		}
	}
}

// ReadFrom implements io.ReaderFrom. On Linux the system sends a regular file (an *os.File, or an *io.LimitedReader of one)
// and moves the bytes of another connection past the process; other sources are read and written.
func (c *TCPConn) ReadFrom(r io.Reader) (n int64, err error) {
	n, handled, err := c.sendFile(c.stream, r)
	if !handled {
		n, handled, err = spliceFrom(&c.conn, r)
	}
	if !handled {
		var m int64
		m, err = io.Copy(onlyWriter{c}, r)
		n += m
	}
	if err != nil && err != io.EOF {
		err = &net.OpError{Op: "readfrom", Net: c.network, Source: c.local, Addr: c.remote, Err: err}
	}
	return n, err
}

// WriteTo implements io.WriterTo. On Linux the system moves the bytes to another connection past the process.
func (c *TCPConn) WriteTo(w io.Writer) (n int64, err error) {
	n, handled, err := spliceTo(&c.conn, w)
	if !handled {
		var m int64
		m, err = io.Copy(w, onlyReader{c})
		n += m
	}
	if err != nil && err != io.EOF {
		err = &net.OpError{Op: "writeto", Net: c.network, Source: c.local, Addr: c.remote, Err: err}
	}
	return n, err
}

// onlyWriter and onlyReader hide the ReadFrom and the WriteTo of a connection from io.Copy.
type (
	onlyWriter struct{ io.Writer }
	onlyReader struct{ io.Reader }
)

// A filePoller sends a regular file.
type filePoller interface {
	PollSendFile(cx *core.Context, src io.Reader) (n int64, ready bool, err error)
}

// sendFile sends what r has left if it is a regular file; otherwise handled is false.
func (c *conn) sendFile(s filePoller, r io.Reader) (n int64, handled bool, err error) {
	if err := c.lockWrites(); err != nil {
		return 0, true, c.failed("write", err)
	}
	defer c.writing.Unlock()
	for {
		m, err := await(c, reactor.Write, func(cx *core.Context) (int64, bool, error) { return s.PollSendFile(cx, r) })
		n += m
		switch {
		case err == io.EOF:
			return n, true, nil
		case n == 0 && errors.Is(err, errors.ErrUnsupported):
			return 0, false, nil
		case err != nil:
			if _, ok := err.(*net.OpError); ok {
				err = c.failed("write", err)
			}
			return n, true, err
		}
	}
}
