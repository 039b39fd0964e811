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
// for it, and must not be copied while it is armed. It belongs to one task: everything is called
// by who polls it, on the worker that polls.
type Timer struct {
	entry wheel.Entry // its deadline is when the timer is over, once it is armed
	host  core.Host   // it is armed there; nil if it is not armed
	// What the deadline is worked out from at the first poll: until, or if that is nil, d. A million timers
	// need no million instants that nearly all are nil.
	until *time.Time
	d     time.Duration
}

var (
	_ core.Future[struct{}] = (*Timer)(nil)
	_ core.Dropper          = (*Timer)(nil)
)

// Sleep returns a timer that is over d after its first poll. A negative d counts as zero.
func Sleep(d time.Duration) *Timer { return &Timer{d: d} }

// SleepUntil returns a timer that is over at t. A t without a monotonic reading is converted at the first
// poll: see the package comment.
func SleepUntil(t time.Time) *Timer {
	s := &struct {
		Timer
		until time.Time
	}{until: t}
	s.Timer.until = &s.until
	return &s.Timer
}

// Poll answers once the time has come. Before that, it has the context's waker woken then.
func (t *Timer) Poll(cx *core.Context) (struct{}, bool) {
	_, ok := t.poll(cx)
	return struct{}{}, ok
}

// poll is Poll and returns when t is over.
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

// reached reports whether the time has come, and when it has or will. If it has not, the context's
// waker is woken then. If it has, t stays as it is, and the caller drops it.
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
		// Nobody but this worker disarms it, and that when the time has come: mostly there is no need to look
		// at the clock.
		ok = !t.entry.Armed() || at <= cx.Now()
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
		t.entry.Waker = cx.Waker()
	}
	cx.Waits(core.WaitTime)
	return at, false
}

func (t *Timer) arm(cx *core.Context, at time.Duration) {
	t.entry.Waker = cx.Waker()
	t.host = cx.Host()
	t.host.Arm(&t.entry, at)
}

// Drop disarms t. It does nothing if t is not armed.
func (t *Timer) Drop() {
	if t.host != nil {
		t.host.Disarm(&t.entry)
		t.host = nil
		t.entry.Waker = nil
	}
}

// Reset makes t be over d from now if it is armed, and d from its next poll if it is not. A timer
// that is over can be used again after it.
func (t *Timer) Reset(d time.Duration) {
	t.until, t.d = nil, d
	t.rearm()
}

// ResetUntil makes t be over at u. A timer that is over can be used again after it. It allocates u.
func (t *Timer) ResetUntil(u time.Time) {
	t.until, t.d = &u, 0
	t.rearm()
}

// rearm moves an armed timer at once, so that its task is woken in time without a poll in between.
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

// saturate returns a + b, or the limit of what a Duration holds on the side where it exceeds it.
func saturate(a, b time.Duration) time.Duration {
	switch {
	case b > 0 && a > math.MaxInt64-b:
		return math.MaxInt64
	case b < 0 && a < math.MinInt64-b:
		return math.MinInt64
	}
	return a + b
}
