package timer_test

import (
	"slices"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/timer"
)

const ms = time.Millisecond

// every returns an interval with a behaviour for missed ticks and no other option.
func every(period time.Duration, missed timer.MissedTicks) *timer.Interval {
	return timer.NewInterval(period, timer.IntervalOptions{Missed: missed})
}

// A tick is when it was due and when it was taken, since the epoch.
type tick struct{ due, at time.Duration }

// takeNow polls until pending and returns the ticks.
func takeNow(h *coretest.Host, w core.Waker, i *timer.Interval) (ticks []tick) {
	for {
		due, ok := poll(h, w, i)
		if !ok {
			return ticks
		}
		ticks = append(ticks, tick{due.Sub(h.Epoch()), h.Now()})
	}
}

// ticksUntil takes ticks as they come, until the clock is at end.
func ticksUntil(h *coretest.Host, i *timer.Interval, end time.Duration) (ticks []tick) {
	w := &waker{}
	for {
		ticks = append(ticks, takeNow(h, w, i)...)
		if h.Now() >= end {
			return ticks
		}
		h.Advance(ms)
	}
}

func check(t *testing.T, what string, have, want []tick) {
	t.Helper()
	if !slices.Equal(have, want) {
		t.Errorf("%s: have %v\n\twant %v", what, have, want)
	}
}

func TestTheFirstTickComesAfterOnePeriod(t *testing.T) {
	h := newHost(t)
	h.Advance(7 * ms)
	i := every(10*ms, timer.Burst)
	h.Advance(time.Hour) // it runs from its first poll
	start := h.Now()
	have := ticksUntil(h, i, start+35*ms)
	check(t, "ticks", have, []tick{
		{start + 10*ms, start + 10*ms}, {start + 20*ms, start + 20*ms}, {start + 30*ms, start + 30*ms},
	})
}

func TestAnIntervalThatStartsAtOnceTicksAtItsFirstPoll(t *testing.T) {
	h := newHost(t)
	h.Advance(7 * ms)
	i := timer.NewInterval(10*ms, timer.IntervalOptions{AtOnce: true})
	check(t, "ticks", ticksUntil(h, i, 30*ms), []tick{{7 * ms, 7 * ms}, {17 * ms, 17 * ms}, {27 * ms, 27 * ms}})
}

func TestAnIntervalThatStartsAtAnInstant(t *testing.T) {
	tests := []struct {
		name   string
		start  time.Duration // since the epoch; the first poll is at 50 ms
		missed timer.MissedTicks
		want   []tick
	}{
		{"to come", 75 * ms, timer.Burst, []tick{{75 * ms, 75 * ms}, {95 * ms, 95 * ms}}},
		{"now", 50 * ms, timer.Burst, []tick{{50 * ms, 50 * ms}, {70 * ms, 70 * ms}, {90 * ms, 90 * ms}}},
		{"past, burst", 15 * ms, timer.Burst, []tick{
			{15 * ms, 50 * ms}, {35 * ms, 50 * ms}, {55 * ms, 55 * ms}, {75 * ms, 75 * ms}, {95 * ms, 95 * ms},
		}},
		{"past, delay", 15 * ms, timer.Delay, []tick{{15 * ms, 50 * ms}, {70 * ms, 70 * ms}, {90 * ms, 90 * ms}}},
		{"past, skip", 15 * ms, timer.Skip, []tick{
			{15 * ms, 50 * ms}, {55 * ms, 55 * ms}, {75 * ms, 75 * ms}, {95 * ms, 95 * ms},
		}},
	}
	for _, test := range tests {
		h := newHost(t)
		h.Advance(50 * ms)
		i := timer.NewInterval(20*ms, timer.IntervalOptions{
			Missed: test.missed, Start: h.Epoch().Add(test.start),
		})
		check(t, test.name, ticksUntil(h, i, 100*ms), test.want)
	}
}

