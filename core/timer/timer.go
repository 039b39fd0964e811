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
	entry wheel.Entry
	host  core.Host // it is armed there; nil if it is not armed
	at    time.Duration
	// What at is worked out from at the first poll: until, or if that is zero, d.
	until time.Time
	d     time.Duration
}

var (
	_ core.Future[struct{}] = (*Timer)(nil)
	_ core.Dropper          = (*Timer)(nil)
)

// Sleep returns a timer that is over d after its first poll. A negative d counts as zero.
func Sleep(d time.Duration) *Timer { return &Timer{d: d} }

// SleepUntil returns a timer that is over at t.
func SleepUntil(t time.Time) *Timer { return &Timer{until: t} }

// Poll answers once the time has come. Before that, it has the context's waker woken then.
func (t *Timer) Poll(cx *core.Context) (struct{}, bool) {
	h, now := cx.Host(), cx.Now()
	if t.host == nil {
		t.at = t.deadline(h, now)
	} else if t.host != h {
		// The task has moved to another worker, and takes the timer along.
		t.at = saturate(t.at, t.host.Epoch().Sub(h.Epoch()))
		t.Drop()
	}
	if t.at <= now {
		if !cx.Spend() {
			return struct{}{}, false
		}
		t.Drop()
		return struct{}{}, true
	}
	if t.entry.Waker != cx.Waker() {
		t.entry.Waker = cx.Waker()
	}
	if t.host == nil {
		t.arm(h)
	}
	cx.Waits(core.WaitTime)
	return struct{}{}, false
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
	t.until, t.d = time.Time{}, d
	t.rearm()
}

// ResetUntil makes t be over at u. A timer that is over can be used again after it.
func (t *Timer) ResetUntil(u time.Time) {
	t.until, t.d = u, 0 // the zero time is past, as any other that is long ago
	t.rearm()
}

// rearm moves an armed timer at once, so that its task is woken in time without a poll in between.
func (t *Timer) rearm() {
	if h := t.host; h != nil {
		t.at = t.deadline(h, h.Now())
		t.arm(h)
	}
}

func (t *Timer) arm(h core.Host) {
	h.Arm(&t.entry, t.at)
	t.host = h
}

func (t *Timer) deadline(h core.Host, now time.Duration) time.Duration {
	if t.until.IsZero() {
		return saturate(now, t.d)
	}
	return t.until.Sub(h.Epoch())
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
