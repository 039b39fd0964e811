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
	for {
		fd, _, err := l.fd.Accept(co)
		if err != nil {
			return nil, l.failed("accept", err)
		}
		if s, again, err := l.accepted(co.Context(), fd); !again {
			return s, err
		}
	}
}

// PollAccept is Accept in poll style.
func (l *Listener) PollAccept(cx *core.Context) (s *Stream, ready bool, err error) {
	for {
		fd, _, ready, err := l.fd.PollAccept(cx)
		if err != nil {
			return nil, true, l.failed("accept", err)
		}
		if !ready {
			return nil, false, nil
		}
		if s, again, err := l.accepted(cx, fd); !again {
			return s, true, err
		}
	}
}

func (l *Listener) accepted(cx *core.Context, fd int) (s *Stream, again bool, err error) {
	s = newStream(fd)
	again, err = l.admit(cx, &s.fd)
	return s, again, err
}

// A SeqpacketListener accepts Seqpackets. It comes from [ListenSeqpacket] or
// [ListenConfig.ListenSeqpacket].
type SeqpacketListener struct{ listener }

// Accept is that of [Listener].
func (l *SeqpacketListener) Accept(co *coro.Co) (*Seqpacket, error) {
	for {
		fd, _, err := l.fd.Accept(co)
		if err != nil {
			return nil, l.failed("accept", err)
		}
		if s, again, err := l.accepted(co.Context(), fd); !again {
			return s, err
		}
	}
}

// PollAccept is Accept in poll style.
func (l *SeqpacketListener) PollAccept(cx *core.Context) (s *Seqpacket, ready bool, err error) {
	for {
		fd, _, ready, err := l.fd.PollAccept(cx)
		if err != nil {
			return nil, true, l.failed("accept", err)
		}
		if !ready {
			return nil, false, nil
		}
		if s, again, err := l.accepted(cx, fd); !again {
			return s, true, err
		}
	}
}

func (l *SeqpacketListener) accepted(cx *core.Context, fd int) (s *Seqpacket, again bool, err error) {
	s = newSeqpacket(fd)
	again, err = l.admit(cx, &s.fd)
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

// admit is that of Acceptor.
func (l *listener) admit(cx *core.Context, fd *netfd.FD) (again bool, err error) {
	if again, err = l.fd.Admit(cx, fd, sys.Endpoint{}); err != nil {
		err = l.failed("accept", err)
	}
	return again, err
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
	if err := l.fd.Close(); err != nil {
		return l.failed("close", err)
	}
	return nil
}

// Addr returns the name that l listens at, a *net.UnixAddr.
func (l *listener) Addr() net.Addr { return &net.UnixAddr{Name: l.name, Net: l.kind.Network()} }

// SetDeadline sets when Accept fails with os.ErrDeadlineExceeded, one that is waiting included; the
// zero Time is never.
func (l *listener) SetDeadline(t time.Time) error {
	if err := l.fd.SetDeadline(reactor.Read, t); err != nil {
		return l.failed("set", err)
	}
	return nil
}

// SyscallConn gives access to the descriptor; see [Stream.SyscallConn].
func (l *listener) SyscallConn() (syscall.RawConn, error) {
	if l.fd.Closed() {
		return nil, l.failed("raw", net.ErrClosed)
	}
	return &netfd.RawConn{FD: &l.fd.FD, Failed: l.failed}, nil
}

//go:noinline
func (l *listener) failed(op string, err error) error {
	return &net.OpError{Op: op, Net: l.kind.Network(), Addr: l.Addr(), Err: err}
}
