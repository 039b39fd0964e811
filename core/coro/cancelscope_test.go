package coro_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

var errCause = errors.New("cause")

func TestATimeoutEndsTheAwaitsInsideAndNotTheTask(t *testing.T) {
	h := newHost(t)
	g := new(gate)
	var in, again, out error
	s := spawn(t, h, func(co *coro.Co) (time.Duration, error) {
		out = coro.WithTimeout(co, time.Second, func(co *coro.Co) error {
			in = await(co, g)
			again = co.Interrupted()
			return in
		})
		at := h.Now()
		return at, coro.Sleep(co, time.Second)
	})
	h.Run()
	if at, err := take(t, s); at != time.Second || err != nil || s.State() != task.Completed {
		t.Errorf("have %v, %v, %v", at, err, s.State())
	}
	for _, err := range []error{in, again, out} {
		if err != core.ErrDeadlineExceeded {
			t.Errorf("have %v", err)
		}
	}
	if g.drops != 1 {
		t.Errorf("%d drops", g.drops)
	}
}

func TestWhatAScopeReturnsIsWhatItsBodyReturned(t *testing.T) {
	do(t, func(co *coro.Co) {
		late := coro.WithTimeout(co, time.Second, func(co *coro.Co) error { forever(co); return nil })
		if late != nil {
			t.Errorf("a body that succeeds after its deadline: have %v", late)
		}
		for name, open := range scopes {
			if err := open(co, func(*coro.Co) error { return errCause }); err != errCause {
				t.Errorf("%s: have %v", name, err)
			}
		}
	})
}

// scopes are all the ways to open one, none of which is cancelled by itself soon.
var scopes = map[string]func(co *coro.Co, body func(co *coro.Co) error) error{
	"timeout": func(co *coro.Co, body func(co *coro.Co) error) error {
		return coro.WithTimeout(co, time.Hour, body)
	},
	"deadline": func(co *coro.Co, body func(co *coro.Co) error) error {
		return coro.WithDeadline(co, co.Context().Host().Epoch().Add(time.Hour), body)
	},
	"cancel": func(co *coro.Co, body func(co *coro.Co) error) error {
		return coro.WithCancel(co, func(co *coro.Co, _ func(error)) error { return body(co) })
	},
	"value": func(co *coro.Co, body func(co *coro.Co) error) error {
		return coro.WithValue(co, valueKey{}, 1, body)
	},
	"shield": coro.Shield,
}

type valueKey struct{}

func TestErrorsOfScopesAreThoseOfOtherPackages(t *testing.T) {
	tests := []struct {
		name  string
		err   error
		is    []error
		isNot []error
	}{
		{
			"deadline", core.ErrDeadlineExceeded,
			[]error{context.DeadlineExceeded, os.ErrDeadlineExceeded},
			[]error{core.ErrCancelled, context.Canceled, errCause, net.ErrClosed},
		},
		{
			"cancel", &coro.CancelError{Cause: errCause},
			[]error{core.ErrCancelled, context.Canceled, errCause},
			[]error{context.DeadlineExceeded, os.ErrDeadlineExceeded},
		},
		{
			"cancel without a cause", &coro.CancelError{},
			[]error{core.ErrCancelled, context.Canceled},
			[]error{context.DeadlineExceeded, errCause},
		},
		{
			"abort", core.ErrCancelled,
			[]error{context.Canceled},
			[]error{context.DeadlineExceeded, errCause},
		},
	}
	for _, test := range tests {
		for _, err := range []error{test.err, fmt.Errorf("read: %w", test.err)} {
			for _, target := range test.is {
				if !errors.Is(err, target) {
					t.Errorf("%s: %v is not %v", test.name, err, target)
				}
			}
			for _, target := range test.isNot {
				if errors.Is(err, target) {
					t.Errorf("%s: %v is %v", test.name, err, target)
				}
			}
		}
	}
	var timeout net.Error
	if !errors.As(core.ErrDeadlineExceeded, &timeout) || !timeout.Timeout() {
		t.Error("a deadline is no net.Error with Timeout")
	}
	if have := (&coro.CancelError{Cause: errCause}).Error(); have != "coro: scope was cancelled: cause" {
		t.Errorf("have %q", have)
	}
	if have := (&coro.CancelError{}).Error(); have != "coro: scope was cancelled" {
		t.Errorf("have %q", have)
	}
}

