package netfd

import (
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// A Try is one try of an operation, for all operations but Read and Write of byte streams. It stays on the stack of
// the function that makes it:
//
//	t := f.Try(cx, d)
//	for t.Next() {
//		..., errno = the system call
//		t.Tried("its name", errno)
//	}
//	p, err := t.End()
type Try struct {
	f     *FD
	cx    *core.Context
	d     reactor.Direction
	ev    Event
	p     Progress
	state tryState
	err   error
}

type tryState uint8

const (
	fresh   tryState = iota
	trying           // begun; the budget is charged
	starved          // begun; there was no budget
	refused          // not begun
)

// Try begins a try of an operation in direction d.
func (f *FD) Try(cx *core.Context, d reactor.Direction) Try {
	return Try{f: f, cx: cx, d: d}
}

// Next reports whether the system call is to be made.
func (t *Try) Next() bool {
	if t.state == fresh {
		if t.begin(); t.state != trying {
			return false
		}
	} else if t.p != Pending {
		return false
	}
	ev, ok, err := t.f.Ready(t.cx, t.d, t.ev) // t.ev is the event that the last try would have blocked on
	if err != nil {
		t.p, t.err = Done, err
	}
	if !ok || err != nil || t.ev.Known() && !t.cx.Spend() {
		return false
	}
	t.ev = ev
	return true
}

// begin takes t from fresh to one of the other states.
func (t *Try) begin() {
	switch err := t.f.Begin(t.cx, t.d); {
	case err != nil:
		t.p, t.err, t.state = Done, err, refused
	case !t.cx.Spend():
		t.p, t.state = Pending, starved
	default:
		t.state = trying
	}
}

// Tried takes the result of the system call.
func (t *Try) Tried(call string, errno sys.Errno) {
	switch errno {
	case 0:
		t.p = Done
	case sys.EAGAIN:
		if t.f.hasEnded(t.d) {
			t.p = Done // without bytes
		} else if !t.ev.Blocked(t.d) {
			t.p = Unregistered
		}
	default:
		t.p, t.err = Done, t.f.callError(t.d, call, errno)
	}
}

// Short records that the call moved n of the requested bytes of a stream.
func (t *Try) Short(n, requested int) {
	if t.p == Done && t.err == nil && n > 0 && n < requested {
		t.f.short(t.ev, t.d)
	}
}

// End ends the try.
func (t *Try) End() (Progress, error) {
	switch t.state {
	case refused:
		return t.p, t.err
	case trying:
		if t.p != Done {
			t.cx.Refund()
		}
	}
	t.f.End(t.cx, t.d, t.p)
	return t.p, t.err
}
