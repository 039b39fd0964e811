package coro_test

import (
	"context"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
)

// On a virtual clock, the deadline of a context comes by the wall clock, and a scope's by the virtual one.
func TestAContextsDeadlineIsItsOwn(t *testing.T) {
	h := newHost(t)
	far, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	var inFar, in *coro.Co
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		coro.WithContext(co, far, func(co *coro.Co) error {
			inFar = co
			return coro.Sleep(co, 24*time.Hour)
		})
		return 0, coro.WithTimeout(co, 24*time.Hour, func(co *coro.Co) error {
			ctx, cancel := context.WithTimeout(co, time.Minute) // more than the virtual deadline by the wall clock: it is past
			defer cancel()
			return coro.WithContext(co, ctx, func(co *coro.Co) error {
				in = co
				return forever(co)
			})
		})
	})
	settle(h)
	if d, ok := inFar.Deadline(); !ok || time.Until(d) < 50*time.Minute || isDone(inFar) {
		t.Errorf("have %v, %t, done %t", d, ok, isDone(inFar))
	}
	h.Advance(24 * time.Hour) // the hour has not passed
	settle(h)
	if err := in.Err(); err != nil {
		t.Errorf("have %v before its time", err)
	}
	h.Advance(24 * time.Hour)
	settle(h)
	if _, err := take(t, s); err != core.ErrDeadlineExceeded {
		t.Errorf("have %v", err)
	}
}

func TestDeadlineIsTheEarliestOfScopesAndContexts(t *testing.T) {
	h := newHost(t)
	at := func(d time.Duration) time.Time { return h.Epoch().Add(d) }
	check := func(co *coro.Co, want time.Duration) {
		t.Helper()
		if have, ok := co.Deadline(); ok != (want != 0) || ok && !have.Equal(at(want)) {
			t.Errorf("have %v, %t, want %v", have, ok, want)
		}
	}
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		inContext(t, co, context.Background(), func(co *coro.Co) { check(co, 0) })
		inContext(t, co, &manual{deadline: at(time.Hour)}, func(co *coro.Co) {
			check(co, time.Hour)
			inContext(t, co, &manual{deadline: at(2 * time.Hour)}, func(co *coro.Co) { check(co, time.Hour) })
			inContext(t, co, &manual{deadline: at(time.Minute)}, func(co *coro.Co) { check(co, time.Minute) })
			coro.WithTimeout(co, time.Second, func(co *coro.Co) error { check(co, time.Second); return nil })
			coro.WithTimeout(co, 3*time.Hour, func(co *coro.Co) error { check(co, time.Hour); return nil })
			coro.Shield(co, func(co *coro.Co) error {
				check(co, 0)
				inContext(t, co, &manual{deadline: at(2 * time.Hour)}, func(co *coro.Co) { check(co, 2*time.Hour) })
				return nil
			})
			inContext(t, co, context.WithValue(co, valueKey{}, 1), func(co *coro.Co) { check(co, time.Hour) })
			inContext(t, co, context.WithoutCancel(co), func(co *coro.Co) { check(co, time.Hour) })
		})
		coro.WithTimeout(co, time.Hour, func(co *coro.Co) error {
			inContext(t, co, &manual{deadline: at(time.Minute)}, func(co *coro.Co) { check(co, time.Minute) })
			return nil
		})
		return 0, nil
	})
	h.Run()
	take(t, s)
}
