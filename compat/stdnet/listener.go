package stdnet

import (
	"net"
	"os"
	"syscall"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/reactor"
)

// A Listener is the net.Listener that [Listen] and [FreeListener] return. Any goroutine may call its methods; Accept fails
// with ErrOnWorker inside a task if it would have to wait.
type Listener struct {
	gate
	sock    listening
	accept  func(cx *core.Context) (Socket, bool, error)
	network string
	addr    net.Addr
}

var (
	_ net.Listener = (*Listener)(nil)
	_ syscall.Conn = (*Listener)(nil)
)

// An Acceptor is a listener of executor/net in poll style: a *tcp.Listener, *unix.Listener or *unix.SeqpacketListener, whose
// connections are sockets of type S.
type Acceptor[S Socket] interface {
	listening
	PollAccept(cx *core.Context) (s S, ready bool, err error)
}

// listening has the methods of an Acceptor that do not depend on the type of its connections.
type listening interface {
	Attach(cx *core.Context) error
	PollRawRead(cx *core.Context, f func(fd uintptr) (done bool)) (ready bool, err error)
	Unwait(w core.Waker)
	Close() error
	Addr() net.Addr
	SetDeadline(t time.Time) error
	SyscallConn() (syscall.RawConn, error)
	File() (*os.File, error)
}

// FreeListener returns a net.Listener over l, a listener that exists already: one that a service manager has passed (package
// executor/net/activation), a file (tcp.FileListener), one of a tcp.ListenerGroup, or one with options that [ListenConfig]
// lacks. Its connections are a *TCPConn or a *UnixConn, and the workers of rt share their wakes. It closes when rt drains.
//
// The options of l and of its connections stay as they are; unlike [Listen], FreeListener turns no keep-alive on. The caller
// leaves l to the Listener, also if FreeListener fails: an error, as after the begin of rt's drain, means that l is closed.
// Any goroutine; it does not wait.
func FreeListener[S Socket](rt *executor.Runtime, l Acceptor[S]) (*Listener, error) {
	if rt == nil {
		panic("stdnet: FreeListener with a nil Runtime")
	}
	if l == nil {
		panic("stdnet: FreeListener with a nil Acceptor")
	}
	return newListener(rt, l.Addr().Network(), l)
}

// newListener makes the Listener, or closes l. network is the name for errors.
func newListener[S Socket](rt *executor.Runtime, network string, l Acceptor[S]) (*Listener, error) {
	made := &Listener{sock: l, accept: pollAccept(l.PollAccept), network: network, addr: l.Addr()}
	made.rt = rt
	if err := made.attach(); err != nil {
		_ = l.Close()
		return nil, &net.OpError{Op: "listen", Net: network, Addr: made.addr, Err: cause(err)}
	}
	return made, nil
}

// pollAccept returns an accept of any kind as one of sockets.
func pollAccept[S Socket](f func(*core.Context) (S, bool, error)) func(*core.Context) (Socket, bool, error) {
	return func(cx *core.Context) (Socket, bool, error) {
		s, ready, err := f(cx)
		if !ready || err != nil {
			return nil, ready, err
		}
		return s, true, nil
	}
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

// SetUnlinkOnClose sets whether Close removes the path of a Unix socket. The default is true, and for a listener that was
// taken over, such as from a service manager, false.
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
