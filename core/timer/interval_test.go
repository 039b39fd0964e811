package timer_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/timer"
)

const ms = time.Millisecond

// every is an interval with nothing but a behaviour for missed ticks.
func every(period time.Duration, missed timer.MissedTicks) *timer.Interval {
	return timer.NewInterval(period, timer.IntervalOptions{Missed: missed})
}

// A tick is when it was due and when it was taken, since the epoch.
type tick struct{ due, at time.Duration }

// takeNow polls until pending and returns the ticks that were there.
func takeNow(h *coretest.Host, w core.Waker, i *timer.Interval) (ticks []tick) {
	for {
		due, ok := poll(h, w, i)
		if !ok {
			return ticks
		}
		ticks = append(ticks, tick{due.Sub(h.Epoch()), h.Now()})
	}
}

// ticksUntil takes ticks as they come, until the clock stands at end.
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

// A start so long ago that the distance to it is more than a Duration holds.
func TestAStartAnEternityAgoIsMissedTicksAndNothingWorse(t *testing.T) {
	for _, missed := range []timer.MissedTicks{timer.Delay, timer.Skip} {
		h := newHost(t)
		h.Advance(100 * 365 * 24 * time.Hour)
		now := h.Now()
		i := timer.NewInterval(time.Second, timer.IntervalOptions{
			Missed: missed, Start: time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC),
		})
		ticks := takeNow(h, &waker{}, i)
		if len(ticks) != 1 || ticks[0].due != math.MinInt64 {
			t.Errorf("behaviour %v: have %v", missed, ticks)
		}
		ticks = ticksUntil(h, i, now+time.Second)
		if len(ticks) != 1 || ticks[0].due <= now || ticks[0].due > now+time.Second {
			t.Errorf("behaviour %v: the second tick: have %v", missed, ticks)
		}
	}
}

func TestMissedTicks(t *testing.T) {
	tests := []struct {
		name   string
		missed timer.MissedTicks
		stall  time.Duration // from the tick at 20 ms on
		want   []tick        // after it, up to 75 ms
	}{
		{"no stall", timer.Delay, 0, []tick{{30, 30}, {40, 40}, {50, 50}, {60, 60}, {70, 70}}},
		{"within the period", timer.Burst, 8, []tick{{30, 30}, {40, 40}, {50, 50}, {60, 60}, {70, 70}}},
		{"late", timer.Burst, 17, []tick{{30, 37}, {40, 40}, {50, 50}, {60, 60}, {70, 70}}},
		{"late", timer.Delay, 17, []tick{{30, 37}, {47, 47}, {57, 57}, {67, 67}}},
		{"late", timer.Skip, 17, []tick{{30, 37}, {40, 40}, {50, 50}, {60, 60}, {70, 70}}},
		{"hardly late", timer.Delay, 14, []tick{{30, 34}, {40, 40}, {50, 50}, {60, 60}, {70, 70}}},
		{"missed", timer.Burst, 35, []tick{{30, 55}, {40, 55}, {50, 55}, {60, 60}, {70, 70}}},
		{"missed", timer.Delay, 35, []tick{{30, 55}, {65, 65}, {75, 75}}},
		{"missed", timer.Skip, 35, []tick{{30, 55}, {60, 60}, {70, 70}}},
		{"missed, to the instant", timer.Burst, 30, []tick{{30, 50}, {40, 50}, {50, 50}, {60, 60}, {70, 70}}},
		{"missed, to the instant", timer.Delay, 30, []tick{{30, 50}, {60, 60}, {70, 70}}},
		{"missed, to the instant", timer.Skip, 30, []tick{{30, 50}, {60, 60}, {70, 70}}},
	}
	for _, test := range tests {
		h := newHost(t)
		i := every(10*ms, test.missed)
		ticksUntil(h, i, 20*ms)
		h.Advance(test.stall * ms)
		for j := range test.want {
			test.want[j].due *= ms
			test.want[j].at *= ms
		}
		check(t, fmt.Sprintf("%s, behaviour %v", test.name, test.missed), ticksUntil(h, i, 75*ms), test.want)
	}
}

// Where the period is shorter than what counts as punctual, a tick that is a whole period late is
// not.
func TestDelayWithAShortPeriod(t *testing.T) {
	h := newHost(t)
	i := every(2*ms, timer.Delay)
	have := ticksUntil(h, i, 2*ms)
	h.Advance(3 * ms)
	have = append(have, ticksUntil(h, i, 6*ms)...)
	h.Advance(4 * ms)
	have = append(have, ticksUntil(h, i, 12*ms)...)
	check(t, "ticks", have, []tick{{2 * ms, 2 * ms}, {4 * ms, 5 * ms}, {6 * ms, 6 * ms}, {8 * ms, 10 * ms}, {12 * ms, 12 * ms}})
}

