package netfd

import (
	"sync"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/reactor"
)

// times are the deadlines of a socket, by direction.
type times [2]limit

// A limit is the deadline of one direction. A single alarm serves all that wait for the direction.
// It is armed from when somebody waits until an operation of the direction ends, so that a socket
// nobody waits on leaves nothing in a wheel.
//
// # Why no deadline is missed
//
// While somebody waits and there is a deadline, (1) the alarm is set for it or earlier, or (2) one of those that
// wait has been woken and has yet to look, or (3) all have. The waiter that is woken finds the deadline over, and
// wakes all others; or it waits again, and sets the alarm for all; or its operation ends, or is given up: then
// settle or settleAnywhere wakes the next one. So (2) leads to (1), or on to another waiter, or to (3).
//
// What ends (1): the alarm rings, which wakes all if the deadline is over and one if it has been put off, or the
// deadline is set to an earlier time, which wakes all if that is over and one if not. A deadline that is put off
// wakes nobody.
type limit struct {
	fd        *FD
	direction reactor.Direction

	mu       sync.Mutex
	deadline time.Time // zero for none
	alarm    Alarm     // its lock is taken under mu
}

// SetDeadline sets when operations in direction d fail, pending ones included; the zero Time is
// never. Any goroutine. It returns net.ErrClosed once f is closed.
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

// set keeps at with a monotonic reading: what happens to the wall clock after this call does not move it. It wakes
// all that wait if it is over, and one of them if it is too early for the alarm: that one sets it.
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
	default: // also where the clock of a host says that it is over
		l.fd.wakeOne(l.direction)
	}
}

// covered reports whether those that wait are woken in time. Under mu.
func (l *limit) covered() bool { return l.deadline.IsZero() || l.alarm.SetBy(l.deadline) }

// ring implements rings. The wakers are called outside mu.
func (l *limit) ring(h core.Host, due bool) {
	if !due || l.passed(h) {
		l.fd.wake(l.direction)
		return
	}
	l.mu.Lock()
	covered := l.covered()
	l.mu.Unlock()
	if !covered { // the deadline has been put off
		l.fd.wakeOne(l.direction)
	}
}

// passed reports whether it is too late by the clock of h.
func (l *limit) passed(h core.Host) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.deadline.IsZero() && h.Now() >= l.deadline.Sub(h.Epoch())
}

// arm sees to it that those who wait are woken at the deadline. On h.
func (l *limit) arm(h core.Host) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.deadline.IsZero() {
		l.alarm.Clear(h)
		return
	}
	l.alarm.Set(h, l.deadline)
}

// settle turns the alarm off after an operation of the direction has ended, unless others still wait; if they do and
// it is not set, settle wakes the next one. On h.
//
// A waiter (1) registers its waker, (2) arms the alarm under mu. An operation that ends (1) is not registered,
// (2) looks for waiters under mu, and turns the alarm off if there is none. Whichever comes first, a waiter has
// its alarm, and the last operation to end leaves none.
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

// awaited reports whether anybody waits for direction d.
func (f *FD) awaited(d reactor.Direction) bool {
	reg := f.reg.Load()
	return reg != nil && reg.HasWaiters(d)
}

// deadline is that of direction d; zero for none.
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
