package coro_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

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