// A stall of a year costs Skip and Delay one tick, and Burst as many as it was told to give.
func TestALongStall(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for _, missed := range []timer.MissedTicks{timer.Delay, timer.Skip} {
		h := newHost(t)
		i := every(time.Second, missed)
		takeNow(h, &waker{}, i)
		h.Advance(year + 300*ms)
		check(t, "at once", takeNow(h, &waker{}, i), []tick{{time.Second, h.Now()}})
		next := year + time.Second
		if missed == timer.Delay {
			next += 300 * ms
		}
		check(t, "then", ticksUntil(h, i, next), []tick{{next, next}})
	}
	h := newHost(t)
	i := every(time.Hour, timer.Burst)
	takeNow(h, &waker{}, i)
	h.Advance(year)
	if n := len(takeNow(h, &waker{}, i)); n != 365*24 {
		t.Errorf("burst: %d ticks, want one for each hour", n)
	}
}

// A burst takes from the budget, so that a task that catches up starves nobody.
func TestABurstTakesFromTheBudget(t *testing.T) {
	h := newHost(t)
	i, w := every(ms, timer.Burst), &waker{}
	poll(h, w, i)
	h.Advance(time.Second)
	cx, n := h.Context(), 0
	cx.ForHost().Begin(w)
	for ; ; n++ {
		if _, ok := i.Poll(cx); !ok {
			break
		}
	}
	if n != core.DefaultBudget || !cx.ForHost().Yielded() {
		t.Errorf("%d ticks in one poll, yielded %t", n, cx.ForHost().Yielded())
	}
}

