package coro_test

import (
	"errors"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// Only awaits that fail in a row cause a body to be unwound by force.
//
// Regression: a row after a shielded await was shorter by one.
func TestOnlyABodyThatSpinsIsUnwoundByForce(t *testing.T) {
	fail := func(co *coro.Co, n int) {
		for i := range n {
			awaits[i%len(awaits)].f(co)
		}
	}
	shielded := func(co *coro.Co) { coro.Shield(co, (*coro.Co).Yield) }
	const last = coro.MaxIgnored - 1 // after the one that the abort has ended
	tests := []struct {
		name    string
		cleanUp func(co *coro.Co)
		forced  bool
	}{
		{"one await", func(co *coro.Co) { fail(co, 1) }, false},
		{"100 awaits", func(co *coro.Co) { fail(co, 100) }, false},
		{"as many as may fail", func(co *coro.Co) { fail(co, last) }, false},
		{"one more", func(co *coro.Co) { fail(co, last+1) }, true},
		{"as many, twice, with a shielded await in between",
			func(co *coro.Co) { fail(co, last); shielded(co); fail(co, last) }, false},
		{"as many, and a row of the full length after a shielded await",
			func(co *coro.Co) { fail(co, last); shielded(co); fail(co, coro.MaxIgnored) }, false},
		{"as many, and one more after a shielded await",
			func(co *coro.Co) { fail(co, last); shielded(co); fail(co, coro.MaxIgnored+1) }, true},
		{"as many, and one in a scope",
			func(co *coro.Co) {
				fail(co, last)
				coro.WithValue(co, valueKey{}, 1, func(co *coro.Co) error { fail(co, 1); return nil })
			}, true},
		{"a shield in which nothing is awaited",
			func(co *coro.Co) {
				fail(co, last)
				coro.Shield(co, func(*coro.Co) error { return nil })
				fail(co, 1)
			}, true},
		{"a shielded await of a clean-up that is forced",
			func(co *coro.Co) {
				defer func() { shielded(co); fail(co, 1); panic("it went on") }()
				fail(co, last+1)
			}, true},
	}
	for _, test := range tests {
		for _, end := range []string{"abort", "context", "context, then abort"} {
			h := newHost(t)
			ctx := new(manual)
			finished := false
			s := spawnWith(t, h, ctx, func(co *coro.Co) (int, error) {
				co.Suspend()
				test.cleanUp(co)
				finished = true
				return 7, nil
			})
			settle(h)
			if end != "abort" {
				ctx.end(errCause)
			}
			if end != "context" {
				s.Abort()
			}
			settle(h)
			v, err := take(t, s)
			if test.forced && (finished || !errors.Is(err, core.ErrCancelled) || s.State() != task.Cancelled ||
				errors.Is(err, errCause) != (end == "context")) ||
				!test.forced && (!finished || v != 7 || err != nil) {
				t.Errorf("%s, %s: finished %t, have %d, %v, %v", end, test.name, finished, v, err, s.State())
			}
			ctx.unused(t)
		}
	}
}

// A body that ignores its abort yields to the other tasks until it is unwound by force.
func TestABodyThatIgnoresItsAbortLetsOthersRunMeanwhile(t *testing.T) {
	for _, end := range []string{"abort", "context"} {
		h := newHost(t)
		ctx := new(manual)
		told := 0
		stubborn := spawnWith(t, h, ctx, func(co *coro.Co) (int, error) {
			for {
				if forever(co) != nil {
					told++
				}
			}
		})
		settle(h)
		if end == "abort" {
			stubborn.Abort()
		} else {
			ctx.end(errCause)
		}
		rounds, gap, before := 0, 0, 0
		spawn(t, h, func(co *coro.Co) (int, error) {
			for ; !stubborn.Finished(); rounds++ {
				gap, before = max(gap, told-before), told
				co.Yield()
			}
			return 0, nil
		})
		settle(h)
		if gap > core.DefaultBudget+1 || rounds < coro.MaxIgnored/core.DefaultBudget || told != coro.MaxIgnored {
			t.Errorf("%s: told %d times, %d times without a turn of the other, which had %d", end, told, gap, rounds)
		}
	}
}

// At Close there are no other tasks to run, and the same bound holds.
func TestABodyThatIgnoresItsDropIsUnwoundByForce(t *testing.T) {
	h := newHost(t)
	told := 0
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		for {
			if coro.Shield(co, forever) != nil {
				told++
			}
		}
	})
	settle(h)
	h.Close()
	if _, err := take(t, s); !errors.Is(err, core.ErrShutdown) || told != coro.MaxIgnored {
		t.Errorf("have %v, told %d times", err, told)
	}
}
