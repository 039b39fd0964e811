package timer_test

import (
	"math"
	"testing"
	"time"
	"unsafe"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/core/timer"
)

// never is the latest possible deadline.
const never = time.Duration(math.MaxInt64)

func newHost(t testing.TB) *coretest.Host {
	h := coretest.New(1)
	t.Cleanup(h.Close)
	return h
}

func spawn[T any](t testing.TB, h *coretest.Host, f core.Future[T]) *task.Slot[T] {
	t.Helper()
	s := task.New(f)
	if err := h.Spawn(&s.Task); err != nil {
		t.Fatal(err)
	}
	return s
}

// settle steps until nothing is scheduled, without moving the clock.
func settle(h *coretest.Host) {
	for h.Step() {
	}
}

// waker counts its wakes.
type waker struct{ wakes int }

func (w *waker) Wake() { w.wakes++ }

// poll polls f by hand, with w as the waker.
func poll[T any](h *coretest.Host, w core.Waker, f core.Future[T]) (T, bool) {
	h.Context().ForHost().Begin(w)
	return f.Poll(h.Context())
}

func TestSleepEndsAtItsTimeAndNotBefore(t *testing.T) {
	for _, d := range []time.Duration{
		1, time.Microsecond, time.Millisecond - 1, time.Millisecond, time.Millisecond + 1,
		63 * time.Millisecond, 64 * time.Millisecond, 65 * time.Millisecond, time.Second, time.Minute,
		24 * time.Hour, 3 * 365 * 24 * time.Hour, 250 * 365 * 24 * time.Hour,
	} {
		h := newHost(t)
		h.Advance(12345 * time.Microsecond)
		start := h.Now()
		s := spawn(t, h, core.Future[struct{}](timer.Sleep(d)))
		settle(h)
		if s.Finished() {
			t.Errorf("%v: over at once", d)
			continue
		}
		h.Run()
		late := h.Now() - start - d
		if !s.Finished() || late < 0 || late >= time.Millisecond {
			t.Errorf("%v: finished %t, late by %v", d, s.Finished(), late)
		}
	}
}

func TestSleepForNothingIsOverAtOnce(t *testing.T) {
	now := func(h *coretest.Host) time.Time { return h.Epoch().Add(h.Now()) }
	tests := []struct {
		name string
		make func(h *coretest.Host) *timer.Timer
	}{
		{"zero", func(*coretest.Host) *timer.Timer { return timer.Sleep(0) }},
		{"negative", func(*coretest.Host) *timer.Timer { return timer.Sleep(-time.Second) }},
		{"most negative", func(*coretest.Host) *timer.Timer { return timer.Sleep(math.MinInt64) }},
		{"zero value", func(*coretest.Host) *timer.Timer { return new(timer.Timer) }},
		{"until now", func(h *coretest.Host) *timer.Timer { return timer.SleepUntil(now(h)) }},
		{"until before", func(h *coretest.Host) *timer.Timer { return timer.SleepUntil(now(h).Add(-1)) }},
		{"until before the epoch", func(h *coretest.Host) *timer.Timer {
			return timer.SleepUntil(h.Epoch().Add(-time.Hour))
		}},
		{"until the zero time", func(*coretest.Host) *timer.Timer { return timer.SleepUntil(time.Time{}) }},
	}
	for _, start := range []time.Duration{0, time.Second} {
		for _, test := range tests {
			h := newHost(t)
			h.Advance(start)
			if _, ok := poll(h, &waker{}, test.make(h)); !ok {
				t.Errorf("%s, at %v: pending", test.name, start)
			}
		}
	}
}

func TestSleepRunsFromItsFirstPoll(t *testing.T) {
	h := newHost(t)
	f := timer.Sleep(time.Second)
	h.Advance(time.Hour)
	w := &waker{}
	if _, ok := poll(h, w, f); ok {
		t.Fatal("over at the first poll")
	}
	h.Advance(time.Second - 1)
	if w.wakes != 0 {
		t.Error("woken early")
	}
	h.Advance(1)
	if w.wakes != 1 {
		t.Errorf("woken %d times, want 1", w.wakes)
	}
	if _, ok := poll(h, w, f); !ok {
		t.Error("pending at its time")
	}
}

func TestSleepUntilAnInstant(t *testing.T) {
	h := newHost(t)
	at := h.Epoch().Add(90 * time.Minute)
	s := spawn(t, h, core.Future[struct{}](timer.SleepUntil(at)))
	h.Run()
	if !s.Finished() || h.Now() != 90*time.Minute {
		t.Errorf("finished %t at %v", s.Finished(), h.Now())
	}
}