func TestAScopeThatEndsDisarmsItsTimer(t *testing.T) {
	ends := map[string]func(co *coro.Co) error{
		"returns": func(*coro.Co) error { return nil },
		"fails":   func(*coro.Co) error { return errCause },
		"panics":  func(*coro.Co) error { panic("boom") },
		"suspends": func(co *coro.Co) error {
			return co.Yield()
		},
	}
	for name, end := range ends {
		h := newHost(t)
		s := spawn(t, h, func(co *coro.Co) (int, error) {
			func() {
				defer func() { recover() }()
				coro.WithTimeout(co, time.Second, end)
			}()
			return 0, forever(co)
		})
		settle(h)
		n := h.Scheduled()
		h.Advance(time.Hour)
		if h.Scheduled() != n {
			t.Errorf("%s: woken after the end of the scope", name)
		}
		if err := func() error { s.Abort(); h.Run(); _, err := take(t, s); return err }(); err != core.ErrCancelled {
			t.Errorf("%s: have %v", name, err)
		}
	}
}

func TestAValueBeatsASimultaneousDeadline(t *testing.T) {
	h := newHost(t)
	g := new(gate)
	s := spawn(t, h, func(co *coro.Co) (v int, err error) {
		err = coro.WithTimeout(co, time.Second, func(co *coro.Co) error {
			v, err = coro.Await(co, g)
			return err
		})
		return v, err
	})
	settle(h)
	h.Advance(time.Second)
	g.open(7)
	h.Run()
	if v, err := take(t, s); v != 7 || err != nil {
		t.Errorf("have %d, %v", v, err)
	}
}

func TestADeadlineThatIsPastFailsAtOnce(t *testing.T) {
	for _, start := range []time.Duration{0, time.Minute} {
		for _, d := range []time.Duration{0, -1, -time.Hour, math.MinInt64} {
			h := newHost(t)
			h.Advance(start)
			now := h.Epoch().Add(start)
			g := new(gate)
			s := spawn(t, h, func(co *coro.Co) (int, error) {
				if err := coro.WithTimeout(co, d, func(co *coro.Co) error { return await(co, g) }); err != core.ErrDeadlineExceeded {
					t.Errorf("WithTimeout %v at %v: have %v", d, start, err)
				}
				if err := coro.WithDeadline(co, now.Add(d), func(co *coro.Co) error { return await(co, g) }); err != core.ErrDeadlineExceeded {
					t.Errorf("WithDeadline %v at %v: have %v", d, start, err)
				}
				return 0, nil
			})
			h.Step()
			if !s.Finished() || g.polls != 0 || h.Scheduled() != 1 {
				t.Errorf("%v at %v: finished %t after %d polls of the future and %d of the task",
					d, start, s.Finished(), g.polls, h.Scheduled())
			}
		}
	}
}

// Regression: huge durations overflowed, and were over at once.
func TestADeadlineBeyondAllTimeNeverComes(t *testing.T) {
	h := newHost(t)
	h.Advance(time.Hour) // now + d overflows
	open := map[string]func(co *coro.Co, body func(co *coro.Co) error) error{
		"timeout": func(co *coro.Co, body func(co *coro.Co) error) error {
			return coro.WithTimeout(co, math.MaxInt64, body)
		},
		"deadline": func(co *coro.Co, body func(co *coro.Co) error) error {
			return coro.WithDeadline(co, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), body)
		},
	}
	for name, open := range open {
		s := spawn(t, h, func(co *coro.Co) (int, error) { return 0, open(co, forever) })
		settle(h)
		h.Advance(100 * 365 * 24 * time.Hour)
		settle(h)
		if s.Finished() {
			t.Errorf("%s: over", name)
		}
		s.Abort()
		settle(h)
	}
}

func TestCancelEndsTheAwaitsInside(t *testing.T) {
	h := newHost(t)
	var cancel func(error)
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		err := coro.WithCancel(co, func(co *coro.Co, c func(error)) error {
			cancel = c
			return forever(co)
		})
		if err := co.Interrupted(); err != nil {
			t.Errorf("outside: have %v", err)
		}
		return 0, err
	})
	h.Run()
	cancel(errCause)
	cancel(errors.New("another")) // the first counts
	h.Run()
	var ce *coro.CancelError
	if _, err := take(t, s); !errors.As(err, &ce) || ce.Cause != errCause || s.State() != task.Completed {
		t.Errorf("have %v, %v", err, s.State())
	}
}

