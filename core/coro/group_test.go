package coro_test

import (
	"cmp"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
)

var errFirst, errSecond = errors.New("first"), errors.New("second")

// nap sleeps and returns err, or the error of the sleep.
func nap(d time.Duration, err error) func(co *coro.Co) error {
	return func(co *coro.Co) error { return cmp.Or(coro.Sleep(co, d), err) }
}

// tidy is a child that waits for ever, and whose clean-up takes a second.
func tidy(tidied *int) func(co *coro.Co) error {
	return func(co *coro.Co) error {
		defer coro.Shield(co, func(co *coro.Co) error {
			defer func() { *tidied++ }()
			return coro.Sleep(co, time.Second)
		})
		return forever(co)
	}
}

// within runs body in a group, as the only task of a host, and returns the error of the group and
// when it did.
func within(t *testing.T, opts coro.GroupOptions, body func(co *coro.Co, s *coro.Group) error) (time.Duration, error) {
	t.Helper()
	var at time.Duration
	_, err := run(t, func(co *coro.Co) (int, error) {
		err := coro.WithGroup(co, opts, body)
		at = co.Context().Now()
		return 0, err
	})
	return at, err
}

func TestAGroupWaitsForItsChildren(t *testing.T) {
	ended := 0
	at, err := within(t, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
		for i := range 5 {
			s.Do(co, func(co *coro.Co) error {
				defer func() { ended++ }()
				return coro.Sleep(co, time.Duration(i)*time.Second)
			})
		}
		if s.Len() != 5 {
			t.Errorf("%d children", s.Len())
		}
		return nil
	})
	if at != 4*time.Second || err != nil || ended != 5 {
		t.Errorf("have %v, %v, %d children have ended", at, err, ended)
	}
	if at, err = within(t, coro.GroupOptions{}, func(*coro.Co, *coro.Group) error { return nil }); at != 0 || err != nil {
		t.Errorf("without children: have %v, %v", at, err)
	}
}

func TestTheFirstFailureAbortsTheOthersAndWaitsForTheirCleanUp(t *testing.T) {
	failures := map[string]func(co *coro.Co, s *coro.Group) error{
		"of a child": func(co *coro.Co, s *coro.Group) error {
			s.Do(co, nap(time.Second, errFirst))
			s.Do(co, nap(2*time.Second, errSecond))
			return nil
		},
		"of a child, with a body that waits": func(co *coro.Co, s *coro.Group) error {
			s.Do(co, nap(time.Second, errFirst))
			err := forever(co)
			var cancelled *coro.CancelError
			if !errors.As(err, &cancelled) || cancelled.Cause != errFirst || !errors.Is(err, core.ErrCancelled) {
				t.Errorf("the await of the body: have %v", err)
			}
			if co.Err() == nil {
				t.Error("the context of the body is not done")
			}
			return err
		},
		"of a child, with a body that takes no notice": func(co *coro.Co, s *coro.Group) error {
			s.Do(co, nap(time.Second, errFirst))
			forever(co)
			return nil
		},
		"of the body": func(co *coro.Co, s *coro.Group) error {
			coro.Sleep(co, time.Second)
			return errFirst
		},
		"of a child, after which the body fails too": func(co *coro.Co, s *coro.Group) error {
			s.Do(co, nap(time.Second, errFirst))
			forever(co)
			return errSecond
		},
		"of a grandchild": func(co *coro.Co, s *coro.Group) error {
			return coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
				s.Do(co, nap(time.Second, errFirst))
				return nil
			})
		},
		"of a sibling that a child has started": func(co *coro.Co, s *coro.Group) error {
			return s.Do(co, func(co *coro.Co) error { return s.Do(co, nap(time.Second, errFirst)) })
		},
	}
	for name, fail := range failures {
		tidied := 0
		at, err := within(t, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
			s.Do(co, tidy(&tidied))
			s.Do(co, tidy(&tidied))
			return fail(co, s)
		})
		if err != errFirst || tidied != 2 || at != 2*time.Second {
			t.Errorf("%s: have %v after %v, %d cleaned up", name, err, at, tidied)
		}
	}
}

func TestACleanUpThatFailsIsNoFirstFailureAndAFailureAfterItIsKeptOut(t *testing.T) {
	_, err := within(t, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
		s.Do(co, func(co *coro.Co) error { forever(co); return errSecond })
		s.Do(co, nap(time.Second, errFirst))
		return nil
	})
	if err != errFirst {
		t.Errorf("have %v", err)
	}
}

