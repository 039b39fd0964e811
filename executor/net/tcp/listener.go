package tcp

import (
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// A Listener accepts connections. It comes from [Listen] or [ListenConfig.Listen].
type Listener struct {
	fd      netfd.FD
	backoff backoff
	addr    sys.Endpoint
	config  ListenConfig
}

// Accept returns the next connection, and waits if there is none. A connection that the peer gave
// up before it was accepted is passed over. While the process is out of descriptors, or the system
// out of memory, Accept waits and tries again, after 5 ms at first and up to a second later on;
// the connections stay in the backlog.
func (l *Listener) Accept(co *coro.Co) (*Stream, error) {
	if err := co.Interrupted(); err != nil {
		return nil, l.failed("accept", err)
	}
	for {
		s, p, err := l.accept(co.Context())
		if p == netfd.Done {
			return s, err
		}
		if err := l.fd.Await(co, reactor.Read, p); err != nil {
			return nil, l.failed("accept", err)
		}
	}
}

// PollAccept is Accept in poll style.
func (l *Listener) PollAccept(cx *core.Context) (s *Stream, ready bool, err error) {
	for {
		s, p, err := l.accept(cx)
		if p != netfd.Unregistered {
			return s, p == netfd.Done, err
		}
		if err := l.fd.Register(cx); err != nil {
			return nil, true, l.failed("accept", err)
		}
	}
}

func (l *Listener) accept(cx *core.Context) (s *Stream, p netfd.Progress, err error) {
	const d = reactor.Read
	if err := l.fd.Begin(cx, d); err != nil {
		return nil, netfd.Done, l.failed("accept", err)
	}
	if cx.Spend() {
		if s, p, err = l.acceptReady(cx); p != netfd.Done {
			cx.Refund()
		}
	}
	l.fd.End(cx, d, p)
	if err != nil {
		err = l.failed("accept", err)
	}
	return s, p, err
}

func (l *Listener) acceptReady(cx *core.Context) (*Stream, netfd.Progress, error) {
	const d = reactor.Read
	for {
		ev, ok, err := l.fd.Ready(cx, d)
		if err != nil {
			return nil, netfd.Done, err
		}
		state, round := l.backoff.look(cx.Host())
		switch {
		case state == paused && !ok:
			l.backoff.wait(cx.Host())
			return nil, netfd.Pending, nil
		case state == paused:
			if !ev.Blocked(d) {
				return nil, netfd.Unregistered, nil
			}
			continue
		case state == idle && !ok:
			return nil, netfd.Pending, nil
		}
		fd, from, errno := sys.Accept(l.fd.Sysfd())
		switch {
		case errno == 0:
			if state != idle {
				l.backoff.accepted()
			}
			s, err := l.accepted(cx, fd, from)
			return s, netfd.Done, err
		case errno == sys.EAGAIN:
			if state == draining {
				l.backoff.drained(round)
			}
			if ok && !ev.Blocked(d) {
				return nil, netfd.Unregistered, nil
			}
		case sys.AcceptAgain(errno):
		case sys.Exhausted(errno):
			l.backoff.exhausted(cx.Host())
		default:
			return nil, netfd.Done, callError("accept", errno)
		}
	}
}

// accepted makes a Stream of fd. Where it has not got the listener's options, it is given them.
//
// It is registered here, on the stack of the accepting task: registering takes more stack than all
// that a connection does while it is idle, and a coroutine whose stack has grown once keeps it.
func (l *Listener) accepted(cx *core.Context, fd int, from sys.Endpoint) (s *Stream, err error) {
	s = newStream(fd, from)
	if !sys.OptionsInherited {
		err = setOptions(fd, l.config.KeepAlive)
	}
	if err == nil {
		err = s.fd.Register(cx)
	}
	if err != nil {
		_ = s.fd.Close()
		return nil, err
	}
	return s, nil
}

// setOptions gives a socket the options that a Stream begins with.
func setOptions(fd int, keepAlive net.KeepAliveConfig) error {
	if err := sys.SetNoDelay(fd, true); err != nil {
		return err
	}
	if keepAlive.Enable {
		return setKeepAlive(fd, keepAlive)
	}
	return nil
}

// Unwait takes w out of those that wait to accept. A future that is dropped while PollAccept is
// pending calls it with the waker it polled with, unless it closes l.
func (l *Listener) Unwait(w core.Waker) { l.fd.Unwait(w, reactor.Read) }

// Close stops listening. Whoever waits to accept gets net.ErrClosed, and so does a second Close.
// Connections in the backlog are reset; accepted ones live on.
func (l *Listener) Close() error {
	if err := l.fd.Close(); err != nil {
		return l.failed("close", err)
	}
	l.backoff.alarm.Forget()
	return nil
}

// Addr returns the address that l listens on, a *net.TCPAddr, with the port that was chosen if none
// was given.
func (l *Listener) Addr() net.Addr { return l.addr.TCPAddr() }

// AddrPort is Addr as a value.
func (l *Listener) AddrPort() netip.AddrPort { return l.addr.AddrPort() }

// SetDeadline sets when Accept fails with os.ErrDeadlineExceeded, one that is waiting included; the
// zero Time is never.
func (l *Listener) SetDeadline(t time.Time) error {
	if err := l.fd.SetDeadline(reactor.Read, t); err != nil {
		return l.failed("set", err)
	}
	return nil
}

// SyscallConn gives access to the descriptor; see [Stream.SyscallConn].
func (l *Listener) SyscallConn() (syscall.RawConn, error) {
	if l.fd.Closed() {
		return nil, l.failed("raw", net.ErrClosed)
	}
	return &netfd.RawConn{FD: &l.fd, Failed: l.failed}, nil
}

//go:noinline
func (l *Listener) failed(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Addr: l.Addr(), Err: err}
}
