package coro_test

import (
	"math"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
)

func TestSleepEndsAtItsTimeAndNotBefore(t *testing.T) {
	for _, d := range []time.Duration{1, time.Millisecond - 1, time.Millisecond, time.Second, 72 * time.Hour} {
		h := newHost(t)
		h.Advance(12345 * time.Microsecond)
		start := h.Now()
		s := spawn(t, h, func(co *coro.Co) (int, error) {
			if err := coro.Sleep(co, d); err != nil {
				return 0, err
			}
			if slept := h.Now() - start; slept < d || slept >= d+time.Millisecond {
				t.Errorf("Sleep(%v) took %v", d, slept)
			}
			until := h.Epoch().Add(h.Now() + d)
			if err := coro.SleepUntil(co, until); err != nil {
				return 0, err
			}
			if late := h.Epoch().Add(h.Now()).Sub(until); late < 0 || late >= time.Millisecond {
				t.Errorf("SleepUntil after %v was late by %v", d, late)
			}
			return 0, nil
		})
		h.Step()
		if s.Finished() {
			t.Errorf("%v: over at once", d)
		}
		s.Wake() // spurious
		h.Run()
		if _, err := take(t, s); err != nil {
			t.Error(err)
		}
	}
}

func TestSleepForNothingDoesNotWait(t *testing.T) {
	h := newHost(t)
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		for _, d := range []time.Duration{0, -1, math.MinInt64} {
			if err := coro.Sleep(co, d); err != nil {
				return 0, err
			}
			if err := coro.SleepUntil(co, h.Epoch().Add(d)); err != nil {
				return 0, err
			}
		}
		return 0, coro.SleepUntil(co, time.Time{})
	})
	h.Step()
	if _, err := take(t, s); err != nil {
		t.Error(err)
	}
}

func TestALoopOfSleepsForNothingStarvesNobody(t *testing.T) {
	h := newHost(t)
	done, naps := false, 0
	spawn(t, h, func(co *coro.Co) (int, error) {
		for !done && naps < 1e6 {
			coro.Sleep(co, 0)
			naps++
		}
		return 0, nil
	})
	spawn(t, h, func(*coro.Co) (int, error) { done = true; return 0, nil })
	h.Run()
	if naps > core.DefaultBudget+1 {
		t.Errorf("%d before the other had its turn, want at most %d", naps, core.DefaultBudget+1)
	}
}

func TestASleepThatIsOverBeatsASimultaneousCancellation(t *testing.T) {
	h := newHost(t)
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		return 0, coro.WithTimeout(co, time.Second, func(co *coro.Co) error {
			if err := coro.Sleep(co, time.Second); err != nil {
				t.Errorf("have %v", err)
			}
			return co.Interrupted()
		})
	})
	h.Run()
	if _, err := take(t, s); err != core.ErrDeadlineExceeded {
		t.Errorf("after it: have %v", err)
	}
}

// Regression: huge durations overflowed, and were over at once.
func TestSleepForEver(t *testing.T) {
	h := newHost(t)
	h.Advance(time.Second)
	s := spawn(t, h, func(co *coro.Co) (int, error) { return 0, coro.Sleep(co, math.MaxInt64) })
	settle(h)
	h.Advance(100 * 365 * 24 * time.Hour)
	settle(h)
	if s.Finished() {
		t.Error("over")
	}
}

// The timer of a coroutine serves every body, so none may find it armed by another.
func TestACancelledSleepLeavesTheTimerForTheNextBody(t *testing.T) {
	h := newHost(t)
	for i := range 3 {
		s := spawn(t, h, func(co *coro.Co) (int, error) { return 0, coro.Sleep(co, time.Hour) })
		settle(h)
		s.Abort()
		settle(h)
		if _, err := take(t, s); err != core.ErrCancelled {
			t.Errorf("have %v", err)
		}
		start := h.Now()
		s = spawn(t, h, func(co *coro.Co) (int, error) { return 0, coro.Sleep(co, time.Second) })
		h.Run()
		if _, err := take(t, s); err != nil || h.Now() != start+time.Second {
			t.Errorf("round %d: have %v after %v", i, err, h.Now()-start)
		}
	}
}
