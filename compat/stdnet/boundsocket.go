package stdnet

import (
	"errors"
	"net"
	"syscall"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
)

// A socket is a Stream with all that those of packages tcp and unix have.
type socket interface {
	Stream
	syscall.Conn
	buffersWriter
	CloseRead() error
	CloseWrite() error
	WaitReadable(co *coro.Co) error
	WaitWritable(co *coro.Co) error
}

// A boundSocket is a boundConn over a socket.
type boundSocket struct{ boundConn }

var (
	_ net.Conn     = (*boundSocket)(nil)
	_ syscall.Conn = (*boundSocket)(nil)
)

func (c *boundSocket) socket() socket { return c.s.(socket) }

// CloseRead ends reading: what has arrived can be read, and then reads return io.EOF.
func (c *boundSocket) CloseRead() error { return c.socket().CloseRead() }

// CloseWrite ends writing: the peer reads what was written, and then io.EOF.
func (c *boundSocket) CloseWrite() error { return c.socket().CloseWrite() }

// WriteBuffers writes all of bufs, and takes out of bufs what it has written, as the WriteTo of net.Buffers does.
func (c *boundSocket) WriteBuffers(bufs *net.Buffers) (n int64, err error) {
	if !c.owned() {
		return 0, c.foreign("write")
	}
	return c.socket().WriteBuffers(c.co, bufs)
}

// SyscallConn returns access to the descriptor. Any goroutine may call Control of the RawConn. Read and Write are for the
// body: they suspend it until their function returns true.
func (c *boundSocket) SyscallConn() (syscall.RawConn, error) {
	raw, err := c.socket().SyscallConn()
	if err != nil {
		return nil, err
	}
	return &boundRaw{RawConn: raw, c: c}, nil
}

// A boundRaw waits where the RawConn of the stream, which knows no task, fails: in Read and Write.
type boundRaw struct {
	syscall.RawConn
	c *boundSocket
}

// Read calls f until it returns true, or the wait for bytes fails.
func (r *boundRaw) Read(f func(fd uintptr) (done bool)) error {
	return r.repeat("raw-read", r.RawConn.Read, f, r.c.socket().WaitReadable)
}

// Write calls f until it returns true, or the wait for room fails.
func (r *boundRaw) Write(f func(fd uintptr) (done bool)) error {
	return r.repeat("raw-write", r.RawConn.Write, f, r.c.socket().WaitWritable)
}

func (r *boundRaw) repeat(op string, try func(func(fd uintptr) bool) error, f func(fd uintptr) bool, wait func(co *coro.Co) error) error {
	if !r.c.owned() {
		return r.c.foreign(op)
	}
	for {
		err := try(f)
		if !errors.Is(err, syscall.EAGAIN) && !errors.Is(err, core.ErrNested) {
			return err
		}
		if err := wait(r.c.co); err != nil {
			var oe *net.OpError
			if errors.As(err, &oe) {
				oe.Op = op
			}
			return err
		}
	}
}
