package wheel_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// Regression: finding the next deadline looked at every timer.
func TestNextLooksAtNoMoreThanTheLevels(t *testing.T) {
	rng := rand.New(rand.NewPCG(25, 1))
	w := wheel.New(0)
	for _, n := range []int{0, 1, 100, 100_000} {
		for w.Len() < n {
			arm(w, time.Duration(rng.Int64N(int64(ms)<<rng.IntN(36))))
		}
		probes, moves := w.Work()
		for range 1000 {
			w.Next()
		}
		probes2, moves2 := w.Work()
		if per := (probes2 - probes) / 1000; per > wheel.Levels || moves2 != moves {
			t.Fatalf("with %d timers Next looks at %d levels and moves %d entries", n, per, moves2-moves)
		}
	}
}

// Regression: a jump looked at every tick, or every slot, on the way.
func TestJumpCostsNoMoreThanItFiresAndCascades(t *testing.T) {
	day := 24 * time.Hour
	for _, jump := range []time.Duration{time.Second, time.Hour, 365 * day, 100_000 * day} {
		w := wheel.New(0)
		wantFired(t, w, jump)
		if probes, moves := w.Work(); probes > wheel.Levels || moves != 0 {
			t.Fatalf("jump of %v in an empty wheel: %d levels looked at, %d entries moved", jump, probes, moves)
		}

		const n = 1000
		rng := rand.New(rand.NewPCG(25, uint64(jump)))
		w = wheel.New(0)
		for range n {
			arm(w, time.Duration(rng.Int64N(int64(min(jump, wheel.Span)))))
		}
		if fired := drain(t, w, jump); len(fired) != n {
			t.Fatalf("jump of %v: %d entries fired of %d", jump, len(fired), n)
		}
		probes, moves := w.Work()
		if moves > n*(wheel.Levels-1) {
			t.Fatalf("jump of %v: %d entries moved %d times", jump, n, moves)
		}
		// One probe for each entry fired, for each slot cascaded and for the end.
		if limit := wheel.Levels * (n + moves + 1); probes > limit {
			t.Fatalf("jump of %v: %d levels looked at, want at most %d", jump, probes, limit)
		}
	}
}

func TestEntryIsCascadedAtMostOncePerLevel(t *testing.T) {
	for _, start := range []time.Duration{0, ms, revolution(3) - ms, wheel.Span - ms, wheel.Span/3 + 5*ms} {
		for ahead := ms; ahead <= wheel.Span; ahead = ahead*3/2 + ms {
			w := wheel.New(start)
			arm(w, start+ahead)
			for now := start; w.Len() > 0; now += max(ms, (start+ahead-now)/2) {
				w.Expire(now)
			}
			if _, moves := w.Work(); moves > wheel.Levels-1 {
				t.Fatalf("entry %v ahead of %v was moved %d times", ahead, start, moves)
			}
		}
	}
}

func TestNothingAllocates(t *testing.T) {
	rng := rand.New(rand.NewPCG(25, 2))
	w := wheel.New(0)
	entries := make([]wheel.Entry, 1000)
	var now time.Duration
	deadline := func() time.Duration { return now + time.Duration(rng.Int64N(int64(ms)<<rng.IntN(20))) }
	allocs := testing.AllocsPerRun(100, func() {
		for i := range entries {
			e := &entries[i]
			w.Remove(e)
			w.Insert(e, deadline())
			w.Reset(e, deadline())
		}
		at, _ := w.Next()
		now = at + 50*ms
		for e := w.Expire(now); e != nil; e = w.Expire(now) {
			w.Insert(e, deadline())
		}
	})
	if allocs != 0 {
		t.Fatalf("%v allocations", allocs)
	}
}
