package tcp

import (
	"net"
	"net/netip"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// A Listener accepts connections. [Listen] and [ListenConfig.Listen] return one; a zero Listener is closed.
type Listener struct {
	fd     netfd.Acceptor
	addr   sys.Endpoint
	config ListenConfig

	// adopted says that the socket was made elsewhere, perhaps without the options that connections inherit.
	adopted bool
}

// Accept returns the next connection, and waits if there is none. It passes over a connection that its peer gave up
// before the accept. While the process is out of descriptors, or the system out of memory, Accept waits and tries
// again, after 5 ms at first and up to a second later on; the connections stay in the backlog, and Options.Logger
// gets one warning. Of several tasks that accept, a connection wakes one.
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

// Attach binds l to the runtime of cx before the first accept: from then on l closes when the runtime drains. If it drains
// already, Attach closes l and returns an error that is core.ErrShutdown.
func (l *Listener) Attach(cx *core.Context) error {
	if err := l.fd.Attach(cx); err != nil {
		return l.failed("listen", err)
	}
	return nil
}

// open makes a Stream of an accepted connection.
func (l *Listener) open(cx *core.Context, c netfd.Accepted) (s *Stream, again bool, err error) {
	s = newStream(c.FD, c.From)
	again, err = l.begin(cx, s)
	return s, again, err
}

// begin makes a connection ready for use on the worker of cx. If that fails, begin closes the connection, or gives it
// back to the listener, and then again is true. It sets the listener's options if the connection has not inherited
// them; that fails only if the connection is reset already, which its user finds out.
//
// begin registers the connection, on the stack of the accepting task: a registration needs more stack than all that
// an idle connection does, and a coroutine whose stack has grown once keeps it.
func (l *Listener) begin(cx *core.Context, s *Stream) (again bool, err error) {
	l.complete(s)
	return l.fd.Admit(cx, &s.fd, s.peer)
}

// complete sets the options that s has not inherited. No other task has s yet.
func (l *Listener) complete(s *Stream) {
	if !sys.OptionsInherited || l.adopted {
		_ = setOptions(s.fd.Sysfd(), l.config.KeepAlive)
	}
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

// Unwait takes w out of the waiters of PollAccept. A future that is dropped while PollAccept is pending calls it with
// the waker that it polled with, unless it closes l. A future that is polled with another waker than before calls it
// with the one before, since a connection wakes one waiter only.
func (l *Listener) Unwait(w core.Waker) { l.fd.Unwait(w, reactor.Read) }

// Close stops listening. When it returns, the port is free, unless another process or a duplicate of the descriptor
// holds it. Pending accepts and a second Close return net.ErrClosed. The system resets connections in the backlog;
// accepted ones go on.
func (l *Listener) Close() error {
	if err := l.fd.Close(); err != nil {
		return l.failed("close", err)
	}
	return nil
}

// Addr returns the address that l listens on, a *net.TCPAddr. If Listen was given port 0, it has the port that the
// system chose.
func (l *Listener) Addr() net.Addr { return l.addr.TCPAddr() }

// AddrPort is Addr as a value.
func (l *Listener) AddrPort() netip.AddrPort { return l.addr.AddrPort() }

// SetDeadline sets when accepts fail with os.ErrDeadlineExceeded, pending ones included; the zero Time means never.
func (l *Listener) SetDeadline(t time.Time) error {
	if err := l.fd.SetDeadline(reactor.Read, t); err != nil {
		return l.failed("set", err)
	}
	return nil
}

//go:noinline
func (l *Listener) failed(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Addr: l.Addr(), Err: l.fd.Explain(err)}
}