func TestCancelAfterTheEndWakesNobody(t *testing.T) {
	h := newHost(t)
	var cancel func(error)
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		coro.WithCancel(co, func(_ *coro.Co, c func(error)) error { cancel = c; return nil })
		return 0, forever(co)
	})
	h.Run()
	n := h.Scheduled()
	cancel(errCause)
	if h.Scheduled() != n {
		t.Error("the task was woken")
	}
	s.Abort()
	h.Run()
	cancel(errCause)
	if h.Scheduled() != n+1 {
		t.Error("a task that has ended was scheduled")
	}
}

// A cancel from another goroutine may come at any time in the life of the scope, also before and
// after. Each scope sees its own only.
func TestCancelRacingTheEndOfItsScope(t *testing.T) {
	h := newHost(t)
	const rounds = 2000
	var wg sync.WaitGroup
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		cancelled := 0
		for range rounds {
			err := coro.WithCancel(co, func(co *coro.Co, cancel func(error)) error {
				wg.Go(func() { cancel(errCause) })
				return coro.WithValue(co, valueKey{}, 1, func(co *coro.Co) error {
					for range 3 {
						if err := co.Yield(); err != nil {
							return err
						}
					}
					return nil
				})
			})
			if err != nil {
				cancelled++
				if !errors.Is(err, errCause) {
					t.Errorf("have %v", err)
				}
			}
			if err := co.Yield(); err != nil {
				t.Errorf("outside: have %v", err)
			}
		}
		return cancelled, nil
	})
	h.RunUntil(s.Finished)
	wg.Wait()
	n, _ := take(t, s)
	t.Logf("%d of %d scopes saw their cancel", n, rounds)
}

func TestTheOutermostReasonIsTheError(t *testing.T) {
	h := newHost(t)
	var errs []error
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		var cancel func(error)
		coro.WithCancel(co, func(co *coro.Co, c func(error)) error {
			cancel = c
			return coro.WithTimeout(co, time.Second, func(co *coro.Co) error {
				errs = append(errs, forever(co))
				cancel(errCause)
				errs = append(errs, co.Interrupted())
				co.Context().Waker().(*task.Task).Abort()
				errs = append(errs, co.Interrupted())
				return nil
			})
		})
		return 0, nil
	})
	h.Run()
	take(t, s)
	if len(errs) != 3 || errs[0] != core.ErrDeadlineExceeded || !errors.Is(errs[1], errCause) || errs[2] != core.ErrCancelled {
		t.Errorf("have %v", errs)
	}
}

// Every nesting of three scopes, with a cancellation for each that can have one and an abort at
// the end, all at different times: the innermost await fails with the first that reaches it, at
// its time.
func TestScopesNestInEveryOrder(t *testing.T) {
	type event struct {
		at  time.Duration
		err error
	}
	abort := event{5 * time.Second, core.ErrCancelled}
	kinds := []struct {
		name string
		ev   event // of the scope at depth 0; each further depth adds 100 ms
	}{
		{"timeout1s", event{1 * time.Second, core.ErrDeadlineExceeded}},
		{"deadline2s", event{2 * time.Second, core.ErrDeadlineExceeded}},
		{"cancel3s", event{3 * time.Second, errCause}},
		{"value", event{}},
		{"shield", event{}},
	}
	const depth = 3
	n := len(kinds)
	for i := range n * n * n {
		nest := []int{i / (n * n), i / n % n, i % n}
		h := newHost(t)

		// What has to come: the earliest event from the inside out to a shield.
		want, name, shielded := event{at: math.MaxInt64}, "", false
		for d := depth - 1; d >= 0; d-- {
			k := kinds[nest[d]]
			name = k.name + "(" + name + ")"
			if at := k.ev.at + time.Duration(d)*100*time.Millisecond; !shielded && k.ev.err != nil && at < want.at {
				want = event{at, k.ev.err}
			}
			shielded = shielded || k.name == "shield"
		}
		if !shielded && abort.at < want.at {
			want = abort
		}
		if want.err == nil {
			want.at, want.err = abort.at+time.Second, core.ErrCancelled // closed below
		}

		var cancels []func()
		var have event
		var lives bool
		var open func(co *coro.Co, d int) error
		open = func(co *coro.Co, d int) error {
			if d == depth {
				err := forever(co)
				have = event{h.Now(), err}
				return err
			}
			inner := func(co *coro.Co) error { return open(co, d+1) }
			k := kinds[nest[d]]
			at := k.ev.at + time.Duration(d)*100*time.Millisecond
			switch k.name {
			case "timeout1s":
				return coro.WithTimeout(co, at, inner)
			case "deadline2s":
				return coro.WithDeadline(co, h.Epoch().Add(at), inner)
			case "cancel3s":
				return coro.WithCancel(co, func(co *coro.Co, cancel func(error)) error {
					cancels = append(cancels, func() {
						if h.Now() == at {
							cancel(errCause)
						}
					})
					return inner(co)
				})
			case "value":
				return coro.WithValue(co, valueKey{}, d, inner)
			}
			return coro.Shield(co, inner)
		}
		s := spawn(t, h, func(co *coro.Co) (int, error) {
			open(co, 0)
			lives = co.Interrupted() == nil
			return 0, nil
		})
		for h.Now() < abort.at+time.Second {
			settle(h)
			h.Advance(100 * time.Millisecond)
			for _, cancel := range cancels {
				cancel()
			}
			if h.Now() == abort.at {
				s.Abort()
			}
		}
		h.Close()
		if have.at != want.at || !errors.Is(have.err, want.err) {
			t.Errorf("%s: have %v at %v, want %v at %v", name, have.err, have.at, want.err, want.at)
		}
		if lives != (have.at < abort.at) {
			t.Errorf("%s: the task lives on: %t", name, lives)
		}
	}
}

