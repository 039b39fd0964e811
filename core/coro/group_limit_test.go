package coro_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

func TestALimitIsNeverExceededAndServesWaitersInOrder(t *testing.T) {
	const limit, n = 3, 20
	running, most := 0, 0
	var order []int
	at, err := within(t, coro.GroupOptions{Limit: limit}, func(co *coro.Co, s *coro.Group) error {
		for i := range n {
			err := s.Do(co, func(co *coro.Co) error {
				order = append(order, i)
				running++
				most = max(most, running)
				defer func() { running-- }()
				return coro.Sleep(co, time.Second)
			})
			if err != nil {
				return err
			}
			if s.Len() > limit {
				t.Errorf("%d children", s.Len())
			}
		}
		return nil
	})
	if most != limit || len(order) != n || !slices.IsSorted(order) || at != 7*time.Second || err != nil {
		t.Errorf("have %v, %v, at most %d at once, in the order %v", at, err, most, order)
	}
}

// Several callers wait for a permit: one is cancelled while it waits, and one when it has got the permit and has not
// used it yet. No permit is lost.
func TestACancelledDoPassesItsPermitOn(t *testing.T) {
	h := newHost(t)
	var order []string
	hold := new(gate)
	producers := make(map[string]*task.Slot[int])
	root := spawn(t, h, func(co *coro.Co) (int, error) {
		return 0, coro.WithGroup(co, coro.GroupOptions{Limit: 1}, func(co *coro.Co, s *coro.Group) error {
			s.Do(co, func(co *coro.Co) error { return await(co, hold) })
			for _, name := range []string{"waits", "has got it", "next", "last"} {
				producers[name] = spawn(t, co, func(co *coro.Co) (int, error) {
					return 0, s.Do(co, func(*coro.Co) error { order = append(order, name); return nil })
				})
			}
			return coro.Sleep(co, time.Minute)
		})
	})
	settle(h)
	producers["waits"].Abort()
	settle(h)
	hold.open(0)
	h.Step() // the first child ends, and passes its permit on
	producers["has got it"].Abort()
	h.Run()
	if _, err := take(t, root); err != nil || !slices.Equal(order, []string{"next", "last"}) {
		t.Errorf("have %v, %v", order, err)
	}
	for name, p := range producers {
		if _, err := take(t, p); (err != nil) != (name == "waits" || name == "has got it") {
			t.Errorf("%s: have %v", name, err)
		}
	}
}

func TestAFailedGroupStartsNothing(t *testing.T) {
	started, began := 0, false
	var inBody, fromChild error
	_, err := within(t, coro.GroupOptions{Limit: 2}, func(co *coro.Co, s *coro.Group) error {
		s.Do(co, nap(time.Second, errFirst))
		s.Do(co, func(co *coro.Co) error {
			return coro.Shield(co, func(co *coro.Co) error { // out of reach of the abort, but not of the failure
				fromChild = s.Do(co, func(*coro.Co) error { began = true; return nil })
				return nil
			})
		})
		inBody = s.Do(co, func(*coro.Co) error { started++; return nil })
		return nil
	})
	for name, have := range map[string]error{"body": inBody, "child": fromChild} {
		var cancelled *coro.CancelError
		if !errors.As(have, &cancelled) || cancelled.Cause != errFirst {
			t.Errorf("%s: have %v", name, have)
		}
	}
	if err != errFirst || started != 0 || began {
		t.Errorf("have %v, %d started, %t", err, started, began)
	}
}

// Callers that are neither the body nor children, so that no abort reaches them.
func TestAFailureEndsEveryDoThatWaits(t *testing.T) {
	h := newHost(t)
	began := false
	var producers []*task.Slot[int]
	root := spawn(t, h, func(co *coro.Co) (int, error) {
		return 0, coro.WithGroup(co, coro.GroupOptions{Limit: 1}, func(co *coro.Co, s *coro.Group) error {
			s.Do(co, forever)
			for range 3 {
				producers = append(producers, spawn(t, co, func(co *coro.Co) (int, error) {
					return 0, s.Do(co, func(*coro.Co) error { began = true; return nil })
				}))
			}
			coro.Sleep(co, time.Second)
			return errFirst
		})
	})
	h.Run()
	if _, err := take(t, root); err != errFirst || began || h.Live() != 0 {
		t.Errorf("have %v, a child began %t, %d tasks left", err, began, h.Live())
	}
	for _, p := range producers {
		if _, err := take(t, p); !errors.Is(err, errFirst) {
			t.Errorf("have %v", err)
		}
	}
}

// A caller that no cancellation reaches, and that retries without end.
func TestARetryLoopOnAFailedGroupStarvesNoTask(t *testing.T) {
	h := newHost(t)
	tries, others := 0, 0
	spawn(t, h, func(co *coro.Co) (int, error) {
		return 0, coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
			s.Do(co, nap(time.Second, errFirst))
			return coro.Shield(co, func(co *coro.Co) error {
				coro.Sleep(co, 2*time.Second)
				for ; tries < 10*core.DefaultBudget; tries++ {
					s.Do(co, forever)
				}
				return nil
			})
		})
	})
	h.RunFor(time.Second)
	spawn(t, h, func(co *coro.Co) (int, error) {
		coro.Sleep(co, time.Second)
		for ; tries < 10*core.DefaultBudget; others++ {
			co.Yield()
		}
		return 0, nil
	})
	h.Run()
	if others < 5 {
		t.Errorf("another task ran %d times during %d tries", others, tries)
	}
}
