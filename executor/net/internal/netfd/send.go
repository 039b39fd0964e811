package netfd

import (
	"net"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// A Send is a Try of a send whose receiver may be jammed. It is tried whatever the reactor says of the
// socket's own room, and needs no registration: Linux reports room after each send that has failed, since the
// datagram's memory has become free. It is never Unregistered; where it is Pending, [Receiver.Await] follows.
type Send struct {
	Try
	jams *Jams
	to   string
}

// Send begins a try of a send to a receiver.
func (f *FD) Send(cx *core.Context, jams *Jams, to string) Send {
	return Send{Try: f.Try(cx, reactor.Write), jams: jams, to: to}
}

// Next reports whether the system call is to be made. That is once at most.
func (t *Send) Next() bool {
	if t.state != fresh {
		return false
	}
	t.begin()
	switch t.state {
	case refused:
		t.jams.done(t.cx.Waker(), t.to, false)
		return false
	case starved:
		return false
	}
	if !t.jams.admit(t.cx, t.to) {
		t.wait()
		return false
	}
	return true
}

func (t *Send) wait() {
	t.p = Pending
	t.cx.Waits(core.WaitWrite)
}

// Tried takes the result of the system call.
func (t *Send) Tried(call string, errno sys.Errno) {
	t.p = Done
	switch {
	case errno == 0:
		t.jams.done(t.cx.Waker(), t.to, true)
	case !sys.Jammed(errno):
		t.err = t.f.callError(reactor.Write, call, errno)
		t.jams.done(t.cx.Waker(), t.to, false)
	case t.jams.full(t.cx, t.to):
		t.wait()
	default:
		t.err = net.ErrClosed
	}
}