// Regression: huge durations overflowed, and were over at once.
func TestSleepForEverIsPending(t *testing.T) {
	for name, f := range map[string]*timer.Timer{
		"for ever":                  timer.Sleep(never),
		"until beyond any Duration": timer.SleepUntil(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)),
	} {
		h := newHost(t)
		h.Advance(time.Hour) // now + d overflows
		w := &waker{}
		if _, ok := poll(h, w, f); ok {
			t.Errorf("%s: over at once", name)
		}
		h.Advance(100 * 365 * 24 * time.Hour)
		if _, ok := poll(h, w, f); ok || w.wakes != 0 {
			t.Errorf("%s: over %t after a century, woken %d times", name, ok, w.wakes)
		}
		f.Drop()
	}
}

func TestASpuriousPollDoesNotEndASleep(t *testing.T) {
	h := newHost(t)
	f, w := timer.Sleep(time.Second), &waker{}
	for range 3 {
		if _, ok := poll(h, w, f); ok {
			t.Fatal("over early")
		}
		h.Advance(300 * time.Millisecond)
	}
	h.Advance(100 * time.Millisecond)
	if _, ok := poll(h, w, f); !ok || w.wakes != 1 {
		t.Errorf("over %t, woken %d times", ok, w.wakes)
	}
}

func TestAPollAfterTheTimeEndsASleepThatTheWheelHasNotFired(t *testing.T) {
	h := newHost(t)
	f, w := timer.Sleep(500*time.Microsecond), &waker{}
	poll(h, w, f)
	h.Advance(600 * time.Microsecond) // the wheel's tick comes at 1 ms
	if _, ok := poll(h, w, f); !ok {
		t.Error("pending after its time")
	}
	h.Advance(time.Second)
	if w.wakes != 0 {
		t.Error("woken after the end: it stayed armed")
	}
}

func TestTheWakerOfTheLastPollIsWoken(t *testing.T) {
	h := newHost(t)
	f, first, second := timer.Sleep(time.Second), &waker{}, &waker{}
	poll(h, first, f)
	poll(h, second, f)
	h.Advance(time.Second)
	if first.wakes != 0 || second.wakes != 1 {
		t.Errorf("woken %d and %d times, want 0 and 1", first.wakes, second.wakes)
	}
}

func TestDropDisarms(t *testing.T) {
	h := newHost(t)
	f, w := timer.Sleep(time.Second), &waker{}
	poll(h, w, f)
	f.Drop()
	h.Advance(time.Hour)
	if w.wakes != 0 {
		t.Errorf("woken %d times after Drop", w.wakes)
	}
	timer.Sleep(time.Second).Drop() // unset: nothing
}

func TestAnAbortedSleepLeavesNothingArmed(t *testing.T) {
	h := newHost(t)
	s := spawn(t, h, core.Future[struct{}](timer.Sleep(time.Hour)))
	settle(h)
	s.Abort()
	h.Run()
	if h.Now() != 0 {
		t.Errorf("the clock went on to %v for a timer without a waiter", h.Now())
	}
	if _, err, _ := s.Take(); err != core.ErrCancelled {
		t.Errorf("have %v, want ErrCancelled", err)
	}
}

func TestResetMovesAnArmedTimer(t *testing.T) {
	for _, d := range []time.Duration{0, time.Millisecond, 4 * time.Second} {
		h := newHost(t)
		f, w := timer.Sleep(2*time.Second), &waker{}
		poll(h, w, f)
		h.Advance(time.Second)
		f.Reset(d)
		h.Advance(max(d-1, 0))
		if d > 0 && w.wakes != 0 {
			t.Errorf("%v: woken early", d)
		}
		h.Advance(time.Second)
		if w.wakes != 1 {
			t.Errorf("%v: woken %d times, want 1", d, w.wakes)
		}
		if _, ok := poll(h, w, f); !ok {
			t.Errorf("%v: pending after its time", d)
		}
	}
}

func TestResetUntilMovesAnArmedTimer(t *testing.T) {
	h := newHost(t)
	f, w := timer.Sleep(time.Hour), &waker{}
	poll(h, w, f)
	f.ResetUntil(h.Epoch().Add(time.Second))
	h.Advance(time.Second)
	if _, ok := poll(h, w, f); !ok || w.wakes != 1 {
		t.Errorf("over %t, woken %d times", ok, w.wakes)
	}
}

