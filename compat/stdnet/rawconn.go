package stdnet

import (
	"net"
	"syscall"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/reactor"
)

// SyscallConn implements syscall.Conn. Read and Write of the RawConn wait until their function returns true, as those of
// package net do.
func (c *conn) SyscallConn() (syscall.RawConn, error) {
	raw, err := c.sock.SyscallConn()
	if err != nil {
		return nil, c.failed("raw", err)
	}
	return &rawConn{conn: c, raw: raw}, nil
}

// A rawConn is the syscall.RawConn of a conn.
type rawConn struct {
	*conn
	raw syscall.RawConn
}

// Control implements syscall.RawConn.
func (c *rawConn) Control(f func(fd uintptr)) error {
	if err := c.raw.Control(f); err != nil { // in package net it names this end only
		return &net.OpError{Op: "raw-control", Net: c.network, Addr: c.local, Err: cause(err)}
	}
	return nil
}

// Read implements syscall.RawConn.
func (c *rawConn) Read(f func(fd uintptr) (done bool)) error {
	return c.wrap("raw-read", c.rawRead(f))
}

// Write implements syscall.RawConn.
func (c *rawConn) Write(f func(fd uintptr) (done bool)) error {
	return c.wrap("raw-write", c.rawWrite(f))
}

// rawRead calls f until it returns true, and waits in between until the socket is ready.
func (c *conn) rawRead(f func(fd uintptr) (done bool)) error {
	_, err := await(c, reactor.Read, func(cx *core.Context) (none struct{}, ready bool, err error) {
		ready, err = c.sock.PollRawRead(cx, f)
		return none, ready, err
	})
	return err
}

// rawWrite is rawRead for the other direction.
func (c *conn) rawWrite(f func(fd uintptr) (done bool)) error {
	_, err := await(c, reactor.Write, func(cx *core.Context) (none struct{}, ready bool, err error) {
		ready, err = c.sock.PollRawWrite(cx, f)
		return none, ready, err
	})
	return err
}
