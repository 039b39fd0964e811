package coro_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

var errCause = errors.New("cause")

func TestAScopeReturnsTheErrorOfItsBody(t *testing.T) {
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
	"context": func(co *coro.Co, body func(co *coro.Co) error) error {
		return coro.WithContext(co, new(manual), body)
	},
}

type valueKey struct{}

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
		{"context4s", event{4 * time.Second, errCause}},
		{"value", event{}},
		{"shield", event{}},
	}
	const depth = 3
	n := len(kinds)
	for i := range n * n * n {
		nest := []int{i / (n * n), i / n % n, i % n}
		h := newHost(t)

		// The expected event: the earliest one from the inside out to a shield.
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
			case "context4s":
				ctx := new(manual)
				cancels = append(cancels, func() {
					if h.Now() == at {
						ctx.end(errCause)
					}
				})
				return coro.WithContext(co, ctx, inner)
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

// A body that retries without end in an expired scope lets the other tasks run.
func TestARetryLoopInAnExpiredScopeStarvesNoTask(t *testing.T) {
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
