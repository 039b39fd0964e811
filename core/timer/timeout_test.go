package timer_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/core/timer"
)

// A probe is a future that a test completes by hand.
type probe struct {
	ready        bool
	boom         bool
	polls, drops int
}

func (p *probe) Poll(*core.Context) (int, bool) {
	p.polls++
	if p.boom {
		panic("boom")
	}
	if p.ready {
		return 7, true
	}
	return 0, false
}

func (p *probe) Drop() { p.drops++ }

func TestTimeoutPassesAValueOn(t *testing.T) {
	h := newHost(t)
	p, w := &probe{}, &waker{}
	f := timer.Timeout(time.Second, p)
	if _, ok := poll(h, w, f); ok {
		t.Fatal("completed at once")
	}
	p.ready = true
	if r, ok := poll(h, w, f); !ok || r != (core.Result[int]{Value: 7}) {
		t.Errorf("have %v, %t", r, ok)
	}
	h.Advance(time.Hour)
	if p.drops != 0 || w.wakes != 0 {
		t.Errorf("dropped %d times, woken %d times; want none of it", p.drops, w.wakes)
	}
}

func TestTimeoutDropsTheFutureAtTheDeadline(t *testing.T) {
	h := newHost(t)
	p := &probe{}
	s := spawn(t, h, timer.Timeout(time.Second, p))
	h.Run()
	r, err, ok := s.Take()
	if !ok || err != nil || r != (core.Result[int]{Err: core.ErrDeadlineExceeded}) {
		t.Errorf("have %v, %v, %t", r, err, ok)
	}
	if !errors.Is(r.Err, context.DeadlineExceeded) {
		t.Error("not a context.DeadlineExceeded")
	}
	if p.drops != 1 || p.polls != 2 || h.Now() != time.Second {
		t.Errorf("dropped %d times after %d polls at %v", p.drops, p.polls, h.Now())
	}
}

func TestAValueBeatsASimultaneousDeadline(t *testing.T) {
	h := newHost(t)
	p, w := &probe{}, &waker{}
	f := timer.Timeout(time.Second, p)
	poll(h, w, f)
	h.Advance(time.Hour)
	p.ready = true
	if r, ok := poll(h, w, f); !ok || r.Err != nil || r.Value != 7 || p.drops != 0 {
		t.Errorf("have %v, %t, dropped %d times", r, ok, p.drops)
	}
}

func TestATimeoutOfNothingPollsOnce(t *testing.T) {
	for _, d := range []time.Duration{0, -time.Hour} {
		h := newHost(t)
		p := &probe{}
		if r, ok := poll(h, &waker{}, timer.Timeout(d, p)); !ok || r.Err != core.ErrDeadlineExceeded {
			t.Errorf("%v: have %v, %t", d, r, ok)
		}
		if p.polls != 1 || p.drops != 1 {
			t.Errorf("%v: %d polls, %d drops; want one of each", d, p.polls, p.drops)
		}
		p = &probe{ready: true}
		if r, ok := poll(h, &waker{}, timer.Timeout(d, p)); !ok || r.Value != 7 || p.drops != 0 {
			t.Errorf("%v: have %v, %t, dropped %d times", d, r, ok, p.drops)
		}
	}
}

// Regression: huge durations overflowed, and were over at once.
func TestATimeoutForEverNeverEnds(t *testing.T) {
	h := newHost(t)
	h.Advance(time.Second)
	p, w := &probe{}, &waker{}
	f := timer.Timeout(never, p)
	poll(h, w, f)
	h.Advance(100 * 365 * 24 * time.Hour)
	if _, ok := poll(h, w, f); ok || w.wakes != 0 {
		t.Error("ended")
	}
	core.Drop(f)
}

func TestTimeoutAtAnInstant(t *testing.T) {
	h := newHost(t)
	s := spawn(t, h, timer.TimeoutAt(h.Epoch().Add(time.Minute), &probe{}))
	h.Run()
	if r, _, _ := s.Take(); r.Err != core.ErrDeadlineExceeded || h.Now() != time.Minute {
		t.Errorf("have %v at %v", r, h.Now())
	}
}

func TestDroppingATimeoutDropsItsFutureAndTimer(t *testing.T) {
	h := newHost(t)
	p := &probe{}
	s := spawn(t, h, timer.Timeout(time.Hour, p))
	settle(h)
	s.Abort()
	h.Run()
	if p.drops != 1 || h.Now() != 0 {
		t.Errorf("dropped %d times, clock at %v; want 1, 0s", p.drops, h.Now())
	}
}

func TestAPanicInATimeoutDropsItsFutureAndTimer(t *testing.T) {
	h := newHost(t)
	p := &probe{}
	s := spawn(t, h, timer.Timeout(time.Hour, p))
	settle(h)
	p.boom = true
	s.Wake()
	h.Run()
	var pe *task.PanicError
	if _, err, _ := s.Take(); !errors.As(err, &pe) || pe.Value != "boom" {
		t.Errorf("have %v, want the panic", err)
	}
	if p.drops != 1 || h.Now() != 0 {
		t.Errorf("dropped %d times, clock at %v; want 1, 0s", p.drops, h.Now())
	}
}

func TestNestedTimeoutsEndAtTheEarliest(t *testing.T) {
	for _, d := range [][2]time.Duration{{time.Second, time.Hour}, {time.Hour, time.Second}} {
		h := newHost(t)
		p := &probe{}
		s := spawn(t, h, timer.Timeout(d[0], timer.Timeout(d[1], p)))
		h.Run()
		r, _, _ := s.Take()
		err := r.Err
		if err == nil {
			err = r.Value.Err
		}
		if err != core.ErrDeadlineExceeded || p.drops != 1 || h.Now() != time.Second {
			t.Errorf("%v: have %v, dropped %d times, at %v", d, err, p.drops, h.Now())
		}
	}
}

func TestTimeoutOfNilPanics(t *testing.T) {
	defer func() {
		if v := recover(); v != "timer: Timeout of a nil Future" {
			t.Errorf("have %v", v)
		}
	}()
	timer.Timeout[int](time.Second, nil)
}
