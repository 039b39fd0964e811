package coro_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

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

func TestACancelAfterTheEndWakesNoTask(t *testing.T) {
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