func TestResetBeforeTheFirstPollReplacesTheTime(t *testing.T) {
	h := newHost(t)
	f, w := timer.SleepUntil(h.Epoch()), &waker{}
	f.Reset(time.Second)
	h.Advance(time.Minute)
	if _, ok := poll(h, w, f); ok {
		t.Error("over at the first poll")
	}
	h.Advance(time.Second)
	if _, ok := poll(h, w, f); !ok {
		t.Error("pending after its time")
	}
}

func TestATimerThatIsOverCanBeUsedAgain(t *testing.T) {
	h := newHost(t)
	f, w := timer.Sleep(time.Second), &waker{}
	for i := 1; i <= 3; i++ {
		if _, ok := poll(h, w, f); ok {
			t.Fatalf("round %d: over at once", i)
		}
		h.Advance(time.Second)
		if _, ok := poll(h, w, f); !ok || w.wakes != i {
			t.Fatalf("round %d: over %t, woken %d times", i, ok, w.wakes)
		}
		f.Reset(time.Second)
	}
}

// A task that moves to another worker takes its timer along. The clocks of the two need not count
// from the same instant.
func TestATimerFollowsItsTaskToAnotherHost(t *testing.T) {
	first, second := newHost(t), lateEpoch{newHost(t), time.Minute}
	f, w := timer.Sleep(2*time.Minute), &waker{}
	poll(first, w, f)
	first.Advance(time.Minute) // second starts here
	cx := core.NewContext(second)
	cx.ForHost().Begin(w)
	if _, ok := f.Poll(cx); ok {
		t.Fatal("over after half its time")
	}
	first.Advance(time.Hour)
	if w.wakes != 0 {
		t.Error("still armed on the first host")
	}
	second.Advance(time.Minute)
	if w.wakes != 1 {
		t.Errorf("woken %d times by the second host, want 1", w.wakes)
	}
	cx.ForHost().Begin(w)
	if _, ok := f.Poll(cx); !ok {
		t.Error("pending after its time")
	}
}

// lateEpoch is a host that was started later.
type lateEpoch struct {
	*coretest.Host
	by time.Duration
}

func (h lateEpoch) Epoch() time.Time { return h.Host.Epoch().Add(h.by) }

// Regression: a timer restarted that had moved to another worker and was over there when the budget was
// spent.
func TestATimerThatMovesWithoutBudgetStaysOver(t *testing.T) {
	from, to := coretest.New(1), coretest.New(1)
	defer from.Close()
	defer to.Close()
	s := timer.Sleep(10 * time.Millisecond)
	w := core.WakerFunc(func() {})
	cx := core.NewContext(from)
	cx.ForHost().Begin(w)
	if _, ok := s.Poll(cx); ok {
		t.Fatal("it was over at once")
	}
	to.RunFor(20 * time.Millisecond)
	cx = core.NewContext(to)
	cx.ForHost().Begin(w)
	for cx.Spend() {
	}
	if _, ok := s.Poll(cx); ok || !cx.ForHost().Yielded() {
		t.Fatal("it completed without budget")
	}
	cx.ForHost().Begin(w)
	if _, ok := s.Poll(cx); !ok {
		t.Fatal("it is not over any more")
	}
}

// Regression: a timer and its copy shared their instant.
func TestACopyOfAnUnarmedTimerIsATimerOfItsOwn(t *testing.T) {
	h := coretest.New(1)
	defer h.Close()
	a := *timer.SleepUntil(h.Epoch().Add(time.Hour))
	b := a
	b.ResetUntil(h.Epoch())
	cx := core.NewContext(h)
	cx.ForHost().Begin(core.WakerFunc(func() {}))
	if _, ok := a.Poll(cx); ok {
		t.Error("the reset of a copy has moved it")
	}
	if _, ok := b.Poll(cx); !ok {
		t.Error("the copy was not reset")
	}
	a.Drop()
}

// A task that sleeps in poll style and is one allocation fits 192 bytes, three cache lines.
func TestSizeOfATimer(t *testing.T) {
	if have := unsafe.Sizeof(timer.Timer{}); have > 88 {
		t.Errorf("a Timer has %d bytes, want at most 88", have)
	}
}

func TestASleepAllocatesNothingBesideItself(t *testing.T) {
	h := newHost(t)
	w, f := &waker{}, new(timer.Timer)
	if n := testing.AllocsPerRun(100, func() {
		f.Reset(time.Second)
		poll(h, w, f)
		h.Advance(time.Second)
		if _, ok := poll(h, w, f); !ok {
			t.Fatal("pending after its time")
		}
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
