package coro_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// awaits are all the ways to await that a cancellation can end.
var awaits = []struct {
	name string
	f    func(co *coro.Co) error
}{
	{"Await", forever},
	{"Suspend", (*coro.Co).Suspend},
	{"Yield", (*coro.Co).Yield},
	{"Sleep", func(co *coro.Co) error { return coro.Sleep(co, time.Hour) }},
	{"SleepUntil", func(co *coro.Co) error { return coro.SleepUntil(co, time.Now().Add(time.Hour)) }},
	{"Interrupted", (*coro.Co).Interrupted},
}

func isAbort(err error) bool {
	return errors.Is(err, core.ErrCancelled) && errors.Is(err, context.Canceled)
}

func TestAbortEndsTheAwaitAndFailsEveryOneAfterIt(t *testing.T) {
	for _, await := range awaits {
		t.Run(await.name, func(t *testing.T) {
			h := newHost(t)
			var errs []error
			s := spawn(t, h, func(co *coro.Co) (int, error) {
				for range 3 {
					var err error
					for err == nil { // Yield and Interrupted do not wait
						err = await.f(co)
						if !co.Context().Spend() {
							co.Yield()
						}
					}
					errs = append(errs, err)
				}
				return 0, errs[2]
			})
			for range 10 {
				h.Step()
			}
			if !s.Abort() {
				t.Error("Abort did not take")
			}
			settle(h)
			if _, err := take(t, s); err != core.ErrCancelled || s.State() != task.Cancelled {
				t.Errorf("have %v, %v", err, s.State())
			}
			for _, err := range errs {
				if !isAbort(err) {
					t.Errorf("have %v", err)
				}
			}
			if h.Run(); h.Now() != 0 {
				t.Errorf("the clock went on to %v: a timer was left", h.Now())
			}
		})
	}
}

func TestAnAbortedBodyUnwindsBeforeItsJoinResolves(t *testing.T) {
	h := newHost(t)
	var s *task.Slot[int]
	var order []string
	g := new(gate)
	s = spawn(t, h, func(co *coro.Co) (int, error) {
		defer func() { order = append(order, fmt.Sprint("outer ", s.Finished())) }()
		defer func() { order = append(order, fmt.Sprint("inner ", s.Finished(), " ", g.drops)) }()
		return coro.Await(co, g)
	})
	h.Run()
	s.Abort()
	if s.Finished() {
		t.Error("the join resolved at the abort")
	}
	h.Run()
	if !slices.Equal(order, []string{"inner false 1", "outer false"}) || !s.Finished() {
		t.Errorf("have %q, finished %t", order, s.Finished())
	}
}

func TestAbortDuringThePollIsSeenAtTheNextAwait(t *testing.T) {
	h := newHost(t)
	var s *task.Slot[int]
	s = spawn(t, h, func(co *coro.Co) (int, error) {
		s.Abort()
		return 0, forever(co)
	})
	h.Run()
	if _, err := take(t, s); err != core.ErrCancelled {
		t.Errorf("have %v", err)
	}
}

func TestAValueBeatsASimultaneousAbort(t *testing.T) {
	h := newHost(t)
	g := new(gate)
	var after error
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		v, err := coro.Await(co, g)
		after = co.Interrupted()
		return v, err
	})
	h.Run()
	s.Abort()
	g.open(7)
	h.Run()
	if v, err := take(t, s); v != 7 || err != nil || s.State() != task.Completed || g.drops != 0 {
		t.Errorf("have %d, %v, %v, %d drops", v, err, s.State(), g.drops)
	}
	if !isAbort(after) {
		t.Errorf("the next await: have %v", after)
	}
}

func TestAwaitAfterAnAbortDropsTheFutureUnpolled(t *testing.T) {
	h := newHost(t)
	g := new(gate)
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		co.Suspend()
		return coro.Await(co, g)
	})
	h.Run()
	s.Abort()
	h.Run()
	if g.polls != 0 || g.drops != 1 {
		t.Errorf("%d polls, %d drops; want 0 and 1", g.polls, g.drops)
	}
}

// The output of an aborted task depends on what its body returns.
func TestOutputOfAnAbortedBody(t *testing.T) {
	own := errors.New("own")
	tests := []struct {
		name   string
		result func(err error) error
		want   error
		state  task.State
	}{
		{"the error", func(err error) error { return err }, core.ErrCancelled, task.Cancelled},
		{"the error wrapped", func(err error) error { return fmt.Errorf("read: %w", err) }, core.ErrCancelled, task.Cancelled},
		{"what went wrong in its clean-up", func(err error) error { return errors.Join(err, own) }, own, task.Cancelled},
		{"its own error", func(error) error { return own }, own, task.Completed},
		{"a value", func(error) error { return nil }, nil, task.Completed},
	}
	for _, test := range tests {
		h := newHost(t)
		s := spawn(t, h, func(co *coro.Co) (int, error) { return 7, test.result(forever(co)) })
		h.Run()
		s.Abort()
		h.Run()
		v, err := take(t, s)
		want := 7
		if test.state == task.Cancelled {
			want = 0
		}
		cancelled := errors.Is(err, core.ErrCancelled) == (test.state == task.Cancelled)
		if v != want || !errors.Is(err, test.want) || !cancelled || s.State() != test.state {
			t.Errorf("%s: have %d, %v, %v", test.name, v, err, s.State())
		}
	}
}

func TestShieldLetsCleanUpAwaitAfterAnAbort(t *testing.T) {
	h := newHost(t)
	flushed := new(gate)
	var during, after error
	s := spawn(t, h, func(co *coro.Co) (_ int, err error) {
		defer func() {
			during = coro.Shield(co, func(co *coro.Co) error {
				if err := co.Yield(); err != nil {
					return err
				}
				return await(co, flushed)
			})
			after = co.Interrupted()
		}()
		return 0, forever(co)
	})
	h.Run()
	s.Abort()
	h.Run()
	if s.Finished() || flushed.polls != 1 {
		t.Fatalf("finished %t after %d polls, want it to wait in the shield", s.Finished(), flushed.polls)
	}
	s.Wake()
	s.Abort() // again: nothing
	h.Run()
	flushed.open(0)
	h.Run()
	if _, err := take(t, s); err != core.ErrCancelled {
		t.Errorf("have %v", err)
	}
	if during != nil || !isAbort(after) {
		t.Errorf("in the shield %v, after it %v", during, after)
	}
}

func TestAnAbortInsideAShieldIsSeenAfterIt(t *testing.T) {
	h := newHost(t)
	g := new(gate)
	var in, out error
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		in = coro.Shield(co, func(co *coro.Co) error { return await(co, g) })
		out = co.Interrupted()
		return 0, out
	})
	h.Run()
	s.Abort()
	h.Run()
	if s.Finished() {
		t.Fatal("the shield did not hold")
	}
	g.open(0)
	h.Run()
	if take(t, s); in != nil || !isAbort(out) {
		t.Errorf("have %v, then %v", in, out)
	}
}
