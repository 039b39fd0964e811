package timer

import (
	"math"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// A Timer is a future that is ready once its time has come.
//
//	unset ---Poll---> armed ---Poll, time has come---> over
//	  ^                | ^ |                            |
//	  |                | +-+ Reset, ResetUntil          |
//	  +------Drop------+                                |
//	  +----------------Reset, ResetUntil----------------+
//
// The zero Timer is unset, with a duration of zero. It may be embedded in the future that waits
// for it, and must not be copied while it is armed. It belongs to one task: only that task's polls and
// drops call its methods, on the worker that polls.
type Timer struct {
	entry wheel.Entry // its deadline is when the timer is over, once it is armed
	host  core.Host   // the host that it is armed on; nil if it is not armed
	// The first poll computes the deadline from until or, if that is nil, from d. until is a pointer since most
	// timers have none, and an instant takes three words.
	until *time.Time
	d     time.Duration
}

var (
	_ core.Future[struct{}] = (*Timer)(nil)
	_ core.Dropper          = (*Timer)(nil)
)

// Sleep returns a timer that is over d after its first poll. A negative d counts as zero.
func Sleep(d time.Duration) *Timer { return &Timer{d: d} }

// SleepUntil returns a timer that is over at t. The first poll converts a t without a monotonic
// reading: see the package comment.
func SleepUntil(t time.Time) *Timer {
	s := &struct {
		Timer
		until time.Time
	}{until: t}
	s.Timer.until = &s.until
	return &s.Timer
}

// Poll returns true once the time has come. Before that, it arranges for the context's waker to be woken then.
func (t *Timer) Poll(cx *core.Context) (struct{}, bool) {
	_, ok := t.poll(cx)
	return struct{}{}, ok
}

// poll is Poll, and also returns when t is over.
func (t *Timer) poll(cx *core.Context) (at time.Duration, ok bool) {
	if at, ok = t.reached(cx); !ok {
		return at, false
	}
	if !cx.Spend() {
		return at, false
	}
	t.Drop()
	return at, true
}

// reached reports whether the time has come, and when it came or will come. If it has not come, reached arranges
// for the context's waker to be woken then. If it has, t stays as it is, and the caller drops it.
func (t *Timer) reached(cx *core.Context) (at time.Duration, ok bool) {
	h := cx.Host()
	if t.host != nil && t.host != h {
		core.CheckReach(h, t.host)
		// The task has moved to another worker, and takes the timer along.
		at = saturate(t.entry.Deadline(), t.host.Epoch().Sub(h.Epoch()))
		t.Drop()
		t.arm(cx, at)
	}
	if t.host != nil {
		at = t.entry.Deadline()
		// Unless timers fire apart, a poll finds one that is not armed only once it is due, and then need not read the clock.
		ok = !cx.TimersApart() && !t.entry.Armed() || at <= cx.Now()
	} else {
		now := cx.Now()
		at = t.deadline(h, now)
		if ok = at <= now; !ok {
			t.arm(cx, at)
		}
	}
	if ok {
		return at, true
	}
	if t.entry.Waker != cx.Waker() {
		t.setWaker(cx, at)
	}
	cx.Waits(core.WaitTime)
	return at, false
}

func (t *Timer) arm(cx *core.Context, at time.Duration) {
	t.entry.Waker = cx.Waker()
	t.host = cx.Host()
	t.host.Arm(&t.entry, at)
}

// setWaker changes the waker of an armed timer.
func (t *Timer) setWaker(cx *core.Context, at time.Duration) {
	if cx.TimersApart() {
		t.host.Disarm(&t.entry)
		t.arm(cx, at)
		return
	}
	t.entry.Waker = cx.Waker()
}

// Drop disarms t. It does nothing if t is not armed.
func (t *Timer) Drop() {
	if t.host != nil {
		t.host.Disarm(&t.entry)
		t.host = nil
		t.entry.Waker = nil
	}
}

// Reset makes t be over d from now if it is armed, and d from its next poll if it is not. It also makes a timer
// that is over usable again.
func (t *Timer) Reset(d time.Duration) {
	t.until, t.d = nil, d
	t.rearm()
}

// ResetUntil makes t be over at u. It also makes a timer that is over usable again. It allocates u.
func (t *Timer) ResetUntil(u time.Time) {
	t.until, t.d = &u, 0
	t.rearm()
}

// rearm moves an armed timer, so that its task is woken in time without a poll in between.
func (t *Timer) rearm() {
	if h := t.host; h != nil {
		h.Arm(&t.entry, t.deadline(h, h.Now()))
	}
}

func (t *Timer) deadline(h core.Host, now time.Duration) time.Duration {
	if t.until == nil {
		return saturate(now, t.d)
	}
	return core.TimeOn(h, *t.until)
}

// saturate returns a + b, or the limit of a Duration on the side where the sum exceeds it.
func saturate(a, b time.Duration) time.Duration {
	switch {
	case b > 0 && a > math.MaxInt64-b:
		return math.MaxInt64
	case b < 0 && a < math.MinInt64-b:
		return math.MinInt64
	}
	return a + b
}
