package timer

import (
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// MissedTicks says how an [Interval] treats ticks that its task did not take in time, because
// the task was busy. For a period of 10, and a task that takes a tick at 20 and
// polls for the next one at 45:
//
//	due     10   20   30   40   50   60   70
//	Burst   10   20   45 45     50   60   70     all of them, as fast as they are taken
//	Delay   10   20   45          55   65        a full period after the late one
//	Skip    10   20   45        50   60   70     one tick for all that were missed
type MissedTicks uint8

const (
	// Burst catches up: it delivers every tick of the schedule, so that the number of ticks equals the
	// number of periods that have passed.
	Burst MissedTicks = iota
	// Delay restarts the schedule from a late tick, so that two ticks are at least a period
	// apart. A tick that is late by less than 5 ms, or by less than a period if that is shorter,
	// counts as punctual, so that the resolution of the clock does not make the ticks drift.
	Delay
	// Skip discards the ticks that were missed and keeps the schedule.
	Skip
)

// String returns the name of the behaviour.
func (m MissedTicks) String() string {
	if int(m) < len(missedNames) {
		return missedNames[m]
	}
	return "invalid"
}

var missedNames = [...]string{"burst", "delay", "skip"}

// lateTolerance is how late a tick may be for Delay to keep the schedule. The resolution of the wheel is one
// fifth of it; the rest is for polls of other tasks.
const lateTolerance = 5 * wheel.Tick

// IntervalOptions are the options of [NewInterval]. The zero value is valid.
type IntervalOptions struct {
	// Missed says what happens to ticks that were missed.
	Missed MissedTicks
	// Start is when the first tick is due; the others follow at the period. If Start is past, the first
	// tick comes at once, and the ticks between it and now have been missed. The zero time
	// means a period after the first poll.
	Start time.Time
	// AtOnce makes the first poll a tick. It excludes Start.
	AtOnce bool
}

// An Interval ticks at a period. It is a future that can be polled again after it has completed:
// it completes at each tick, with the instant at which the tick was due.
//
// It is never early. A combinator may drop it and poll it again later, as a loop
// around a race does: the schedule continues meanwhile. It belongs to one task, as a [Timer] does,
// and must not be copied.
//
// Ordinary goroutines use time.Ticker.
type Interval struct {
	timer  Timer     // until the next tick
	next   time.Time // the timer's until points here, once that is not nil
	period time.Duration
	missed MissedTicks
}

var (
	_ core.Future[time.Time] = (*Interval)(nil)
	_ core.Dropper           = (*Interval)(nil)
)

// NewInterval returns an interval whose first tick is due a period after its first poll, unless
// the options say otherwise. A period that is not positive panics, and so do invalid options. A tick
// beyond the limit of a time.Duration never comes.
func NewInterval(period time.Duration, opts IntervalOptions) *Interval {
	checkPeriod("NewInterval with", period)
	if opts.Missed > Skip {
		panic(fmt.Sprintf("timer: NewInterval with MissedTicks %d, which is not defined", opts.Missed))
	}
	if opts.AtOnce && !opts.Start.IsZero() {
		panic("timer: NewInterval with both AtOnce and Start")
	}
	i := &Interval{period: period, missed: opts.Missed}
	if !opts.Start.IsZero() {
		i.schedule(opts.Start)
	}
	if !opts.AtOnce {
		i.timer.d = period
	}
	return i
}

func checkPeriod(where string, period time.Duration) {
	if period <= 0 {
		panic(fmt.Sprintf("timer: %s a period of %v, which is not positive", where, period))
	}
}

// Poll returns the instant at which the next tick was due, once it has come.
func (i *Interval) Poll(cx *core.Context) (time.Time, bool) {
	if i.period == 0 {
		panic("timer: an Interval is made by NewInterval")
	}
	t, h := &i.timer, cx.Host()
	if t.until == nil {
		i.pin()
	}
	if t.until == nil {
		i.schedule(h.Epoch().Add(saturate(cx.Now(), t.d)))
	}
	due, ok := t.poll(cx)
	if !ok {
		return time.Time{}, false
	}
	i.schedule(h.Epoch().Add(i.after(due, cx.Now())))
	return h.Epoch().Add(due), true
}

// schedule makes the next tick due at t.
func (i *Interval) schedule(t time.Time) {
	i.next = t
	i.timer.until = &i.next
}

// after returns when the next tick is due, after the tick of due was taken at now.
func (i *Interval) after(due, now time.Duration) time.Duration {
	late := uint64(now) - uint64(due) // more than a Duration holds, for a start long ago
	switch period := uint64(i.period); {
	case i.missed == Delay && late >= min(period, uint64(lateTolerance)):
		due = now
	case i.missed == Skip:
		due = now - time.Duration(late%period)
	}
	return saturate(due, i.period)
}

// pin keeps the deadline of an armed timer, as an instant of the host's clock, so that it
// survives a Drop. The wall clock has no effect on it any more.
func (i *Interval) pin() {
	t := &i.timer
	if t.host == nil {
		return
	}
	switch at := t.entry.Deadline(); at {
	case math.MaxInt64, math.MinInt64: // saturated: the original instant is more exact
	default:
		i.schedule(t.host.Epoch().Add(at))
	}
}

// Drop disarms the timer of a pending Poll. The next tick stays due when it was: the interval can be polled
// again, and continues.
func (i *Interval) Drop() {
	i.pin()
	i.timer.Drop()
}

// Tick suspends the body of co until the next tick, and returns the instant at which it was due.
// If co is cancelled, it returns the reason as the error, and no tick is lost.
func (i *Interval) Tick(co *coro.Co) (time.Time, error) {
	return coro.Await[time.Time](co, i)
}

// Ticks returns an iterator over the ticks. If co is cancelled, it yields the reason as an error, and ends.
func (i *Interval) Ticks(co *coro.Co) iter.Seq2[time.Time, error] {
	return func(yield func(time.Time, error) bool) {
		for {
			at, err := i.Tick(co)
			if !yield(at, err) || err != nil {
				return
			}
		}
	}
}

// Period returns the period.
func (i *Interval) Period() time.Duration { return i.period }

// SetPeriod changes the period; one that is not positive panics. The next tick stays due when it was; the
// others follow at the new period. A Reset applies the new period to the next tick too.
func (i *Interval) SetPeriod(period time.Duration) {
	checkPeriod("SetPeriod to", period)
	i.period = period
}

// Reset makes the next tick due a period from now if the interval is being polled, and a period
// from the next poll if it is not: before the first poll, and between a tick and the poll
// for the next. It discards ticks that were missed.
func (i *Interval) Reset() { i.timer.Reset(i.period) }

// ResetUntil makes the next tick due at t; the others follow at the period. If t is past, the ticks between
// it and now have been missed, as with [IntervalOptions.Start]. The zero time has no special meaning here.
func (i *Interval) ResetUntil(t time.Time) {
	i.schedule(t)
	i.timer.rearm()
}
