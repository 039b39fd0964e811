package coro_test

import (
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
)

// collected reports whether p is garbage.
func collected[T any](p weak.Pointer[T]) bool {
	for range 10 {
		if runtime.GC(); p.Value() == nil {
			return true
		}
	}
	return false
}

func TestALoopOfScopesThatAreWatchedLeavesNothingBehind(t *testing.T) {
	do(t, func(co *coro.Co) {
		for range 10 {
			coro.WithCancel(co, func(co *coro.Co, _ func(error)) error {
				co.Done()
				if n := coro.Watched(co); n != 1 {
					t.Errorf("inside: %d scopes are watched, want 1", n)
				}
				return coro.Shield(co, func(co *coro.Co) error {
					co.AfterFunc(func() {})
					if n := coro.Watched(co); n != 2 {
						t.Errorf("further inside: %d scopes are watched, want 2", n)
					}
					return nil
				})
			})
			if n := coro.Watched(co); n != 0 {
				t.Errorf("%d scopes that have ended are watched", n)
			}
		}
	})
}

func TestAContextThatIsDoneIsNotWatched(t *testing.T) {
	var inside, over *coro.Co
	do(t, func(co *coro.Co) {
		over = co
		coro.WithCancel(co, func(co *coro.Co, cancel func(error)) error {
			inside = co
			cancel(nil)
			if waitDone(t, co); coro.Watched(co) != 0 {
				t.Error("a scope that was cancelled is watched")
			}
			return nil
		})
		if waitDone(t, inside); coro.Watched(co) != 0 {
			t.Error("a scope that has ended is watched")
		}
	})
	for _, co := range []*coro.Co{over, inside} {
		if waitDone(t, co); coro.Watched(co) != 0 {
			t.Error("a body that has ended is watched")
		}
	}
}

// The timer that closes Done while the worker is blocked would keep the scope until the deadline.
func TestAScopeThatWasWatchedIsReleasedBeforeItsDeadline(t *testing.T) {
	w := newWorker(t, coro.NewPool(0, false))
	w.epoch = time.Now()
	w.clock = func() time.Duration { return time.Since(w.epoch) }
	var scope weak.Pointer[coro.Co]
	s := spawn(t, w, func(co *coro.Co) (int, error) {
		return 0, coro.WithTimeout(co, time.Hour, func(co *coro.Co) error {
			scope = weak.Make(co)
			co.Done()
			return nil
		})
	})
	w.run()
	if _, err := take(t, s); err != nil {
		t.Error(err)
	}
	if !collected(scope) {
		t.Error("the scope is kept after its end")
	}
}

func TestAnIdleCoroutineKeepsNoTask(t *testing.T) {
	w := newWorker(t, coro.NewPool(0, false))
	s := spawn(t, w, func(co *coro.Co) (int, error) { return 0, coro.Sleep(co, time.Second) })
	w.run()
	w.Advance(time.Second)
	w.run()
	if _, err := take(t, s); err != nil || w.pool.Idle() != 1 {
		t.Fatalf("have %v and %d idle coroutines", err, w.pool.Idle())
	}
	gone := weak.Make(s)
	s = nil
	w.cx = core.NewContext(w) // the other one knows its last task
	if !collected(gone) {
		t.Error("the task is kept by the coroutine that ran it")
	}
	runtime.KeepAlive(w)
}

func TestAHandleKeepsNoContextOfAPoll(t *testing.T) {
	w := newWorker(t, coro.NewPool(0, false))
	s := spawn(t, w, func(co *coro.Co) (int, error) { return 0, co.Yield() })
	w.run()
	gone := weak.Make(w.cx)
	w.cx = nil
	if !collected(gone) {
		t.Error("the context is kept by a task that has ended")
	}
	if _, err := take(t, s); err != nil {
		t.Error(err)
	}
}

// A coroutine that leaves the pool may not come back: here it is lost to Goexit.
func TestAPoolForgetsTheCoroutineItGivesOut(t *testing.T) {
	w := newWorker(t, coro.NewPool(0, false))
	spawn(t, w, func(*coro.Co) (int, error) { return 0, nil })
	w.run()
	if w.pool.Idle() != 1 {
		t.Fatalf("%d idle coroutines, want 1", w.pool.Idle())
	}
	var released func() bool
	s := spawn(t, w, func(co *coro.Co) (int, error) {
		p := coro.WeakCoroutine(co)
		released = func() bool { return collected(p) }
		runtime.Goexit()
		return 0, nil
	})
	w.run()
	if _, err := take(t, s); err != core.ErrGoexit || w.pool.Idle() != 0 {
		t.Fatalf("have %v and %d idle coroutines", err, w.pool.Idle())
	}
	if !released() {
		t.Error("the pool keeps a coroutine that has ended")
	}
	runtime.KeepAlive(w)
}

func TestOnlyItsOwnEndOfABrokenCoroutineIsContained(t *testing.T) {
	if v := panicOf(func() { coro.DisposeBroken(coro.Stopped) }); v != nil {
		t.Errorf("its own end: panic %v", v)
	}
	if v := panicOf(func() { coro.DisposeBroken("foreign") }); v != "foreign" {
		t.Errorf("another panic: have %v, want it to go on", v)
	}
}
