package stdnet

import (
	"net"
	"os"
	"syscall"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/reactor"
)

// A Listener is the net.Listener that [Listen] returns. Any goroutine may call its methods; Accept fails with ErrOnWorker
// inside a task if it would have to wait.
type Listener struct {
	gate
	sock    acceptor
	accept  func(cx *core.Context) (Socket, bool, error)
	network string
	addr    net.Addr
}

var (
	_ net.Listener = (*Listener)(nil)
	_ syscall.Conn = (*Listener)(nil)
)

// An acceptor is a listener of executor/net.
type acceptor interface {
	Attach(cx *core.Context) error
	PollRawRead(cx *core.Context, f func(fd uintptr) (done bool)) (ready bool, err error)
	Unwait(w core.Waker)
	Close() error
	Addr() net.Addr
	SetDeadline(t time.Time) error
	SyscallConn() (syscall.RawConn, error)
	File() (*os.File, error)
}

// attach has the listener close when the runtime drains.
func (l *Listener) attach() error {
	p := l.rt.Parker(l.rt.NextWorker())
	defer p.Release()
	return l.sock.Attach(p.Context())
}

// Accept implements net.Listener. It registers the connections with the workers round-robin.
func (l *Listener) Accept() (net.Conn, error) {
	worker := l.rt.NextWorker()
	var s Socket
	err := l.await(worker, func(cx *core.Context) (ready bool, err error) {
		s, ready, err = l.accept(cx)
		return ready, err
	})
	if err != nil {
		return nil, l.failed("accept", err)
	}
	return freeOn(l.rt, worker, s, l.network), nil
}

// await calls poll until it is ready. In between it waits.
func (l *Listener) await(worker int, poll func(cx *core.Context) (ready bool, err error)) error {
	p := l.rt.Parker(worker)
	defer p.Release()
	for {
		ready, err := poll(p.Context())
		if ready {
			return err
		}
		if err := l.park(p, reactor.Read); err != nil {
			l.sock.Unwait(p.Context().Waker())
			return err
		}
	}
}

// Close implements net.Listener.
func (l *Listener) Close() error {
	if err := l.sock.Close(); err != nil {
		return l.failed("close", err)
	}
	return nil
}

// Addr implements net.Listener.
func (l *Listener) Addr() net.Addr { return l.addr }

// SetDeadline sets when accepts fail with os.ErrDeadlineExceeded, pending ones included; the zero Time means never.
func (l *Listener) SetDeadline(t time.Time) error {
	if err := l.sock.SetDeadline(t); err != nil {
		return cause(err) // as in package net
	}
	return nil
}

// SetUnlinkOnClose sets whether Close removes the path of a Unix socket. The default is true.
func (l *Listener) SetUnlinkOnClose(on bool) {
	if u, ok := l.sock.(interface{ SetUnlinkOnClose(on bool) }); ok {
		u.SetUnlinkOnClose(on)
	}
}

// File returns a duplicate of the descriptor, which the caller closes.
func (l *Listener) File() (*os.File, error) {
	f, err := l.sock.File()
	if err != nil {
		return nil, l.failed("file", err)
	}
	return f, nil
}

// SyscallConn implements syscall.Conn. Read of the RawConn waits until its function returns true, as that of package net.
func (l *Listener) SyscallConn() (syscall.RawConn, error) {
	raw, err := l.sock.SyscallConn()
	if err != nil {
		return nil, l.failed("raw", err)
	}
	return &rawListener{Listener: l, raw: raw}, nil
}

// A rawListener is the syscall.RawConn of a Listener.
type rawListener struct {
	*Listener
	raw syscall.RawConn
}

// Control implements syscall.RawConn.
func (l *rawListener) Control(f func(fd uintptr)) error {
	if err := l.raw.Control(f); err != nil {
		return l.failed("raw-control", err)
	}
	return nil
}

// Read implements syscall.RawConn.
func (l *rawListener) Read(f func(fd uintptr) (done bool)) error {
	err := l.await(l.rt.NextWorker(), func(cx *core.Context) (bool, error) { return l.sock.PollRawRead(cx, f) })
	if err != nil {
		return l.failed("raw-read", err)
	}
	return nil
}

// Write implements syscall.RawConn. A listener writes nothing.
func (l *rawListener) Write(func(fd uintptr) (done bool)) error {
	return l.failed("raw-write", syscall.EINVAL)
}

func (l *Listener) failed(op string, err error) error {
	return &net.OpError{Op: op, Net: l.network, Addr: l.addr, Err: cause(err)}
}