// A body that tries again and again in an expired scope must let the others run.
func TestARetryLoopInAnExpiredScopeStarvesNobody(t *testing.T) {
	h := newHost(t)
	done := false
	tries := 0
	spawn(t, h, func(co *coro.Co) (int, error) {
		return 0, coro.WithTimeout(co, 0, func(co *coro.Co) error {
			for !done && tries < 1e6 {
				tries++
				if err := forever(co); err != core.ErrDeadlineExceeded {
					t.Errorf("have %v", err)
				}
			}
			return nil
		})
	})
	spawn(t, h, func(co *coro.Co) (int, error) {
		for range 10 {
			co.Yield()
		}
		done = true
		return 0, nil
	})
	h.Run()
	if limit := 12 * (core.DefaultBudget + 1); tries > limit {
		t.Errorf("%d tries before the other had its 11 turns, want at most %d", tries, limit)
	}
}

func TestWithValue(t *testing.T) {
	type key string
	do(t, func(co *coro.Co) {
		outer := co
		coro.WithValue(co, key("a"), 1, func(co *coro.Co) error {
			return coro.WithValue(co, key("b"), 2, func(co *coro.Co) error {
				return coro.Shield(co, func(co *coro.Co) error {
					return coro.WithValue(co, key("a"), 3, func(co *coro.Co) error {
						for k, want := range map[any]any{key("a"): 3, key("b"): 2, key("c"): nil, "a": nil} {
							if have := co.Value(k); have != want {
								t.Errorf("%v: have %v, want %v", k, have, want)
							}
						}
						return nil
					})
				})
			})
		})
		if v := outer.Value(key("a")); v != nil {
			t.Errorf("outside: have %v", v)
		}
	})
	for name, test := range map[string]struct {
		key  any
		want string
	}{
		"nil":            {nil, "task panicked: coro: WithValue with a nil key"},
		"not comparable": {[]int{1}, "task panicked: coro: WithValue with a key that is not comparable"},
	} {
		_, err := run(t, func(co *coro.Co) (int, error) {
			return 0, coro.WithValue(co, test.key, 1, func(*coro.Co) error { return nil })
		})
		if err == nil || err.Error() != test.want {
			t.Errorf("%s: have %v", name, err)
		}
	}
}

func TestAPanicClosesTheScopesAround(t *testing.T) {
	for name, open := range scopes {
		do(t, func(co *coro.Co) {
			var in *coro.Co
			func() {
				defer func() { recover() }()
				open(co, func(co *coro.Co) error { in = co; panic("boom") })
			}()
			if in.Err() != context.Canceled {
				t.Errorf("%s: the scope is open", name)
			}
			if co.Err() != nil || co.Interrupted() != nil {
				t.Errorf("%s: outside: have %v", name, co.Interrupted())
			}
		})
	}
}
