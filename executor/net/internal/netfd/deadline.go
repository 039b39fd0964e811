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
type limit struct {
	mu       sync.Mutex
	deadline time.Time // zero for none
	alarm    Alarm
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
	f.wake(d) // to look at the new one
	return nil
}

func (f *FD) makeTimes() *times {
	t := &times{}
	for d := range t {
		t[d].alarm.Init(f, reactor.Direction(d))
	}
	f.times.CompareAndSwap(nil, t)
	return f.times.Load()
}

// set keeps at with a monotonic reading: what happens to the wall clock after this call does not move it.
func (l *limit) set(at time.Time) {
	at = core.Monotonic(at)
	l.mu.Lock()
	l.deadline = at
	l.mu.Unlock()
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

// settle is called when an operation of f has ended: unless others still wait, the alarm is off. On h.
//
// A waiter (1) registers its waker, (2) arms the alarm under mu. An operation that ends (1) is not registered,
// (2) looks for waiters under mu, and turns the alarm off if there is none. Whichever comes first, a waiter has
// its alarm, and the last operation to end leaves none.
func (l *limit) settle(f *FD, d reactor.Direction, h core.Host) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !f.awaited(d) {
		l.alarm.Clear(h)
	}
}

// settleAnywhere is settle on any goroutine.
func (l *limit) settleAnywhere(f *FD, d reactor.Direction) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !f.awaited(d) {
		l.alarm.Off()
	}
}

// awaited reports whether anybody waits for direction d.
func (f *FD) awaited(d reactor.Direction) bool {
	reg := f.reg.Load()
	return reg != nil && reg.Awaited(d)
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
