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

// A ListenConfig says how to listen. The zero value is a good one.
type ListenConfig struct {
	// Backlog is how many connections may wait to be accepted; 0 stands for as many as the system
	// allows.
	Backlog int

	// Control, if not nil, is called with the new socket before it gets its name. network is "unix"
	// or "unixpacket".
	Control func(network, address string, c syscall.RawConn) error
}

// Listen listens at a name with the zero [ListenConfig].
func Listen(name string) (*Listener, error) { return (&ListenConfig{}).Listen(name) }

// ListenSeqpacket listens at a name with the zero [ListenConfig].
func ListenSeqpacket(name string) (*SeqpacketListener, error) {
	return (&ListenConfig{}).ListenSeqpacket(name)
}

// Listen listens at a name: a path that does not exist yet, or on Linux an abstract name. It may be
// called inside a task or anywhere else, and does not wait.
func (lc *ListenConfig) Listen(name string) (*Listener, error) {
	l := &Listener{}
	if err := l.listen(lc, sys.Stream, name); err != nil {
		return nil, err
	}
	return l, nil
}

// ListenSeqpacket is Listen for messages. Darwin has none: there it fails with
// syscall.EPROTONOSUPPORT.
func (lc *ListenConfig) ListenSeqpacket(name string) (*SeqpacketListener, error) {
	l := &SeqpacketListener{}
	if err := l.listen(lc, sys.Seqpacket, name); err != nil {
		return nil, err
	}
	return l, nil
}

// A Listener accepts Streams. It comes from [Listen] or [ListenConfig.Listen].
type Listener struct{ listener }

// Accept returns the next connection, and waits if there is none. While the process is out of
// descriptors, or the system out of memory, Accept waits and tries again, after 5 ms at first and up
// to a second later on; the connections stay in the backlog, and Options.Logger gets one warning. Of several
// tasks that accept, a connection wakes one. When the runtime whose task has accepted last drains, the listener
// closes.
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

// A SeqpacketListener accepts Seqpackets. It comes from [ListenSeqpacket] or
// [ListenConfig.ListenSeqpacket].
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

// listener is what both have in common.
type listener struct {
	fd   netfd.Acceptor
	name string
	kind sys.Kind

	// unlink is true while there is a path that Close removes. Cleared by the first Close, written by
	// SetUnlinkOnClose.
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

// open takes the socket from its making to listening.
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

// path reports whether the name is one of the file system's.
func (l *listener) path() bool { return !sys.IsAbstract(l.name) }

// Unwait takes w out of those that wait to accept. A future that is dropped while PollAccept is
// pending calls it with the waker it polled with, unless it closes l; one that is polled with another waker
// calls it with the one before, for a connection wakes one of those that wait.
func (l *listener) Unwait(w core.Waker) { l.fd.Unwait(w, reactor.Read) }

// SetUnlinkOnClose says whether Close removes the path, which is how a listener begins. An abstract
// name vanishes in any case.
func (l *listener) SetUnlinkOnClose(on bool) {
	if !l.fd.Closed() {
		l.unlink.Store(on && l.path())
	}
}

// Close stops listening, and removes the path. Whoever waits to accept gets net.ErrClosed, and so does
// a second Close. Connections in the backlog are reset; accepted ones live on.
func (l *listener) Close() error {
	// Before the socket is closed: after that, the path may be somebody else's new one, whatever a
	// SetUnlinkOnClose that came at the same time has left.
	if !l.fd.Closed() && l.unlink.Swap(false) {
		_ = sys.Unlink(l.name)
	}
	return l.wrap("close", l.fd.Close())
}

// Addr returns the name that l listens at, a *net.UnixAddr.
func (l *listener) Addr() net.Addr { return &net.UnixAddr{Name: l.name, Net: l.kind.Network()} }

// SetDeadline sets when Accept fails with os.ErrDeadlineExceeded, one that is waiting included; the
// zero Time is never.
func (l *listener) SetDeadline(t time.Time) error {
	return l.wrap("set", l.fd.SetDeadline(reactor.Read, t))
}

// SyscallConn gives access to the descriptor; see [Stream.SyscallConn].
func (l *listener) SyscallConn() (syscall.RawConn, error) {
	if l.fd.Closed() {
		return nil, l.failed("raw", net.ErrClosed)
	}
	return &netfd.RawConn{FD: &l.fd.FD, Failed: l.failed}, nil
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
	return &net.OpError{Op: op, Net: l.kind.Network(), Addr: l.Addr(), Err: err}
}
