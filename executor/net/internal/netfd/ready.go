package netfd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"github.com/moduvex/moduvex-go/reactor"
)

// ErrDeadline is the error of an operation after its deadline. It is os.ErrDeadlineExceeded, as in package net, and
// context.DeadlineExceeded, as the errors of coro.WithTimeout are.
var ErrDeadline error = deadlineError{}

type deadlineError struct{}

func (deadlineError) Error() string   { return os.ErrDeadlineExceeded.Error() }
func (deadlineError) Timeout() bool   { return true }
func (deadlineError) Temporary() bool { return true }

func (deadlineError) Is(target error) bool {
	return target == os.ErrDeadlineExceeded || target == context.DeadlineExceeded
}

// errNoReactor is the error of an operation that has to wait on a host whose I/O driver is not a *reactor.Reactor.
var errNoReactor = fmt.Errorf("net: the task's host has no reactor: %w", errors.ErrUnsupported)

// shutdownError is the error of an operation that has to wait while its runtime has ended: a goroutine's, since all tasks have
// ended by then. For the caller the socket is of no more use.
type shutdownError struct{}

func (shutdownError) Error() string {
	return "net: the runtime that the socket waits with is shut down"
}

func (shutdownError) Is(target error) bool {
	return target == core.ErrShutdown || target == net.ErrClosed
}

// interest is all events. With Priority, a short read proves that the socket is empty.
const interest = reactor.Readable | reactor.Writable | reactor.Priority

// An Event is the readiness that an operation is tried on.
type Event struct {
	reg   *reactor.Registration // nil if there is none yet
	ready reactor.ReadyEvent
}

// Progress is the outcome of one try of an operation.
type Progress uint8

const (
	// Pending: the waker is registered, or has been woken already since the budget is spent.
	Pending Progress = iota
	// Unregistered: the operation would wait, but f is not registered. The caller registers f and tries again.
	//
	// The try does not register f itself: that takes more stack than all the rest, and the stack of a coroutine
	// should not grow. The frames of the caller are fewer.
	Unregistered
	// Done: the operation is over, with an error or without.
	Done
)

// Begin starts an operation in direction d, and End ends it. It returns net.ErrClosed if f or the
// direction is closed, and os.ErrDeadlineExceeded if its deadline has passed; then there is no End.
func (f *FD) Begin(cx *core.Context, d reactor.Direction) error {
	acquired := f.acquire(open | halfClosed(d))
	t := f.times.Load()
	switch {
	case t == nil && acquired:
		return nil
	case t == nil:
		return net.ErrClosed
	case !acquired:
		t[d].settle(cx.Host())
		return net.ErrClosed
	case t[d].passed(cx.Host()):
		f.wake(d) // it has passed for all waiters
		t[d].settle(cx.Host())
		f.Release()
		return ErrDeadline
	}
	return nil
}

// End ends an operation that Begin let through.
func (f *FD) End(cx *core.Context, d reactor.Direction, p Progress) {
	if t := f.times.Load(); t != nil && p == Done {
		t[d].settle(cx.Host())
	}
	f.Release()
}

// Ready returns the event to try an operation on. If it returns false, the operation is pending: the waker of cx is
// registered, and the alarm is set if there is a deadline. last is the event on which the operation would have
// blocked before in the same poll, and the zero Event for the first try.
func (f *FD) Ready(cx *core.Context, d reactor.Direction, last Event) (ev Event, ok bool, err error) {
	for {
		reg := f.reg.Load()
		if reg == nil {
			return Event{}, true, nil // the readiness is unknown: try
		}
		ready, ok := reg.Ready(d)
		switch {
		case last.reg == reg:
			ready, ok = reg.PollReadyAfter(cx.Waker(), d, last.ready)
		case !ok:
			ready, ok = reg.PollReady(cx.Waker(), d)
		}
		if !ok {
			// CloseHalf (1) sets its bit, (2) takes the waiters. A waiter (1) is registered, (2) loads the bit. One
			// of the two sees the other, so no waiter is left behind.
			if isClosed(f.word.Load(), open|halfClosed(d)) {
				reg.Unwait(cx.Waker(), d)
				return Event{}, false, net.ErrClosed
			}
			if f.hasEnded(d) { // in the same order
				reg.Unwait(cx.Waker(), d)
				return Event{}, true, nil
			}
			if t := f.times.Load(); t != nil {
				t[d].arm(cx.Host())
			}
			cx.Waits(waitFor(d))
			return Event{}, false, nil
		}
		if ready.Ready&reactor.Closed == 0 {
			return Event{reg, ready}, true, nil
		}
		if f.Closed() {
			return Event{}, false, net.ErrClosed
		}
		// The runtime that f was registered with is closed, and f is not. The task that uses f now has another
		// runtime.
		f.reg.CompareAndSwap(reg, nil)
	}
}