func TestAPeriodThatIsTooLongNeverComes(t *testing.T) {
	for _, missed := range []timer.MissedTicks{timer.Burst, timer.Delay, timer.Skip} {
		h := newHost(t)
		h.Advance(time.Hour)
		i, w := timer.NewInterval(never, timer.IntervalOptions{Missed: missed, AtOnce: true}), &waker{}
		if n := len(takeNow(h, w, i)); n != 1 {
			t.Errorf("behaviour %v: %d ticks at once, want 1", missed, n)
		}
		h.Advance(200 * 365 * 24 * time.Hour)
		if n := len(takeNow(h, w, i)); n != 0 || w.wakes != 0 {
			t.Errorf("behaviour %v: %d ticks after two centuries, %d wakes", missed, n, w.wakes)
		}
		i.Drop()
	}
}

func TestBadIntervalsAreRefused(t *testing.T) {
	h := newHost(t)
	i := every(time.Second, timer.Burst)
	tests := []struct {
		want string
		f    func()
	}{
		{"timer: NewInterval with a period of 0s, which is not positive", func() { every(0, timer.Burst) }},
		{"timer: NewInterval with a period of -1s, which is not positive", func() { every(-time.Second, timer.Burst) }},
		{"timer: NewInterval with MissedTicks 3, which is not defined", func() { every(1, timer.Skip+1) }},
		{"timer: NewInterval with both AtOnce and Start", func() {
			timer.NewInterval(1, timer.IntervalOptions{AtOnce: true, Start: h.Epoch()})
		}},
		{"timer: SetPeriod to a period of 0s, which is not positive", func() { i.SetPeriod(0) }},
		{"timer: an Interval is made by NewInterval", func() { poll(h, &waker{}, new(timer.Interval)) }},
	}
	for _, test := range tests {
		func() {
			defer func() {
				if v := recover(); v != test.want {
					t.Errorf("have %v\n\twant %v", v, test.want)
				}
			}()
			test.f()
		}()
	}
}

func TestANewPeriodCountsFromTheNextTickOn(t *testing.T) {
	h := newHost(t)
	i := every(10*ms, timer.Skip)
	ticksUntil(h, i, 15*ms)
	i.SetPeriod(25 * ms)
	if i.Period() != 25*ms {
		t.Errorf("the period is %v", i.Period())
	}
	check(t, "ticks", ticksUntil(h, i, 80*ms), []tick{{20 * ms, 20 * ms}, {45 * ms, 45 * ms}, {70 * ms, 70 * ms}})
}

func TestResetStartsThePeriodAnew(t *testing.T) {
	h := newHost(t)
	i, w := every(10*ms, timer.Burst), &waker{}
	poll(h, w, i)
	h.Advance(8 * ms)
	i.Reset() // while it is polled: from now
	check(t, "polled", ticksUntil(h, i, 20*ms), []tick{{18 * ms, 18 * ms}})

	h.Advance(30 * ms)
	i.Reset() // forgets what was missed, and from the next poll, for it is armed no more
	check(t, "missed", ticksUntil(h, i, 60*ms), []tick{{60 * ms, 60 * ms}})

	i.SetPeriod(20 * ms)
	i.Reset()
	check(t, "with a new period", ticksUntil(h, i, 80*ms), []tick{{80 * ms, 80 * ms}})

	i = every(10*ms, timer.Burst)
	i.SetPeriod(7 * ms)
	i.Reset() // before the first poll
	check(t, "unpolled", ticksUntil(h, i, 90*ms), []tick{{87 * ms, 87 * ms}})
}

func TestResetWakesInTimeWithoutAPoll(t *testing.T) {
	h := newHost(t)
	i, w := every(time.Hour, timer.Burst), &waker{}
	poll(h, w, i)
	i.ResetUntil(h.Epoch().Add(10 * ms))
	h.Advance(10 * ms)
	if w.wakes != 1 {
		t.Errorf("%d wakes, want 1", w.wakes)
	}
	check(t, "ticks", takeNow(h, w, i), []tick{{10 * ms, 10 * ms}})
	i.ResetUntil(time.Time{}) // long ago
	if n := len(takeNow(h, w, every(time.Hour, timer.Skip))); n != 0 {
		t.Errorf("%d ticks", n)
	}
	if _, ok := poll(h, w, i); !ok {
		t.Error("reset to the zero time: pending")
	}
}
