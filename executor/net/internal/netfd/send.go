package netfd

import (
	"net"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// A Send is a [Try] of a send whose receiver may be full. It tries whatever the reactor reports of the socket's own
// room, and needs no registration: Linux reports room after each send that has failed, since the memory of the
// datagram has become free. A Send is never Unregistered; [Receiver.Await] follows one that is Pending.
type Send struct {
	Try
	queues *SendQueues
	to     string
}

// Send begins a try of a send to a receiver.
func (f *FD) Send(cx *core.Context, queues *SendQueues, to string) Send {
	return Send{Try: f.Try(cx, reactor.Write), queues: queues, to: to}
}

// Next reports whether the system call is to be made: once at most.
func (t *Send) Next() bool {
	if t.state != fresh {
		return false
	}
	t.begin()
	switch t.state {
	case refused:
		t.queues.end(t.cx.Waker(), t.to, false)
		return false
	case starved:
		return false
	}
	if !t.queues.admit(t.cx, t.to) {
		t.pend()
		return false
	}
	return true
}

func (t *Send) pend() {
	t.p = Pending
	t.cx.Waits(core.WaitWrite)
}

// Tried takes the result of the system call.
func (t *Send) Tried(call string, errno sys.Errno) {
	t.p = Done
	switch {
	case errno == 0:
		t.queues.end(t.cx.Waker(), t.to, true)
	case !sys.ReceiverFull(errno):
		t.err = t.f.callError(reactor.Write, call, errno)
		t.queues.end(t.cx.Waker(), t.to, false)
	case t.queues.pushFull(t.cx, t.to):
		t.pend()
	default:
		t.err = net.ErrClosed
	}
}