// A caller that ignores the error of Do does not lose it: WithGroup returns it.
func TestAnErrorOfDoIsAnErrorOfTheGroup(t *testing.T) {
	_, err := within(t, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
		return coro.WithTimeout(co, 0, func(co *coro.Co) error {
			s.Do(co, nap(0, nil))
			return nil
		})
	})
	if err != core.ErrDeadlineExceeded {
		t.Errorf("have %v", err)
	}
}

func TestChildrenSeeValuesOnlyIfTheyInherit(t *testing.T) {
	for _, inherit := range []bool{false, true} {
		var have any
		within(t, coro.GroupOptions{Inherit: inherit}, func(co *coro.Co, s *coro.Group) error {
			s.Do(co, func(co *coro.Co) error { return nil }) // with nothing to inherit
			return coro.WithValue(co, valueKey{}, 7, func(co *coro.Co) error {
				return s.Do(co, func(co *coro.Co) error { have = co.Value(valueKey{}); return nil })
			})
		})
		if (have == 7) != inherit {
			t.Errorf("inherit %t: have %v", inherit, have)
		}
	}
}

func TestMisuseOfAGroup(t *testing.T) {
	body := func(*coro.Co, *coro.Group) error { return nil }
	do(t, func(co *coro.Co) {
		var kept *coro.Group
		coro.WithGroup(co, coro.GroupOptions{}, func(_ *coro.Co, s *coro.Group) error { kept = s; return nil })
		for want, f := range map[string]func(){
			"coro: WithGroup with a nil body":                         func() { coro.WithGroup(co, coro.GroupOptions{}, nil) },
			"coro: WithGroup with a Limit of -1":                      func() { coro.WithGroup(co, coro.GroupOptions{Limit: -1}, body) },
			"coro: Do of a nil body":                                  func() { kept.Do(co, nil) },
			"coro: the Group has ended, and starts no more children":  func() { kept.Do(co, forever) },
			"coro: NewResults of a nil Group":                         func() { coro.NewResults[int](nil) },
			"coro: Go of a nil body":                                  func() { coro.NewResults[int](kept).Go(co, nil) },
			"coro: the Group has ended, and starts no more children ": func() { coro.NewResults[int](kept).Go(co, nothing) },
		} {
			func() {
				defer func() {
					if have := recover(); have != strings.TrimSpace(want) {
						t.Errorf("have %v, want %v", have, want)
					}
				}()
				f()
			}()
		}
	})
}

func TestAChildAllocatesItsTask(t *testing.T) {
	h := newHost(t)
	spawn(t, h, func(co *coro.Co) (int, error) {
		return 0, coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
			r := coro.NewResults[int](s)
			child := func(co *coro.Co) error { return nil }
			typed := func(co *coro.Co) (int, error) { return 1, nil }
			wait := func() {
				for s.Len() > 0 {
					co.Yield()
				}
			}
			const n = 1000
			atMost(t, "Do", n, func() {
				for range n {
					s.Do(co, child)
					wait()
				}
			})
			atMost(t, "Results.Go", n, func() {
				for range n {
					r.Go(co, typed)
					wait()
					for range r.All(co) {
						break
					}
				}
			})
			waits := 0
			atMost(t, "Results.Go and a range that waits", n, func() {
				for range n {
					r.Go(co, typed)
					waits += s.Len()
					for range r.All(co) {
						break
					}
				}
			})
			if waits%n != 0 || waits == 0 {
				t.Errorf("the range has waited %d times", waits)
			}
			return nil
		})
	})
	h.Run()
}

func TestADoThatWaitsForAPermitAllocatesNoMore(t *testing.T) {
	h := newHost(t)
	spawn(t, h, func(co *coro.Co) (int, error) {
		return 0, coro.WithGroup(co, coro.GroupOptions{Limit: 1}, func(co *coro.Co, s *coro.Group) error {
			child := func(co *coro.Co) error { return nil }
			const n = 1000
			atMost(t, "Do", n, func() {
				for range n {
					if s.Do(co, child); s.Len() != 1 {
						t.Error("it did not have to wait")
					}
				}
			})
			return nil
		})
	})
	h.Run()
}
