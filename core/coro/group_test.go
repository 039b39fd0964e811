package coro_test

import (
	"cmp"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

var errFirst, errSecond = errors.New("first"), errors.New("second")

// nap sleeps and returns err, or why the sleep was cut short.
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

// within runs body in a scope, as a task alone on a host, and returns what the scope returned and
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

func TestAScopeWaitsForItsChildren(t *testing.T) {
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

func TestAPanicOfAChildSurfacesAtTheEndOfTheScope(t *testing.T) {
	h := newHost(t)
	tidied, after := 0, false
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		err := coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
			s.Do(co, tidy(&tidied))
			s.Do(co, func(co *coro.Co) error { coro.Sleep(co, time.Second); panicsWith("boom"); return nil })
			return forever(co)
		})
		after = true
		return 0, err
	})
	h.Run()
	_, err := take(t, s)
	var p *task.PanicError
	if !errors.As(err, &p) || !strings.Contains(string(p.Stack), "panicsWith") {
		t.Fatalf("have %v", err)
	}
	var child *coro.ChildPanic
	if !errors.As(err, &child) || child.ID != 3 || child.Value != "boom" || !strings.Contains(child.Name, t.Name()) {
		t.Errorf("the child is %+v", child)
	}
	if tidied != 1 || after || h.Live() != 0 {
		t.Errorf("%d cleaned up, the body went on %t, %d tasks left", tidied, after, h.Live())
	}
}

//go:noinline
func panicsWith(v any) { panic(v) }

func TestAPanicBeatsAnErrorThatCameFirst(t *testing.T) {
	_, err := within(t, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
		s.Do(co, func(co *coro.Co) error { forever(co); panic("in clean-up") })
		co.Yield()
		return errFirst
	})
	var p *coro.ChildPanic
	if !errors.As(err, &p) || p.Value != "in clean-up" {
		t.Errorf("have %v", err)
	}
}

func TestABodyThatPanicsOrExitsLeavesNoChildBehind(t *testing.T) {
	for name, leave := range map[string]func(co *coro.Co){
		"panics": func(*coro.Co) { panic("boom") },
		"exits":  func(*coro.Co) { runtime.Goexit() },
		"is unwound by force": func(co *coro.Co) {
			co.Context().Waker().(*task.Task).Abort()
			for {
				forever(co)
			}
		},
	} {
		h := newHost(t)
		tidied, atEnd := 0, -1
		s := spawn(t, h, func(co *coro.Co) (int, error) {
			defer func() { atEnd = tidied }()
			return 0, coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
				s.Do(co, tidy(&tidied))
				coro.Sleep(co, time.Second)
				leave(co)
				return nil
			})
		})
		h.Run()
		_, err := take(t, s)
		if err == nil || atEnd != 1 || h.Live() != 0 {
			t.Errorf("%s: have %v, %d cleaned up before the end, %d tasks left", name, err, atEnd, h.Live())
		}
	}
}

func TestAChildThatExitsFails(t *testing.T) {
	_, err := within(t, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
		return s.Do(co, func(co *coro.Co) error { runtime.Goexit(); return nil })
	})
	if err != core.ErrGoexit {
		t.Errorf("have %v", err)
	}
}

// However the wait of the body ends, the children end before it.
func TestACancelledParentAbortsTheChildrenAndWaitsForThem(t *testing.T) {
	withTimeout := func(co *coro.Co, body func(co *coro.Co) error) error {
		return coro.WithTimeout(co, 5*time.Second, body)
	}
	plain := func(co *coro.Co, body func(co *coro.Co) error) error { return body(co) }
	tests := []struct {
		name   string
		around func(co *coro.Co, body func(co *coro.Co) error) error
		inBody bool
		abort  bool
		want   error
	}{
		{"abort of the wait for the children", plain, false, true, core.ErrCancelled},
		{"abort of the body", plain, true, true, core.ErrCancelled},
		{"deadline of the wait for the children", withTimeout, false, false, core.ErrDeadlineExceeded},
		{"deadline of the body", withTimeout, true, false, core.ErrDeadlineExceeded},
	}
	for _, test := range tests {
		h := newHost(t)
		tidied, atEnd := 0, -1
		var scopeErr error
		s := spawn(t, h, func(co *coro.Co) (int, error) {
			scopeErr = test.around(co, func(co *coro.Co) error {
				return coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
					s.Do(co, tidy(&tidied))
					if test.inBody {
						return forever(co)
					}
					return nil
				})
			})
			atEnd = tidied
			return 0, scopeErr
		})
		settle(h)
		if test.abort {
			s.Abort()
		}
		h.Run()
		if _, err := take(t, s); scopeErr != test.want || !errors.Is(err, test.want) || atEnd != 1 || h.Live() != 0 {
			t.Errorf("%s: have %v and %v, %d cleaned up before the end, %d tasks left", test.name, scopeErr, err, atEnd, h.Live())
		}
	}
}

