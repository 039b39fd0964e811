package coro_test

import (
	"errors"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// The children end before the wait of the body does, however that wait ends.
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

func TestAChildThatIsRefusedFailsTheGroup(t *testing.T) {
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

func TestAChildThatAnotherTaskAbortsFailsTheGroup(t *testing.T) {
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
