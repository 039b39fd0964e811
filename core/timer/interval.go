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

// MissedTicks is what an [Interval] does about ticks that nobody asked for in time, because its
// task was busy with something else. For a period of 10, and a task that takes a tick at 20 and
// asks for the next one at 45:
//
//	due     10   20   30   40   50   60   70
//	Burst   10   20   45 45     50   60   70     all of them, as fast as they are asked for
//	Delay   10   20   45          55   65        a full period after the late one
//	Skip    10   20   45        50   60   70     the late one stands for all that were missed
type MissedTicks uint8

const (
	// Burst catches up: no tick is left out, and they are those of the schedule. The number of
	// ticks is that of the periods that have passed.
	Burst MissedTicks = iota
	// Delay starts the schedule anew from a tick that was late, so that a period at least lies
	// between two ticks. A tick that is late by less than 5 ms, or a whole period if that is less,
	// counts as punctual, so that the grain of the clock does not make the ticks drift.
	Delay
	// Skip leaves out the ticks that were missed and keeps to the schedule.
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

// punctual is how late a tick may be for Delay to keep to the schedule. The wheel accounts for one
// tick of it, and polls of other tasks for the rest.
const punctual = 5 * wheel.Tick

// IntervalOptions are the options of [NewInterval]. The zero value is good.
type IntervalOptions struct {
	// Missed says what becomes of ticks that were missed.
	Missed MissedTicks
	// Start is when the first tick is due; the others follow at the period. The first of a Start
	// that is past is there at once, and those between it and now have been missed. The zero time
	// stands for a period after the first poll.
	Start time.Time
	// AtOnce makes the first poll a tick. It excludes Start.
	AtOnce bool
}

// An Interval ticks at a period. It is a future that can be polled again after it has answered:
// each answer is a tick, with the instant at which it was due.
//
// It is never early. A combinator may drop it and poll it again later, as a loop
// around a race does: the schedule goes on meanwhile. It belongs to one task, as a [Timer] does,
// and must not be copied.
//
// Plain goroutines have time.Ticker.
type Interval struct {
	timer  Timer     // until the next tick
	next   time.Time // what the timer's until points at, once that is not nil
	period time.Duration
	missed MissedTicks
}

var (
	_ core.Future[time.Time] = (*Interval)(nil)
	_ core.Dropper           = (*Interval)(nil)
)

// NewInterval returns an interval whose first tick is due a period after its first poll, unless
// the options say otherwise. The period must be positive; one so long that a tick lies beyond what
// a time.Duration can name never brings that tick.
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

// Poll answers with the instant at which the next tick was due, once that has come.
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

// after returns when the tick after the one of due comes, which was taken at now.
func (i *Interval) after(due, now time.Duration) time.Duration {
	late := uint64(now) - uint64(due) // more than a Duration holds, for a start long ago
	switch period := uint64(i.period); {
	case i.missed == Delay && late >= min(period, uint64(punctual)):
		due = now
	case i.missed == Skip:
		due = now - time.Duration(late%period)
	}
	return saturate(due, i.period)
}

// pin makes the instant of an armed timer the one that it is worked out from again, so that it
// outlives a Drop. It is that of the host's clock, whatever the wall clock says by then.
func (i *Interval) pin() {
	t := &i.timer
	if t.host == nil {
		return
	}
	switch at := t.entry.Deadline(); at {
	case math.MaxInt64, math.MinInt64: // further away than that: the instant itself is better
	default:
		i.schedule(t.host.Epoch().Add(at))
	}
}

// Drop takes back what a pending Poll has armed. The next tick stays when it is: polled again, the
// interval goes on.
func (i *Interval) Drop() {
	i.pin()
	i.timer.Drop()
}

// Tick suspends the body of co until the next tick, and returns the instant at which it was due.
// The error is why co was cancelled; no tick is lost then.
func (i *Interval) Tick(co *coro.Co) (time.Time, error) {
	return coro.Await[time.Time](co, i)
}

// Ticks ranges over the ticks. If co is cancelled, the last round has the error that says why.
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

// SetPeriod changes the period, which must be positive. The next tick is due when it was; the
// others follow at the new period. Reset makes it count for the next one too.
func (i *Interval) SetPeriod(period time.Duration) {
	checkPeriod("SetPeriod to", period)
	i.period = period
}

// Reset makes the next tick due a period from now if the interval is being polled, and a period
// from the next poll if it is not, that is before the first poll and between a tick and the poll
// for another. Ticks that were missed are forgotten.
func (i *Interval) Reset() { i.timer.Reset(i.period) }

// ResetUntil makes the next tick due at t; the others follow at the period. If t is past, the ticks between
// it and now have been missed, as with [IntervalOptions.Start], but for the zero time, which here is an
// instant like any other.
func (i *Interval) ResetUntil(t time.Time) {
	i.schedule(t)
	i.timer.rearm()
}
