package netfd

import (
	"net"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// A Send is a Try of a send whose receiver may be jammed. It is tried whatever the reactor says of the
// socket's own room, and needs no registration: Linux reports room after each send that has failed, since the
// datagram's memory has become free. It is never Unregistered; where it is Pending, [Jams.Await] follows.
type Send struct {
	f     *FD
	cx    *core.Context
	jams  *Jams
	to    string
	p     Progress
	state tryState
	err   error
}

// Send begins a try of a send to a receiver.
func (f *FD) Send(cx *core.Context, jams *Jams, to string) Send {
	return Send{f: f, cx: cx, jams: jams, to: to}
}

// Next reports whether the system call is to be made. That is once at most.
func (t *Send) Next() bool {
	if t.state != fresh {
		return false
	}
	switch err := t.f.Begin(t.cx, reactor.Write); {
	case err != nil:
		t.p, t.err, t.state = Done, err, refused
		t.jams.done(t.cx.Waker(), t.to, false)
		return false
	case !t.cx.Spend():
		t.p, t.state = Pending, starved
		return false
	}
	t.state = trying
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

// End is the end of the try.
func (t *Send) End() (Progress, error) {
	switch t.state {
	case refused:
		return t.p, t.err
	case trying:
		if t.p != Done {
			t.cx.Refund()
		}
	}
	t.f.End(t.cx, reactor.Write, t.p)
	return t.p, t.err
}