// callError is the error of a system call in direction d. A call that fails because the direction was closed
// meanwhile (with EPIPE, for example) fails with net.ErrClosed, as later ones do.
func (f *FD) callError(d reactor.Direction, call string, errno sys.Errno) error {
	if isClosed(f.word.Load(), open|halfClosed(d)) {
		return net.ErrClosed
	}
	return os.NewSyscallError(call, errno)
}

// Known reports whether ev comes from a registration. If not, the readiness is unknown, and the operation is simply
// tried. The event of the last try is known if there was a last try in this poll: then the next one spends budget.
func (ev Event) Known() bool { return ev.reg != nil }

// Blocked records that an operation in direction d, tried on ev, would have blocked. It returns false if f has to be
// registered before Ready can wait.
func (ev Event) Blocked(d reactor.Direction) bool {
	if ev.reg == nil {
		return false
	}
	ev.reg.ClearReady(ev.ready, d)
	return true
}

// Short records that a read or write in direction d, tried on ev, moved fewer bytes than it was given. Where that
// proves that the next one would block, Short clears the readiness, which saves a system call.
func (ev Event) Short(d reactor.Direction) {
	const unclear = reactor.PriorityReady | reactor.ReadClosed | reactor.WriteClosed | reactor.ErrorReady
	if sys.ShortIODrains && ev.reg != nil && ev.ready.Ready&unclear == 0 {
		ev.reg.ClearReady(ev.ready, d)
	}
}

// Register registers f with the reactor of cx's host, unless f is registered. It is called between two tries, so f
// may be closed: then it returns net.ErrClosed.
func (f *FD) Register(cx *core.Context) error {
	if err := f.Acquire(); err != nil {
		return err
	}
	// If Close comes now, the release of the last reference finds the registration.
	defer f.Release()
	for f.word.Or(registering)&registering != 0 {
		runtime.Gosched() // a reactor knows a descriptor once, and the other caller is about to store it
	}
	defer f.word.And(^uint32(registering))
	if f.reg.Load() != nil {
		return nil
	}
	r, _ := cx.Host().IO().(*reactor.Reactor)
	if r == nil {
		return errNoReactor
	}
	reg, err := r.Register(uintptr(f.sysfd), interest)
	if errors.Is(err, reactor.ErrClosed) {
		return shutdownError{}
	}
	if err != nil {
		return err
	}
	if f.word.Load()&wakeSingly != 0 {
		reg.SetWakeOne(reactor.Read)
	}
	f.reg.Store(reg)
	return nil
}

// Registration returns f's registration, or nil if it has none. It is for tests.
func (f *FD) Registration() *reactor.Registration { return f.reg.Load() }

// Await follows a try with co's context that was not Done: it suspends the body of co, or registers f. When it
// returns nil, it is time for another try. On an error, and when the body is unwound by force, Await takes out the
// waker and settles the alarm.
func (f *FD) Await(co *coro.Co, d reactor.Direction, p Progress) error {
	if p == Unregistered {
		return f.Register(co.Context())
	}
	return f.suspend(co, d)
}

func (f *FD) suspend(co *coro.Co, d reactor.Direction) (err error) {
	w := co.Context().Waker() // a body that is dropped is polled with the context of another task
	err = core.ErrCancelled   // the error if Suspend never returns
	defer func() {
		if err != nil {
			if reg := f.reg.Load(); reg != nil {
				reg.Unwait(w, d)
			}
			if t := f.times.Load(); t != nil {
				t[d].settle(co.Context().Host())
			}
		}
	}()
	err = co.Suspend()
	return err
}

// Unwait takes w out of the waiters for direction d, and turns the deadline's alarm off if it was the last one. If w
// was woken to set that alarm, Unwait wakes another waiter in its place. Any goroutine.
func (f *FD) Unwait(w core.Waker, d reactor.Direction) {
	if reg := f.reg.Load(); reg != nil {
		reg.Unwait(w, d)
	}
	if t := f.times.Load(); t != nil {
		t[d].settleAnywhere()
	}
}

func waitFor(d reactor.Direction) core.Wait {
	if d == reactor.Read {
		return core.WaitRead
	}
	return core.WaitWrite
}
