package coro_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

func nothing(*coro.Co) (int, error) { return 0, nil }

// results collects all values and the error of the last round.
func results[T any](co *coro.Co, r *coro.Results[T]) (vs []T, err error) {
	for v, err := range r.All(co) {
		if err != nil {
			return vs, err
		}
		vs = append(vs, v)
	}
	return vs, nil
}

// after returns v after a while.
func after[T any](d time.Duration, v T) func(co *coro.Co) (T, error) {
	return func(co *coro.Co) (T, error) { return v, coro.Sleep(co, d) }
}

func TestResultsComeInTheOrderOfCompletion(t *testing.T) {
	var ints []int
	var words []string
	_, err := within(t, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
		a, b := coro.NewResults[int](s), coro.NewResults[string](s)
		for _, i := range []int{3, 1, 2} {
			a.Go(co, after(time.Duration(i)*time.Second, i))
			b.Go(co, after(time.Duration(9-i)*time.Second, fmt.Sprint("w", i)))
		}
		var err error
		if ints, err = results(co, a); err != nil {
			return err
		}
		if at := co.Context().Now(); at != 3*time.Second {
			t.Errorf("the range ended at %v", at)
		}
		words, err = results(co, b)
		if none, err := results(co, a); len(none) != 0 || err != nil {
			t.Errorf("ranged again: have %v, %v", none, err)
		}
		return err
	})
	if !slices.Equal(ints, []int{1, 2, 3}) || !slices.Equal(words, []string{"w3", "w2", "w1"}) || err != nil {
		t.Errorf("have %v, %v, %v", ints, words, err)
	}
}

func TestARangeOverResultsCanBeLeftAndTakenUpAgain(t *testing.T) {
	do(t, func(co *coro.Co) {
		var r *coro.Results[int]
		err := coro.WithGroup(co, coro.GroupOptions{Limit: 2}, func(co *coro.Co, s *coro.Group) error {
			r = coro.NewResults[int](s)
			for i := range 5 {
				r.Go(co, after(time.Second, i))
			}
			for v := range r.All(co) {
				if v == 1 {
					break
				}
			}
			return nil
		})
		if rest, again := results(co, r); !slices.Equal(rest, []int{2, 3, 4}) || err != nil || again != nil {
			t.Errorf("after the scope: have %v, %v, %v", rest, err, again)
		}
	})
}

func TestTheLastRoundOfResultsHasTheFailure(t *testing.T) {
	isFirst := func(what string, err error) {
		var cancelled *coro.CancelError
		if !errors.As(err, &cancelled) || cancelled.Cause != errFirst {
			t.Errorf("%s: have %v", what, err)
		}
	}
	do(t, func(co *coro.Co) {
		var r *coro.Results[int]
		err := coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
			r = coro.NewResults[int](s)
			r.Go(co, after(time.Second, 1))
			r.Go(co, func(co *coro.Co) (int, error) { return 2, cmp.Or(coro.Sleep(co, 2*time.Second), errFirst) })
			r.Go(co, func(co *coro.Co) (int, error) { coro.Sleep(co, time.Hour); return 3, nil })
			vs, err := results(co, r)
			if !slices.Equal(vs, []int{1}) {
				t.Errorf("have %v", vs)
			}
			isFirst("in the scope", err)
			return err
		})
		if err != errFirst || co.Context().Now() != 2*time.Second {
			t.Errorf("have %v at %v", err, co.Context().Now())
		}
		vs, err := results(co, r) // a value that came while the scope was being cancelled, and the failure
		if !slices.Equal(vs, []int{3}) {
			t.Errorf("have %v", vs)
		}
		isFirst("after the scope", err)
	})
}

func TestARangeOverResultsEndsWithItsBody(t *testing.T) {
	h := newHost(t)
	var in error
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		return 0, coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
			r := coro.NewResults[int](s)
			r.Go(co, after(time.Hour, 1))
			_, in = results(co, r)
			return in
		})
	})
	settle(h)
	s.Abort()
	h.Run()
	if in != core.ErrCancelled || h.Now() != 0 || s.State() != task.Cancelled {
		t.Errorf("have %v at %v, %v", in, h.Now(), s.State())
	}
}

func TestARangeOverResultsDoesNotWaitForAChildThatWasNotStarted(t *testing.T) {
	at, err := within(t, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
		r := coro.NewResults[int](s)
		coro.WithTimeout(co, 0, func(co *coro.Co) error { return r.Go(co, nothing) })
		_, err := results(co, r)
		return err
	})
	if at != 0 || err != core.ErrDeadlineExceeded {
		t.Errorf("have %v, %v", at, err)
	}
}

func TestARangeOverResultsThatWasGivenUpIsNotWoken(t *testing.T) {
	g := new(gate)
	within(t, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
		r := coro.NewResults[int](s)
		r.Go(co, after(2*time.Second, 1))
		coro.WithTimeout(co, time.Second, func(co *coro.Co) error {
			_, err := results(co, r)
			return err
		})
		s.Do(co, func(co *coro.Co) error { coro.Sleep(co, time.Hour); g.open(0); return nil })
		return await(co, g)
	})
	if g.polls != 2 {
		t.Errorf("%d polls, want one that waits and one that answers", g.polls)
	}
}

func TestChildrenThatAreAbortedHaveNoResult(t *testing.T) {
	at, err := within(t, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
		r := coro.NewResults[int](s)
		r.Go(co, after(time.Second, 1))
		r.Go(co, after(time.Hour, 2))
		s.Do(co, func(co *coro.Co) error { coro.Sleep(co, 2*time.Second); s.AbortAll(); return nil })
		vs, err := results(co, r)
		if !slices.Equal(vs, []int{1}) {
			t.Errorf("have %v", vs)
		}
		return err
	})
	if at != 2*time.Second || err != nil {
		t.Errorf("have %v, %v", at, err)
	}
}

// Children may range over the values of their siblings.
func TestSeveralRangesShareTheResults(t *testing.T) {
	sum, rounds := 0, 0
	_, err := within(t, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
		r := coro.NewResults[int](s)
		for i := range 10 {
			r.Go(co, after(time.Duration(i)*time.Second, i))
		}
		for range 3 {
			s.Do(co, func(co *coro.Co) error {
				for v, err := range r.All(co) {
					if err != nil {
						return err
					}
					sum += v
					rounds++
				}
				return nil
			})
		}
		return nil
	})
	if sum != 45 || rounds != 10 || err != nil {
		t.Errorf("have %d in %d rounds, %v", sum, rounds, err)
	}
}
