package netfd

import (
	"syscall"

	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// RawConn is the syscall.RawConn of a socket. Control works as in package net. Read and Write call their function
// once and never wait, since they have no task to suspend: if the function returns false, they clear the readiness
// and return EAGAIN, and the caller waits for the socket and tries again.
type RawConn struct {
	FD *FD
	// Failed gives an error the shape that the socket's others have.
	Failed func(op string, err error) error
	// Owner is the socket, if it is a stream of bytes. It tells the socket from a type that embeds it and has its
	// SyscallConn.
	Owner any
}

var _ syscall.RawConn = (*RawConn)(nil)

// Control calls f with the descriptor, which stays open until f returns.
func (c *RawConn) Control(f func(fd uintptr)) error {
	if err := c.FD.Acquire(); err != nil {
		return c.Failed("raw-control", err)
	}
	defer c.FD.Release()
	f(uintptr(c.FD.Sysfd()))
	return nil
}

// Read calls f once, for a read or an accept.
func (c *RawConn) Read(f func(fd uintptr) (done bool)) error {
	return c.try("raw-read", reactor.Read, f)
}

// Write calls f once, for a write.
func (c *RawConn) Write(f func(fd uintptr) (done bool)) error {
	return c.try("raw-write", reactor.Write, f)
}

func (c *RawConn) try(op string, d reactor.Direction, f func(fd uintptr) (done bool)) error {
	ev, err := c.FD.BeginOnce(d)
	if err != nil {
		return c.Failed(op, err)
	}
	done := false
	defer func() { c.FD.EndOnce(ev, d, !done) }()
	if done = f(uintptr(c.FD.Sysfd())); done {
		return nil
	}
	return c.Failed(op, syscall.EAGAIN)
}

// Control calls f, the Control function of a config, with a socket that no task uses yet. f may share the descriptor
// with code that makes it blocking; so Control makes it non-blocking again, before a connect that would have to wait.
func Control(f func(network, address string, c syscall.RawConn) error, network, address string, fd *FD) error {
	err := f(network, address, &RawConn{FD: fd, Failed: func(_ string, err error) error { return err }})
	if err != nil {
		return err
	}
	return sys.SetNonblock(fd.Sysfd())
}