func TestAShieldKeepsAnAbortFromTheChildren(t *testing.T) {
	h := newHost(t)
	var err error
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		err = coro.Shield(co, func(co *coro.Co) error {
			return coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
				return s.Do(co, nap(time.Second, nil))
			})
		})
		return 0, co.Interrupted()
	})
	settle(h)
	s.Abort()
	h.Run()
	if err != nil || h.Now() != time.Second || s.State() != task.Cancelled {
		t.Errorf("have %v at %v, %v", err, h.Now(), s.State())
	}
}

func TestAHostThatClosesLeavesNothing(t *testing.T) {
	for _, where := range []string{"in the body", "in the wait"} {
		h := coretest.New(1)
		ended := 0
		s := spawn(t, h, func(co *coro.Co) (int, error) {
			defer func() { ended++ }()
			return 0, coro.WithGroup(co, coro.GroupOptions{Limit: 2}, func(co *coro.Co, s *coro.Group) error {
				for range 2 {
					s.Do(co, func(co *coro.Co) error { defer func() { ended++ }(); return forever(co) })
				}
				if where == "in the body" {
					return s.Do(co, forever)
				}
				return nil
			})
		})
		settle(h)
		h.Close()
		if ended != 3 || !s.Finished() || h.Live() != 0 {
			t.Errorf("%s: %d bodies have ended, %v, %d tasks left", where, ended, s.State(), h.Live())
		}
	}
}

// A full host accepts no tasks.
type full struct{ *worker }

func (full) Spawn(core.Task) error { return core.ErrShutdown }

func TestAChildThatIsRefusedFailsTheScope(t *testing.T) {
	w := newWorker(t, coro.NewPool(0, false))
	var refused, err error
	ran := false
	s := coro.New(func(co *coro.Co) (int, error) {
		err = coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
			refused = s.Do(co, func(*coro.Co) error { ran = true; return nil })
			return nil
		})
		return 0, nil
	})
	w.Spawn(&s.Task)
	w.cx = core.NewContext(full{w})
	w.run()
	if refused != core.ErrShutdown || err != core.ErrShutdown || ran || !s.Finished() {
		t.Errorf("have %v and %v, ran %t, %v", refused, err, ran, s.State())
	}
}

func TestAbortAllEndsTheChildrenAndIsNoFailure(t *testing.T) {
	tidied, began := 0, false
	at, err := within(t, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
		s.Do(co, tidy(&tidied))
		coro.Sleep(co, time.Second)
		s.Do(co, func(co *coro.Co) error { began = true; return co.Yield() })
		s.AbortAll()
		return s.Do(co, nap(3*time.Second, nil)) // is none of them
	})
	if at != 4*time.Second || err != nil || tidied != 1 || !began {
		t.Errorf("have %v, %v, %d cleaned up, the child that had not begun began %t", at, err, tidied, began)
	}
}

func TestAChildThatSomebodyElseAbortsFailsTheScope(t *testing.T) {
	_, err := within(t, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
		var child core.Waker
		s.Do(co, func(co *coro.Co) error { child = co.Context().Waker(); return forever(co) })
		co.Yield()
		child.(*task.Task).Abort()
		return nil
	})
	if err != core.ErrCancelled {
		t.Errorf("have %v", err)
	}
}

func TestALimitIsNeverExceededAndServesThoseWhoWaitInOrder(t *testing.T) {
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

// Several that wait for a place: one of them is cancelled while it waits, one when it has got the
// place and not come to use it. Nobody's place is lost.
func TestAPlaceIsHandedOnByWhoIsCancelled(t *testing.T) {
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
	h.Step() // the first child ends, and hands its place over
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

func TestAFailedScopeStartsNothing(t *testing.T) {
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
func TestAFailureReachesAllWhoWaitForAPlace(t *testing.T) {
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

// A caller out of reach of every cancellation, that does not take no for an answer.
func TestWhoRetriesOnAFailedScopeStarvesNobody(t *testing.T) {
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

// Who takes no notice of what Go returns does not lose the error.
func TestAnErrorOfGoIsOneOfTheScope(t *testing.T) {
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

func TestMisuseOfAScope(t *testing.T) {
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

func TestAChildAllocatesItsTaskAndItsClosures(t *testing.T) {
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
			atMost(t, "Go", 2*n, func() {
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

func TestAGoThatWaitsForAPlaceAllocatesNoMore(t *testing.T) {
	h := newHost(t)
	spawn(t, h, func(co *coro.Co) (int, error) {
		return 0, coro.WithGroup(co, coro.GroupOptions{Limit: 1}, func(co *coro.Co, s *coro.Group) error {
			child := func(co *coro.Co) error { return nil }
			const n = 1000
			atMost(t, "Go", 2*n, func() {
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
