package unix

import (
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
)

// Dial connects to the listener with a name. If its backlog is full, Dial waits until there is room; coro.WithTimeout
// bounds that. (The BSDs do not distinguish a full backlog from a missing listener: there Dial fails with
// syscall.ECONNREFUSED.)
func Dial(co *coro.Co, name string) (*Stream, error) {
	fd, err := dial(co, sys.Stream, name)
	if err != nil {
		return nil, err
	}
	return registered(co.Context(), newStream(fd))
}

// DialSeqpacket is Dial for a [SeqpacketListener].
func DialSeqpacket(co *coro.Co, name string) (*Seqpacket, error) {
	fd, err := dial(co, sys.Seqpacket, name)
	if err != nil {
		return nil, err
	}
	return registered(co.Context(), newSeqpacket(fd))
}

func dial(co *coro.Co, kind sys.Kind, name string) (int, error) {
	r, err := coro.Await[dialed](co, &dialing{kind: kind, name: name})
	if err != nil {
		r.err = err
	}
	if r.err != nil {
		return -1, openError("dial", kind, name, r.err)
	}
	return r.fd, nil
}

// registered registers a new connection with the worker of the task that made it.
func registered[C interface {
	register(cx *core.Context) error
	Close() error
}](cx *core.Context, c C) (none C, err error) {
	if err := c.register(cx); err != nil {
		_ = c.Close()
		return none, err
	}
	return c, nil
}

func (s *socket) register(cx *core.Context) error { return s.wrap("dial", s.fd.Register(cx)) }

// DialFuture returns a future that connects to the listener with a name, as [Dial] does. The caller that takes the
// Stream out of the result closes it.
func DialFuture(name string) core.Future[core.Result[*Stream]] {
	return &dialFuture{dialing{kind: sys.Stream, name: name}}
}

// DialSeqpacketFuture is DialFuture for a [SeqpacketListener].
func DialSeqpacketFuture(name string) core.Future[core.Result[*Seqpacket]] {
	return &dialSeqpacketFuture{dialing{kind: sys.Seqpacket, name: name}}
}

type (
	dialFuture          struct{ dialing }
	dialSeqpacketFuture struct{ dialing }
)

// Poll implements core.Future.
func (d *dialFuture) Poll(cx *core.Context) (core.Result[*Stream], bool) {
	return pollDial(cx, &d.dialing, newStream)
}

// Poll implements core.Future.
func (d *dialSeqpacketFuture) Poll(cx *core.Context) (core.Result[*Seqpacket], bool) {
	return pollDial(cx, &d.dialing, newSeqpacket)
}

func pollDial[C interface {
	register(cx *core.Context) error
	Close() error
}](cx *core.Context, d *dialing, open func(fd int) C) (core.Result[C], bool) {
	r, ok := d.Poll(cx)
	switch {
	case !ok:
		return core.Result[C]{}, false
	case r.err != nil:
		return core.Result[C]{Err: openError("dial", d.kind, d.name, r.err)}, true
	}
	s, err := registered(cx, open(r.fd))
	return core.Result[C]{Value: s, Err: err}, true
}

// dialing is the future that connects a socket.
//
//	         poll              the backlog is full      ┌──────┐ the pause is over, and it still is:
//	nothing ──────→ connecting ──────────────────→ paused ←────┘ twice the pause
//	                     │                            │
//	                     └────────────────────────────┴──→ connected, or an error
//
// The system does not report when a backlog has room, so dialing tries again after a pause. (A blocking connect is
// woken by the system, but it would hold a thread for each socket that waits, and could not be given up.)
type dialing struct {
	kind sys.Kind
	name string

	open  bool
	fd    int
	pause netfd.Pause

	host  core.Host
	timer wheel.Entry
	waker core.Waker // what timer was armed with
}

type dialed struct {
	fd  int
	err error
}

// A listener that is alive makes room within microseconds; one that hangs should not cost much.
const (
	firstPause = time.Millisecond
	lastPause  = 64 * time.Millisecond
)

// Poll implements core.Future.
func (d *dialing) Poll(cx *core.Context) (dialed, bool) {
	if !d.open {
		if err := sys.CheckName(d.name); err != nil {
			return dialed{err: err}, true
		}
		d.host = cx.Host()
		d.pause = netfd.Pause{First: firstPause, Last: lastPause}
		fd, err := sys.LocalSocket(d.kind)
		if err != nil {
			return dialed{err: err}, true
		}
		d.fd, d.open = fd, true
	} else if d.pause.Running(cx.Host()) {
		d.arm(cx) // woken for another reason, perhaps in another task
		return dialed{}, false
	}
	switch errno := sys.ConnectLocal(d.fd, d.name); errno {
	case 0:
		d.open = false
		d.host.Disarm(&d.timer)
		return dialed{fd: d.fd}, true
	case sys.EAGAIN, sys.EINPROGRESS:
		d.pause.Begin(cx.Host())
		d.waker = nil // so that it is armed anew
		d.arm(cx)
		return dialed{}, false
	default:
		d.Drop()
		return dialed{err: callError("connect", errno)}, true
	}
}

// arm sets the timer for the end of the pause. The entry may be in the wheel of a worker that the task has left, and
// then belongs to that worker; so arm takes it out before it writes to it.
func (d *dialing) arm(cx *core.Context) {
	if d.waker == cx.Waker() {
		return
	}
	core.CheckReach(cx.Host(), d.host)
	d.host.Disarm(&d.timer)
	d.waker = cx.Waker()
	d.timer.Waker = d.waker
	d.host.Arm(&d.timer, d.pause.Until().Sub(d.host.Epoch()))
}

// Drop ends the connect, and closes the socket.
func (d *dialing) Drop() {
	if d.host != nil {
		d.host.Disarm(&d.timer)
	}
	if d.open {
		d.open = false
		_ = sys.Close(d.fd)
	}
}
