package unix

import (
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// A ListenConfig has the options of a listener. The zero value is ready for use.
type ListenConfig struct {
	// Backlog bounds the connections that wait for an accept; 0 means the maximum of the system.
	Backlog int

	// Control, if not nil, is called with the new socket before the bind. network is "unix" or "unixpacket".
	Control func(network, address string, c syscall.RawConn) error
}

// Listen listens at a name with the zero [ListenConfig].
func Listen(name string) (*Listener, error) { return (&ListenConfig{}).Listen(name) }

// ListenSeqpacket listens at a name with the zero [ListenConfig].
func ListenSeqpacket(name string) (*SeqpacketListener, error) {
	return (&ListenConfig{}).ListenSeqpacket(name)
}

// Listen listens at a name: a path that does not exist yet, or on Linux an abstract name. Any goroutine may call it,
// and it does not wait.
func (lc *ListenConfig) Listen(name string) (*Listener, error) {
	l := &Listener{}
	if err := l.listen(lc, sys.Stream, name); err != nil {
		return nil, err
	}
	return l, nil
}

// ListenSeqpacket is Listen for messages. On Darwin, which has none, it fails with syscall.EPROTONOSUPPORT.
func (lc *ListenConfig) ListenSeqpacket(name string) (*SeqpacketListener, error) {
	l := &SeqpacketListener{}
	if err := l.listen(lc, sys.Seqpacket, name); err != nil {
		return nil, err
	}
	return l, nil
}

// A Listener accepts Streams. [Listen] and [ListenConfig.Listen] return one; a zero Listener is closed.
type Listener struct{ listener }

// Accept returns the next connection, and waits if there is none. While the process is out of descriptors, or the
// system out of memory, Accept waits and tries again, after 5 ms at first and up to a second later on; the
// connections stay in the backlog, and Options.Logger gets one warning. Of several tasks that accept, a connection
// wakes one. The listener closes when the runtime of the task that accepted last begins to drain.
func (l *Listener) Accept(co *coro.Co) (*Stream, error) {
	s, err := netfd.AcceptAs(co, &l.fd, l.opened)
	return s, l.wrap("accept", err)
}

// PollAccept is Accept in poll style.
func (l *Listener) PollAccept(cx *core.Context) (s *Stream, ready bool, err error) {
	s, ready, err = netfd.PollAcceptAs(cx, &l.fd, l.opened)
	return s, ready, l.wrap("accept", err)
}

func (l *Listener) opened(cx *core.Context, c netfd.Accepted) (s *Stream, again bool, err error) {
	s = newStream(c.FD)
	again, err = l.fd.Admit(cx, &s.fd, c.From)
	return s, again, err
}

// A SeqpacketListener accepts Seqpackets. [ListenSeqpacket] and [ListenConfig.ListenSeqpacket] return one; a zero
// SeqpacketListener is closed.
type SeqpacketListener struct{ listener }

// Accept is that of [Listener].
func (l *SeqpacketListener) Accept(co *coro.Co) (*Seqpacket, error) {
	s, err := netfd.AcceptAs(co, &l.fd, l.opened)
	return s, l.wrap("accept", err)
}

// PollAccept is Accept in poll style.
func (l *SeqpacketListener) PollAccept(cx *core.Context) (s *Seqpacket, ready bool, err error) {
	s, ready, err = netfd.PollAcceptAs(cx, &l.fd, l.opened)
	return s, ready, l.wrap("accept", err)
}

func (l *SeqpacketListener) opened(cx *core.Context, c netfd.Accepted) (s *Seqpacket, again bool, err error) {
	s = newSeqpacket(c.FD)
	again, err = l.fd.Admit(cx, &s.fd, c.From)
	return s, again, err
}

// listener has the methods that both have in common.
type listener struct {
	fd   netfd.Acceptor
	name string
	kind sys.Kind

	// unlink is true while there is a path that Close removes. The first Close clears it, and SetUnlinkOnClose writes
	// it.
	unlink atomic.Bool
}

func (l *listener) listen(lc *ListenConfig, kind sys.Kind, name string) error {
	if err := sys.CheckName(name); err != nil {
		return openError("listen", kind, name, err)
	}
	fd, err := sys.LocalSocket(kind)
	if err != nil {
		return openError("listen", kind, name, err)
	}
	l.fd.Init(fd, l)
	l.kind, l.name = kind, sys.TextOf(name)
	if err := l.open(lc, fd); err != nil {
		_ = l.Close()
		return openError("listen", kind, name, err)
	}
	return nil
}

// open binds the socket and listens.
func (l *listener) open(lc *ListenConfig, fd int) error {
	if lc.Control != nil {
		if err := netfd.Control(lc.Control, l.kind.Network(), l.name, &l.fd.FD); err != nil {
			return err
		}
	}
	if err := sys.BindLocal(fd, l.name); err != nil {
		return err
	}
	l.unlink.Store(l.path())
	backlog := lc.Backlog
	if backlog <= 0 {
		backlog = sys.MaxBacklog()
	}
	return sys.Listen(fd, backlog)
}

// path reports whether the name is a path in the file system.
func (l *listener) path() bool { return !sys.IsAbstract(l.name) }

// Attach binds l to the runtime of cx before the first accept: from then on l closes when the runtime drains. If it drains
// already, Attach closes l and returns an error that is core.ErrShutdown.
func (l *listener) Attach(cx *core.Context) error { return l.wrap("listen", l.fd.Attach(cx)) }

// Unwait takes w out of the waiters of PollAccept. A future that is dropped while PollAccept is pending calls it with
// the waker that it polled with, unless it closes l. A future that is polled with another waker than before calls it
// with the one before, since a connection wakes one waiter only.
func (l *listener) Unwait(w core.Waker) { l.fd.Unwait(w, reactor.Read) }

// SetUnlinkOnClose sets whether Close removes the path. The default is true. An abstract name always disappears.
func (l *listener) SetUnlinkOnClose(on bool) {
	if !l.fd.Closed() {
		l.unlink.Store(on && l.path())
	}
}

// Close stops listening, and removes the path. Pending accepts and a second Close return net.ErrClosed. The system
// resets connections in the backlog; accepted ones go on.
func (l *listener) Close() error {
	// The path is removed before the socket is closed: after that, it may belong to a new listener. A
	// SetUnlinkOnClose at the same time may set unlink again, and no later Close follows it.
	if !l.fd.Closed() && l.unlink.Swap(false) {
		_ = sys.Unlink(l.name)
	}
	return l.wrap("close", l.fd.Close())
}

// Addr returns the name that l listens at, a *net.UnixAddr.
func (l *listener) Addr() net.Addr { return &net.UnixAddr{Name: l.name, Net: l.kind.Network()} }

// SetDeadline sets when accepts fail with os.ErrDeadlineExceeded, pending ones included; the zero Time means never.
func (l *listener) SetDeadline(t time.Time) error {
	return l.wrap("set", l.fd.SetDeadline(reactor.Read, t))
}

// wrap makes the error of an operation, if there is one.
func (l *listener) wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	return l.failed(op, err)
}

//go:noinline
func (l *listener) failed(op string, err error) error {
	return &net.OpError{Op: op, Net: l.kind.Network(), Addr: l.Addr(), Err: l.fd.Explain(err)}
}
