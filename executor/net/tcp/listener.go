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
	fd     netfd.Acceptor
	addr   sys.Endpoint
	config ListenConfig
}

// Accept returns the next connection, and waits if there is none. It passes over a connection that its peer gave up
// before the accept. While the process is out of descriptors, or the system out of memory, Accept waits and tries again,
// after 5 ms at first and up to a second later on; the connections stay in the backlog, and Options.Logger gets one
// warning. Of several tasks that accept, a connection wakes one.
func (l *Listener) Accept(co *coro.Co) (*Stream, error) {
	s, err := netfd.AcceptAs(co, &l.fd, l.open)
	if err != nil {
		return nil, l.failed("accept", err)
	}
	return s, nil
}

// PollAccept is Accept in poll style.
func (l *Listener) PollAccept(cx *core.Context) (s *Stream, ready bool, err error) {
	if s, ready, err = netfd.PollAcceptAs(cx, &l.fd, l.open); err != nil {
		return nil, true, l.failed("accept", err)
	}
	return s, ready, nil
}

// open makes a Stream of an accepted connection.
func (l *Listener) open(cx *core.Context, c netfd.Accepted) (s *Stream, again bool, err error) {
	s = newStream(c.FD, c.From)
	again, err = l.begin(cx, s)
	return s, again, err
}

// begin makes a connection ready for use on the worker of cx, or closes it, or gives it back to the listener, and
// then again is true. It sets the listener's options where the connection has not inherited them; that fails only
// if the connection is reset by now, which its user finds out.
//
// It is registered here, on the stack of the accepting task: registering takes more stack than all
// that a connection does while it is idle, and a coroutine whose stack has grown once keeps it.
func (l *Listener) begin(cx *core.Context, s *Stream) (again bool, err error) {
	if !sys.OptionsInherited {
		_ = setOptions(s.fd.Sysfd(), l.config.KeepAlive) // nobody else has it yet
	}
	return l.fd.Admit(cx, &s.fd, s.peer)
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
// pending calls it with the waker it polled with, unless it closes l; one that is polled with another waker
// calls it with the one before, for a connection wakes one of those that wait.
func (l *Listener) Unwait(w core.Waker) { l.fd.Unwait(w, reactor.Read) }

// Close stops listening; when it returns the port is free, unless another process or a duplicate of the
// descriptor keeps it. Pending accepts get net.ErrClosed, and so does a second Close. Connections in the
// backlog are reset; accepted ones live on.
func (l *Listener) Close() error {
	if err := l.fd.Close(); err != nil {
		return l.failed("close", err)
	}
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
	return &netfd.RawConn{FD: &l.fd.FD, Failed: l.failed}, nil
}

//go:noinline
func (l *Listener) failed(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Addr: l.Addr(), Err: err}
}
