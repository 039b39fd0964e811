package netfd

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/internal/nested"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// A RawConn is access to the descriptor of a socket. Control works as in package net. Read and Write repeat their
// function until it returns true, and in between wait until the socket may be ready; the function must not wait. It is
// a syscall.Conn, too, which returns itself, for functions that take one.
//
// Read and Write fail with net.ErrClosed when the socket is closed, with os.ErrDeadlineExceeded when its deadline has
// passed, and with io.EOF if the function returns false after reading was ended on this side. They hold the
// descriptor open while the function runs, and not while they wait. The function may panic or end its goroutine.
type RawConn interface {
	syscall.RawConn
	syscall.Conn
}

// A Raw is the [RawConn] of a socket.
type Raw struct {
	FD       *FD
	Acceptor *Acceptor // the one of FD, if it listens
	// Failed gives an error the shape that the socket's others have.
	Failed func(op string, err error) error
	// Owner is the socket, if it is a stream of bytes. It tells the socket from a type that embeds it and has its
	// SyscallConn.
	Owner any
	// Co is the body that Read and Write suspend; nil if they block their goroutine.
	Co *coro.Co
	// Waiter returns how the goroutine waits, and registers the socket. If it is nil, a task has registered it.
	Waiter func() Waiter
}

var _ RawConn = (*Raw)(nil)

// ForGoroutines returns c, for the SyscallConn of the socket. It fails if the socket is closed.
func (c *Raw) ForGoroutines() (syscall.RawConn, error) {
	if c.FD.Closed() {
		return nil, c.Failed("raw", net.ErrClosed)
	}
	return c, nil
}

// ForBody returns c, whose Read and Write from now on suspend the body of co.
func (c *Raw) ForBody(co *coro.Co) RawConn {
	c.Co = co
	return c
}

// With returns c, whose Read and Write from now on wait with what waiter returns.
func (c *Raw) With(waiter func() Waiter) RawConn {
	c.Waiter = waiter
	return c
}

// SyscallConn returns c.
func (c *Raw) SyscallConn() (syscall.RawConn, error) { return c, nil }

// Control calls f with the descriptor, which stays open until f returns.
func (c *Raw) Control(f func(fd uintptr)) error {
	if err := c.FD.Acquire(); err != nil {
		return c.Failed("raw-control", err)
	}
	defer c.FD.Release()
	f(uintptr(c.FD.Sysfd()))
	return nil
}

// Read calls f until it returns true, for a read or an accept.
func (c *Raw) Read(f func(fd uintptr) (done bool)) error {
	return c.failed("raw-read", c.run(reactor.Read, f))
}

// Write calls f until it returns true, for a write.
func (c *Raw) Write(f func(fd uintptr) (done bool)) error {
	return c.failed("raw-write", c.run(reactor.Write, f))
}

// PollRead is Read in poll style. Each poll calls f.
func (c *Raw) PollRead(cx *core.Context, f func(fd uintptr) (done bool)) (ready bool, err error) {
	ready, err = c.poll(cx, reactor.Read, f)
	return ready, c.failed("raw-read", err)
}

// PollWrite is Write in poll style. Each poll calls f.
func (c *Raw) PollWrite(cx *core.Context, f func(fd uintptr) (done bool)) (ready bool, err error) {
	ready, err = c.poll(cx, reactor.Write, f)
	return ready, c.failed("raw-write", err)
}

func (c *Raw) failed(op string, err error) error {
	if err != nil {
		err = c.Failed(op, err)
	}
	return err
}

// A rawSocket is what a raw operation waits on: an [FD] or an [Acceptor].
type rawSocket interface {
	Awaiter
	Registrar
	Unwait(w core.Waker, d reactor.Direction)
	rawTry(cx *core.Context, d reactor.Direction, s *rawState, f func(fd uintptr) bool) (Progress, error)
}

func (c *Raw) socket() rawSocket {
	if c.Acceptor != nil {
		return c.Acceptor
	}
	return c.FD
}

func (c *Raw) poll(cx *core.Context, d reactor.Direction, f func(fd uintptr) bool) (ready bool, err error) {
	var state rawState
	_, ready, err = Poll(cx, c.socket(), func(cx *core.Context) (none struct{}, p Progress, err error) {
		p, err = c.socket().rawTry(cx, d, &state, f)
		return none, p, err
	})
	return ready, err
}

func (c *Raw) run(d reactor.Direction, f func(fd uintptr) bool) error {
	var state rawState
	if c.Co != nil {
		_, err := Wait(c.Co, c.socket(), d, func(cx *core.Context) (none struct{}, p Progress, err error) {
			p, err = c.socket().rawTry(cx, d, &state, f)
			return none, p, err
		})
		return err
	}
	if done, err := c.FD.rawOnce(d, &state, f); done || err != nil {
		return err
	}
	if coro.Inside() { // checked as late as this, since it takes longer than a system call
		return &nested.Error{Call: "Read or Write of a RawConn", Instead: "use the RawConn that the socket's RawConn(co) returns"}
	}
	return c.block(d, &state, f)
}

// errUnregistered is the error of a goroutine that would wait for a socket that no reactor watches.
var errUnregistered = fmt.Errorf("the goroutine cannot wait for the socket: it is registered with no runtime, since no task has waited for it yet "+
	"(wait in a task first, or use the RawConn that the socket's RawConnWith returns): %w", errors.ErrUnsupported)

// block repeats f on an ordinary goroutine, after a try that would have blocked.
func (c *Raw) block(d reactor.Direction, state *rawState, f func(fd uintptr) bool) error {
	w := c.waiter()
	defer w.Release()
	socket, waker := c.socket(), w.Context().Waker()
	defer socket.Unwait(waker, d) // also if f panics, or ends the goroutine
	for {
		cx := w.Context()
		if !state.ev.Known() {
			if err := c.register(cx); err != nil {
				return err
			}
		}
		switch p, err := socket.rawTry(cx, d, state, f); p {
		case Done:
			return err
		case Pending:
			w.Park()
		}
	}
}

// register registers the socket for a goroutine.
func (c *Raw) register(cx *core.Context) error {
	err := c.socket().Register(cx)
	if err == errNoReactor && c.Waiter == nil {
		return errUnregistered
	}
	return err
}

func (c *Raw) waiter() Waiter {
	if c.Waiter != nil {
		return c.Waiter()
	}
	return newGoroutine()
}

// Control calls f, the Control function of a config, with a socket that no task uses yet. f may share the descriptor
// with code that makes it blocking; so Control makes it non-blocking again, before a connect that would have to wait.
func Control(f func(network, address string, c syscall.RawConn) error, network, address string, fd *FD) error {
	err := f(network, address, &Raw{FD: fd, Failed: func(_ string, err error) error { return err }})
	if err != nil {
		return err
	}
	return sys.SetNonblock(fd.Sysfd())
}
