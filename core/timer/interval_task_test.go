package timer_test

import (
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/timer"
)

// A loop around a race drops the interval in every round. Its schedule must not restart each
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
		t.Errorf("the clock went on to %v for a timer without a waiter", h.Now())
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
