package netfd

import (
	"sync"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/reactor"
)

// times are the deadlines of a socket, by direction.
type times [2]limit

// A limit is the deadline of one direction. A single alarm serves all waiters for the direction. It is set from when
// a task waits until an operation of the direction ends, so a socket without waiters leaves nothing in a timer wheel.
//
// # Why no deadline is missed
//
// While there are waiters and a deadline,
//
//  1. the alarm is set for the deadline or earlier; or
//  2. one waiter is woken and has not tried again yet; or
//  3. all waiters are woken and have not.
//
// The waiter of (2) finds that the deadline has passed, and wakes all others; or it waits again, and sets the alarm
// for all; or its operation ends, or is given up: then settle or settleAnywhere wakes the next one. So (2) leads to
// (1), to (2) with another waiter, or to (3).
//
// Two events end (1). The alarm rings: that wakes all waiters if the deadline has passed, and one if it was put off.
// Or the deadline is set to an earlier time: that wakes all waiters if it has passed, and one if not. A deadline that
// is put off wakes no waiter.
//
// A waiter may be an ordinary goroutine. The host of its polls is a [clock] or that of a Parker, where the alarm is a timer
// of Go. The argument holds for it: the goroutine, too, tries again whenever it is woken, and calls settle or
// settleAnywhere however it leaves (Raw.block defers an Unwait); and ring, which then runs on a goroutine of its own, only
// does what any goroutine may do. Such an alarm stays set when the goroutine leaves and others wait, so the host must not
// need the goroutine to make it ring. If the clocks of two hosts differ, as in tests, the alarm rings by the clock of the
// host that it is set on; a waiter whose clock is behind sets it again on its own host.
type limit struct {
	fd        *FD
	direction reactor.Direction

	mu       sync.Mutex
	deadline time.Time // zero for none
	alarm    Alarm     // its lock is taken under mu
}

// SetDeadline sets when operations in direction d fail, pending ones included; the zero Time means never. Any
// goroutine. It returns net.ErrClosed once f is closed.
func (f *FD) SetDeadline(d reactor.Direction, at time.Time) error {
	if err := f.Acquire(); err != nil {
		return err
	}
	defer f.Release()
	t := f.times.Load()
	if t == nil {
		if at.IsZero() {
			return nil
		}
		t = f.makeTimes()
	}
	t[d].set(at)
	return nil
}

func (f *FD) makeTimes() *times {
	t := &times{}
	for d := range t {
		l := &t[d]
		l.fd, l.direction = f, reactor.Direction(d)
		l.alarm.Init(l)
	}
	f.times.CompareAndSwap(nil, t)
	return f.times.Load()
}

// set stores the deadline with a monotonic reading, so that later changes of the wall clock do not move it. It wakes
// all waiters if the deadline has passed, and one if the alarm is set for a later time: that waiter sets the alarm.
func (l *limit) set(at time.Time) {
	at = core.Monotonic(at)
	l.mu.Lock()
	l.deadline = at
	if at.IsZero() {
		l.alarm.Off()
	}
	covered := l.covered()
	l.mu.Unlock()
	switch {
	case covered:
	case time.Until(at) <= 0:
		l.fd.wake(l.direction)
	default: // also if the deadline has passed by the clock of a host only
		l.fd.wakeOne(l.direction)
	}
}

// covered reports whether the alarm wakes the waiters in time. Under mu.
func (l *limit) covered() bool { return l.deadline.IsZero() || l.alarm.SetBy(l.deadline) }

// ring implements alarmOwner. It calls the wakers outside mu.
func (l *limit) ring(h core.Host, due bool) {
	if !due || l.passed(h) {
		l.fd.wake(l.direction)
		return
	}
	l.mu.Lock()
	covered := l.covered()
	l.mu.Unlock()
	if !covered { // the deadline was put off
		l.fd.wakeOne(l.direction)
	}
}

// passed reports whether the deadline has passed by the clock of h.
func (l *limit) passed(h core.Host) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.deadline.IsZero() && h.Now() >= l.deadline.Sub(h.Epoch())
}

// arm sets the alarm for the deadline, or clears it if there is none. On h.
func (l *limit) arm(h core.Host) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.deadline.IsZero() {
		l.alarm.Clear(h)
		return
	}
	l.alarm.Set(h, l.deadline)
}

// settle follows the end of an operation of the direction. It turns the alarm off if there is no other waiter. If
// there is one and the alarm is not set in time, settle wakes the next waiter. On h.
//
// A waiter (1) registers its waker, (2) sets the alarm under mu. An operation that ends (1) is not registered, (2)
// checks for waiters under mu, and turns the alarm off if there is none. In either order, each waiter has its alarm,
// and the last operation to end leaves none.
func (l *limit) settle(h core.Host) {
	l.mu.Lock()
	awaited := l.fd.awaited(l.direction)
	if !awaited {
		l.alarm.Clear(h)
	}
	owed := awaited && !l.covered()
	l.mu.Unlock()
	if owed {
		l.fd.wakeOne(l.direction)
	}
}

// settleAnywhere is settle on any goroutine.
func (l *limit) settleAnywhere() {
	l.mu.Lock()
	awaited := l.fd.awaited(l.direction)
	if !awaited {
		l.alarm.Off()
	}
	owed := awaited && !l.covered()
	l.mu.Unlock()
	if owed {
		l.fd.wakeOne(l.direction)
	}
}

// awaited reports whether there is a waiter for direction d.
func (f *FD) awaited(d reactor.Direction) bool {
	reg := f.reg.Load()
	return reg != nil && reg.HasWaiters(d)
}

// deadline returns that of direction d; zero for none.
func (f *FD) deadline(d reactor.Direction) time.Time {
	t := f.times.Load()
	if t == nil {
		return time.Time{}
	}
	t[d].mu.Lock()
	defer t[d].mu.Unlock()
	return t[d].deadline
}

func (t *times) close() {
	for d := range t {
		t[d].alarm.Forget()
	}
}
