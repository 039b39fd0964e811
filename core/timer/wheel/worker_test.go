package wheel_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// worker uses a wheel as a runtime's worker does: it sleeps until Next, or somewhat
// longer, since sleeps are never exact, and drains.
type worker struct {
	t      *testing.T
	w      *wheel.Wheel
	now    time.Duration
	jitter func() time.Duration

	wakes int // returns from sleep
	idle  int // those in which nothing fired
}

// iterate is one iteration of the loop. Each entry must fire in the first wake-up
// after its deadline, and must not have been overslept by more than the jitter.
func (k *worker) iterate(fire func(*wheel.Entry)) bool {
	k.t.Helper()
	at, ok := k.w.Next()
	if !ok {
		return false
	}
	slept := max(k.now, at)
	k.now = slept + k.jitter()
	k.wakes++
	fired := 0
	for e := k.w.Expire(k.now); e != nil; e = k.w.Expire(k.now) {
		fired++
		if e.Deadline() > k.now {
			k.t.Fatalf("entry of %v fires early, at %v", e.Deadline(), k.now)
		}
		if late := slept - e.Deadline(); late >= wheel.Tick {
			k.t.Fatalf("entry of %v: the worker slept until %v, %v late", e.Deadline(), slept, late)
		}
		fire(e)
	}
	if fired == 0 {
		k.idle++
	}
	if at, ok := k.w.Next(); ok && at <= k.now {
		k.t.Fatalf("Next is %v after a drain at %v: the worker would spin", at, k.now)
	}
	return true
}

func noJitter() time.Duration { return 0 }

// Regression: a cascade that used an earlier tick made a 100 ms sleep take 4 s.
func TestShortSleepIsNotSecondsLateWhereverItStarts(t *testing.T) {
	step := 7 * ms
	if testing.Short() {
		step = 97 * ms
	}
	for start := time.Duration(0); start < 20*time.Second; start += step {
		for _, sleep := range []time.Duration{ms, 50 * ms, 100 * ms, 4 * time.Second} {
			k := &worker{t: t, w: wheel.New(start), now: start, jitter: noJitter}
			arm(k.w, start+sleep)
			for k.iterate(func(*wheel.Entry) {}) && k.wakes < 10 {
			}
			if k.now != start+sleep || k.wakes != 1 {
				t.Fatalf("sleep of %v from %v ends at %v after %d wake-ups", sleep, start, k.now, k.wakes)
			}
		}
	}
}

// Regression: the same with one wheel for a long idle life, in which the sleeps
// begin on any tick and every drain is a little late.
func TestManyIdleWaitsAreEachOneWakeUp(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 1))
	k := &worker{t: t, w: wheel.New(0), jitter: func() time.Duration {
		return time.Duration(rng.Int64N(int64(3 * ms)))
	}}
	e := new(wheel.Entry)
	const waits = 200_000
	for range waits {
		sleep := time.Duration(rng.Int64N(int64(ms) << rng.IntN(24)))
		k.w.Insert(e, k.now+sleep)
		fired := 0
		for k.iterate(func(*wheel.Entry) { fired++ }) && k.wakes <= waits {
		}
		if fired != 1 {
			t.Fatalf("fired %d times", fired)
		}
	}
	if k.wakes != waits {
		t.Fatalf("%d wake-ups for %d waits", k.wakes, waits)
	}
}

// With nothing removed, Next is exact: a worker that sleeps until Next finds an entry due.
func TestNoWakeUpIsIdleWhereNothingIsRemoved(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 2))
	k := &worker{t: t, w: wheel.New(0), jitter: noJitter}
	for range 20_000 {
		arm(k.w, time.Duration(rng.Int64N(int64(ms)<<rng.IntN(36))))
	}
	for k.iterate(func(*wheel.Entry) {}) {
	}
	if k.idle != 0 {
		t.Fatalf("%d of %d wake-ups were idle", k.idle, k.wakes)
	}
}

// Timeouts that are pushed back again and again leave bounds that are too low.
func TestIdleWakeUpsAreFewerThanRemovals(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 3))
	k := &worker{t: t, w: wheel.New(0), jitter: noJitter}
	entries := make([]wheel.Entry, 1000)
	timeout := func() time.Duration { return time.Duration(rng.Int64N(int64(time.Minute))) }
	for i := range entries {
		k.w.Insert(&entries[i], timeout())
	}
	removals := 0
	for range 50_000 {
		e := &entries[rng.IntN(len(entries))]
		switch rng.IntN(4) {
		case 0:
			if k.w.Remove(e) {
				removals++
			}
		case 1:
			k.iterate(func(e *wheel.Entry) { k.w.Insert(e, k.now+timeout()) })
		default:
			if e.Armed() {
				removals++
			}
			k.w.Reset(e, k.now+timeout())
		}
	}
	if k.idle > removals || k.idle > k.wakes/2 {
		t.Fatalf("%d of %d wake-ups were idle, with %d removals", k.idle, k.wakes, removals)
	}
	t.Logf("%d of %d wake-ups were idle, with %d removals", k.idle, k.wakes, removals)
}