// Whatever the stalls, no tick is early, Burst and Skip stay on the schedule, Skip's ticks differ,
// Burst's are all there, and Delay's lie a period apart.
func TestTicksKeepTheirPromisesUnderRandomStalls(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		h := newHost(t)
		period := time.Duration(1 + r.Int64N(int64(20*ms)))
		missed := timer.MissedTicks(seed % 3)
		i, w := every(period, missed), &waker{}
		var ticks []tick
		for range 300 {
			ticks = append(ticks, takeNow(h, w, i)...)
			h.Advance(time.Duration(r.Int64N(int64(3 * period))))
			if r.IntN(4) == 0 {
				i.Drop()
			}
		}
		for j, k := range ticks {
			if k.at < k.due {
				t.Fatalf("seed %d: early: %v", seed, k)
			}
			if missed != timer.Delay && k.due%period != 0 {
				t.Fatalf("seed %d: off the schedule of %v: %v", seed, period, k)
			}
			if j == 0 {
				continue
			}
			last := ticks[j-1]
			switch step := k.due - last.due; {
			case step <= 0, missed == timer.Burst && step != period, missed == timer.Delay && step < period:
				t.Fatalf("seed %d: behaviour %d, period %v: %v after %v", seed, missed, period, k, last)
			case missed == timer.Skip && k.due <= last.at:
				t.Fatalf("seed %d: a tick of the past was not skipped: %v after %v", seed, k, last)
			}
		}
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

// A loop around a race drops the interval in every round. Its schedule must not start anew each
// time, or a busy loop would never see a tick.
func TestADroppedIntervalGoesOn(t *testing.T) {
	for name, drop := range map[string]func(*timer.Interval){
		"dropped":           (*timer.Interval).Drop,
		"reset and dropped": func(i *timer.Interval) { i.Drop(); i.Drop() },
	} {
		h := newHost(t)
		i, w := every(10*ms, timer.Burst), &waker{}
		poll(h, w, i)
		for range 3 {
			h.Advance(3 * ms)
			drop(i)
			if n := len(takeNow(h, w, i)); n != 0 {
				t.Fatalf("%s: a tick at %v", name, h.Now())
			}
		}
		i.Drop()
		h.Advance(ms)
		if w.wakes != 0 {
			t.Errorf("%s: woken after Drop", name)
		}
		check(t, name, takeNow(h, w, i), []tick{{10 * ms, 10 * ms}})
	}
	h := newHost(t)
	i := every(10*ms, timer.Burst)
	poll(h, &waker{}, i)
	h.Advance(5 * ms)
	i.Reset()
	i.Drop()
	h.Advance(5 * ms)
	check(t, "reset while armed, and dropped", ticksUntil(h, i, 20*ms), []tick{{15 * ms, 15 * ms}})

	i.Reset()
	h.Advance(3 * ms)
	poll(h, &waker{}, i)
	i.Drop()
	check(t, "reset while armed, polled and dropped", ticksUntil(h, i, 30*ms), []tick{{30 * ms, 30 * ms}})
}

func TestAnIntervalInARace(t *testing.T) {
	h := newHost(t)
	i := every(10*ms, timer.Burst)
	s := coro.New(func(co *coro.Co) (ticks int, err error) {
		for range 40 {
			r := future.Select2[time.Time, struct{}](i, timer.Sleep(3*ms))
			e, err := coro.Await(co, r)
			if err != nil {
				return ticks, err
			}
			if e.Index == 0 {
				ticks++
			}
		}
		return ticks, nil
	})
	h.Spawn(&s.Task)
	h.Run()
	ticks, err, _ := s.Take()
	if want := int(h.Now() / (10 * ms)); ticks < want-1 || ticks > want || err != nil {
		t.Errorf("%d ticks in %v, %v", ticks, h.Now(), err)
	}
}

func TestAnIntervalFollowsItsTaskToAnotherHost(t *testing.T) {
	first, second := newHost(t), lateEpoch{newHost(t), time.Minute}
	i, w := every(90*time.Second, timer.Burst), &waker{}
	poll(first, w, i)
	first.Advance(time.Minute) // second starts here
	cx := core.NewContext(second)
	next := func() (time.Time, bool) { cx.ForHost().Begin(w); return i.Poll(cx) }
	if _, ok := next(); ok {
		t.Fatal("a tick too early")
	}
	second.Advance(30 * time.Second)
	if due, ok := next(); !ok || due.Sub(first.Epoch()) != 90*time.Second {
		t.Errorf("have %v, %t", due, ok)
	}
	first.Advance(2 * time.Minute) // and back, between two ticks
	if due, ok := poll(first, w, i); !ok || due.Sub(first.Epoch()) != 3*time.Minute {
		t.Errorf("have %v, %t", due, ok)
	}
}

func TestTickOfACancelledBodyLosesNothing(t *testing.T) {
	h := newHost(t)
	i := every(10*ms, timer.Burst)
	s := coro.New(func(co *coro.Co) (due time.Time, err error) {
		err = coro.WithTimeout(co, 15*ms, func(co *coro.Co) error {
			for at, err := range i.Ticks(co) {
				if due = at; err != nil {
					return err
				}
			}
			return nil
		})
		if err != core.ErrDeadlineExceeded || !due.IsZero() {
			t.Errorf("the last round has %v, %v", due, err)
		}
		return i.Tick(co)
	})
	h.Spawn(&s.Task)
	h.Run()
	if due, err, _ := s.Take(); due.Sub(h.Epoch()) != 20*ms || err != nil || h.Now() != 20*ms {
		t.Errorf("have %v, %v at %v", due, err, h.Now())
	}
}

func TestAnAbortedIntervalLeavesNothingArmed(t *testing.T) {
	h := newHost(t)
	polled := spawn(t, h, core.Future[time.Time](every(time.Hour, timer.Burst)))
	direct := coro.New(every(time.Hour, timer.Burst).Tick)
	h.Spawn(&direct.Task)
	settle(h)
	polled.Abort()
	direct.Abort()
	h.Run()
	if h.Now() != 0 {
		t.Errorf("the clock went on to %v for a timer that nobody waits for", h.Now())
	}
}

func TestATickAllocatesNothing(t *testing.T) {
	h := newHost(t)
	i, w := every(time.Second, timer.Burst), &waker{}
	if n := testing.AllocsPerRun(100, func() {
		poll(h, w, i)
		h.Advance(time.Second)
		if _, ok := poll(h, w, i); !ok {
			t.Fatal("pending after its time")
		}
	}); n != 0 {
		t.Errorf("poll style: %v allocations, want 0", n)
	}
	ticks := 0
	s := coro.New(func(co *coro.Co) (int, error) {
		for _, err := range every(time.Second, timer.Delay).Ticks(co) {
			if err != nil {
				return 0, err
			}
			ticks++
		}
		return 0, nil
	})
	h.Spawn(&s.Task)
	h.RunFor(time.Second)
	if n := testing.AllocsPerRun(100, func() { h.RunFor(time.Second) }); n != 0 || ticks != 102 {
		t.Errorf("direct style: %v allocations, want 0, in %d ticks", n, ticks)
	}
}

func TestNamesOfMissedTicks(t *testing.T) {
	for m, want := range map[timer.MissedTicks]string{
		timer.Burst: "burst", timer.Delay: "delay", timer.Skip: "skip", timer.Skip + 1: "invalid",
	} {
		if have := m.String(); have != want {
			t.Errorf("have %q, want %q", have, want)
		}
	}
}
