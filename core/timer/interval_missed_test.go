package timer_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/timer"
)

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

// If the period is shorter than the limit of punctual ticks, a tick that is late by a whole period is
// not punctual.
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

// A stall of a year brings one tick with Skip and Delay, and all missed ticks with Burst.
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

// A burst takes from the budget, so that a task that catches up starves no other.
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

// After any stalls, no tick is early, Burst and Skip stay on the schedule, Skip's ticks differ,
// Burst's are complete, and Delay's are a period apart.
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

func TestNamesOfMissedTicks(t *testing.T) {
	for m, want := range map[timer.MissedTicks]string{
		timer.Burst: "burst", timer.Delay: "delay", timer.Skip: "skip", timer.Skip + 1: "invalid",
	} {
		if have := m.String(); have != want {
			t.Errorf("have %q, want %q", have, want)
		}
	}
}
