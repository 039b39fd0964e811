package wheel_test

import (
	"math"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// revolution is the time in which a level wraps.
func revolution(level int) time.Duration { return wheel.SlotTime(level) * wheel.SlotsPerLevel }

// Deadlines around the ticks at which a digit changes, in wheels whose time is
// around such ticks.
func TestEveryLevelWraps(t *testing.T) {
	for level := range wheel.Levels {
		for _, unit := range []time.Duration{wheel.SlotTime(level), revolution(level)} {
			for _, start := range []time.Duration{0, unit - ms, unit, unit + ms, 63*unit - ms, 63 * unit} {
				for _, ahead := range []time.Duration{ms, unit - ms, unit, unit + ms, 62*unit + ms, 63 * unit, 64*unit - ms, 64 * unit, 65 * unit} {
					testOneDeadline(t, start, start+ahead)
				}
			}
		}
	}
}

// testOneDeadline checks one timer with a wheel that gets every tick near
// the deadline, and with one that only jumps.
func testOneDeadline(t *testing.T, start, deadline time.Duration) {
	t.Helper()
	for _, lead := range []time.Duration{0, 1, 2, 64, 65, 4096, 1 << 18, 1 << 24, 1 << 30} {
		w := wheel.New(start)
		arm(w, deadline)
		if near := deadline - lead*ms; near > start && lead > 0 {
			wantFired(t, w, near)
			for now := near; now < deadline && now < near+70*ms; now += ms {
				if e := w.Expire(now); e != nil {
					t.Fatalf("start %v: entry of %v is early at %v", start, deadline, now)
				}
			}
			wantFired(t, w, deadline-1)
		}
		check(t, w)
		wantFired(t, w, deadline, deadline)
		if w.Len() != 0 {
			t.Fatalf("Len is %d", w.Len())
		}
	}
}

func TestEveryDistanceOfTheFirstTwoLevelsFiresOnItsTick(t *testing.T) {
	for _, start := range []time.Duration{0, 1, 31, 63, 64, 4095, 4096, 1<<18 - 1} {
		w := wheel.New(start * ms)
		const distances = 4096 + 65
		for i := distances; i > 0; i-- {
			arm(w, (start+time.Duration(i))*ms)
		}
		for i := range time.Duration(distances) {
			now := (start + i + 1) * ms
			wantNext(t, w, now)
			if e := w.Expire(now - 1); e != nil {
				t.Fatalf("start %d: entry of %v is early at %v", start, e.Deadline(), now-1)
			}
			if e := w.Expire(now); e == nil || e.Deadline() != now {
				t.Fatalf("start %d: at %v fired %v", start, now, e)
			}
			if e := w.Expire(now); e != nil {
				t.Fatalf("start %d: at %v fired %v too", start, now, e)
			}
		}
	}
}

func TestMaximumExactlyAndBeyondTheMaximum(t *testing.T) {
	for _, start := range []time.Duration{0, 1, ms, 64 * ms, revolution(4) - ms, revolution(4), revolution(4) + ms, wheel.Span - ms, wheel.Span, 5*wheel.Span - ms} {
		for _, ahead := range []time.Duration{
			wheel.Span - revolution(4) - ms, wheel.Span - revolution(4), wheel.Span - revolution(4) + ms,
			wheel.Span - ms, wheel.Span, wheel.Span + ms,
			wheel.Span + revolution(4) - ms, wheel.Span + revolution(4), wheel.Span + revolution(4) + ms,
			2*wheel.Span - ms, 2 * wheel.Span, 2*wheel.Span + ms, 10*wheel.Span + 12345*ms,
		} {
			testOneDeadline(t, start, (start+ahead)/ms*ms)
		}
	}
}

// A far entry waits in a slot with near ones, and in front of nearer ones.
func TestFarEntryHidesNoNearerOne(t *testing.T) {
	far := 3*wheel.Span + 5*ms
	w := wheel.New(0)
	arm(w, far)
	for now := time.Duration(0); now < far; {
		near := now + revolution(4) + 77*ms
		if near > far-revolution(4) {
			break
		}
		arm(w, near)
		at, ok := w.Next()
		if !ok || at > near {
			t.Fatalf("Next is %v, %t, but an entry is due at %v", at, ok, near)
		}
		wantFired(t, w, near-1)
		wantFired(t, w, near, near)
		now = near
	}
	wantFired(t, w, far-1)
	wantFired(t, w, far, far)
}

func TestFarEntryDoesNotKeepTheWorkerAwake(t *testing.T) {
	w := wheel.New(0)
	arm(w, math.MaxInt64, math.MaxInt64-1, math.MaxInt64/2)
	// 292 years in revolutions of two, with a wake-up or two in each.
	limit := 2 * (int(math.MaxInt64/wheel.Span) + 1)
	fired := 0
	for wakes := 0; w.Len() > 0; wakes++ {
		if wakes > limit {
			t.Fatalf("%d entries fired in %d wake-ups", fired, wakes)
		}
		at, _ := w.Next()
		fired += len(drain(t, w, at))
	}
	if fired != 3 {
		t.Fatalf("%d entries fired of 3", fired)
	}
}

func TestLastDeadlineThereIs(t *testing.T) {
	const end = time.Duration(math.MaxInt64)
	lastTick := end / ms * ms
	w := wheel.New(0)
	arm(w, end, lastTick, lastTick+1, lastTick-1, lastTick-ms)
	wantFired(t, w, time.Hour)
	wantFired(t, w, lastTick-1, lastTick-ms)
	wantNext(t, w, lastTick)
	wantFired(t, w, lastTick, lastTick, lastTick-1)
	wantNext(t, w, end)
	wantFired(t, w, end-1)
	wantFired(t, w, end, end, lastTick+1)

	w = wheel.New(end)
	arm(w, end, 0)
	wantNext(t, w, end)
	wantFired(t, w, end, end, 0)
}

func TestJumpOfHoursAndYearsFiresAllInOrder(t *testing.T) {
	day := 24 * time.Hour
	deadlines := []time.Duration{ms, 63 * ms, 64 * ms, time.Second, time.Minute, time.Hour, day, 30 * day, 365 * day, 800 * day, 3000 * day, 100000 * day}
	for _, jump := range []time.Duration{time.Hour, 100 * time.Hour, 366 * day, 799*day + 23*time.Hour, 5000 * day, 106000 * day} {
		w := wheel.New(0)
		for i := range deadlines { // from the last to the first
			arm(w, deadlines[len(deadlines)-1-i])
		}
		var now, later []time.Duration
		for _, d := range deadlines {
			if d <= jump {
				now = append(now, d)
			} else {
				later = append(later, d)
			}
		}
		wantFired(t, w, jump, now...)
		wantFired(t, w, math.MaxInt64, later...)
	}
}

// The order does not depend on how far ahead they were armed.
func TestOneTickFiresInOrderOfArmingAcrossRevolutions(t *testing.T) {
	deadline := 5*wheel.Span + 77*revolution(4) + 3*ms
	w := wheel.New(0)
	var entries []*wheel.Entry
	for now := time.Duration(0); now < deadline; now += (deadline-now)/3 + ms {
		wantFired(t, w, now)
		entries = append(entries, arm(w, deadline)...)
	}
	for i, want := range entries {
		if got := w.Expire(deadline); got != want {
			t.Fatalf("entry %d of %d does not fire in order", i, len(entries))
		}
	}
}
