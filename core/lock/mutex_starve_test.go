package lock_test

import (
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
	"github.com/moduvex/moduvex-go/core/lock"
)

// These tests are of waiters that have waited too long, of a mutex without the option Ordered.

// maxWait is how long a waiter waits before a lost turn has the mutex handed over.
const maxWait = time.Millisecond

// advance moves the clock of w, which no other waiter has.
func advance(w *waittest.Waiter[lock.Guard], d time.Duration) {
	w.Context.Host().(*coretest.Host).Advance(d)
}

// starve makes w, the first in line, a waiter that is handed the mutex over.
func starve(t *testing.T, m *lock.Mutex, g *lock.Guard, w *waittest.Waiter[lock.Guard]) {
	t.Helper()
	advance(w, maxWait)
	overtake(t, m, g)
	w.Pends(t)
}

func TestAWaiterOfAMillisecondIsHandedTheMutexOver(t *testing.T) {
	for _, c := range []struct {
		name   string
		before time.Duration // it has waited when it loses its turn
		handed bool
	}{
		{"at once", 0, false},
		{"not yet", maxWait - time.Microsecond, false},
		{"just", maxWait, true},
		{"long ago", time.Hour, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var m lock.Mutex
			ws := lockWaiters(t, &m, 2)
			advance(ws[0], time.Hour) // before it waits
			g := mustLock(t, &m)
			ws[0].Pends(t)
			ws[1].Pends(t)
			advance(ws[1], time.Hour) // each waiter's time is its own
			advance(ws[0], c.before)
			overtake(t, &m, &g)
			ws[0].Pends(t)
			g.Unlock()
			if _, ok := m.TryLock(); ok == c.handed {
				t.Errorf("a caller overtakes it again: %t", ok)
			}
			if c.handed {
				ws[0].Completes(t, 2)
				mustBeLocked(t, &m)
			}
		})
	}
}

// A waiter that is not polled does not know how long it has waited: it may lose a turn more.
func TestAWaiterStarvesWhenItLoses(t *testing.T) {
	var m lock.Mutex
	w := lockWaiters(t, &m, 1)[0]
	g := mustLock(t, &m)
	w.Pends(t)
	advance(w, time.Hour)
	w.Pends(t) // without a wake: it has lost no turn
	overtake(t, &m, &g)
	w.Pends(t)
	g.Unlock()
	mustBeLocked(t, &m)
	w.Completes(t, 2)
}

func TestTheMutexIsHandedOverUntilAWaiterHasWaitedForLess(t *testing.T) {
	var m lock.Mutex
	ws := lockWaiters(t, &m, 4)
	g := mustLock(t, &m)
	for _, w := range ws {
		w.Pends(t)
	}
	advance(ws[1], maxWait)
	advance(ws[2], maxWait-time.Microsecond)
	starve(t, &m, &g, ws[0])
	g.Unlock()
	mustBeLocked(t, &m)
	g = ws[0].Completes(t, 2)
	g.Unlock()
	mustBeLocked(t, &m)
	g = ws[1].Completes(t, 1)
	g.Unlock()
	mustBeLocked(t, &m)
	g = ws[2].Completes(t, 1) // it has waited for less, so the next unlock leaves the mutex unlocked
	overtake(t, &m, &g)
	ws[3].Pends(t)
	g.Unlock()
	g = ws[3].Completes(t, 2)
	g.Unlock()
	mustLock(t, &m)
}

func TestTheLastWaiterEndsTheHandingOver(t *testing.T) {
	var m lock.Mutex
	ws := lockWaiters(t, &m, 2)
	g := mustLock(t, &m)
	ws[0].Pends(t)
	starve(t, &m, &g, ws[0])
	g.Unlock()
	ws[1].Pends(t) // comes after the hand-over
	g = ws[0].Completes(t, 2)
	overtake(t, &m, &g)
	ws[1].Pends(t)
	g.Unlock()
	ws[1].Completes(t, 2)
}

// Where the clock stands, a task that never leaves the mutex unlocked for long would keep a waiter out for ever.
func TestLostTurnsCountWhereTheClockStands(t *testing.T) {
	var m lock.Mutex
	w := lockWaiters(t, &m, 1)[0]
	g := mustLock(t, &m)
	w.Pends(t)
	for turns := 0; ; turns++ {
		g.Unlock()
		next, ok := m.TryLock()
		if !ok {
			if turns != 1001 {
				t.Errorf("it has lost %d turns, want 1001", turns)
			}
			break
		}
		if turns > 2000 {
			t.Fatal("it loses every turn")
		}
		g = next
		w.Pends(t)
	}
	g = w.Completes(t, 1002)
	g.Unlock()
	mustLock(t, &m)
}

func TestAStarvingWaiterThatIsDropped(t *testing.T) {
	t.Run("passes the hand-over on", func(t *testing.T) {
		for _, handed := range []bool{false, true} {
			var m lock.Mutex
			ws := lockWaiters(t, &m, 2)
			g := mustLock(t, &m)
			ws[0].Pends(t)
			ws[1].Pends(t)
			starve(t, &m, &g, ws[0])
			if handed {
				g.Unlock()
				ws[0].Drop()
			} else {
				ws[0].Drop()
				g.Unlock()
			}
			mustBeLocked(t, &m)
			g = ws[1].Completes(t, 1)
			g.Unlock()
			mustLock(t, &m)
		}
	})
	t.Run("is the last", func(t *testing.T) {
		for _, handed := range []bool{false, true} {
			var m lock.Mutex
			w := lockWaiters(t, &m, 1)[0]
			g := mustLock(t, &m)
			w.Pends(t)
			starve(t, &m, &g, w)
			if handed {
				g.Unlock()
				w.Drop()
			} else {
				w.Drop()
				g.Unlock()
			}
			mustLock(t, &m)
		}
	})
}

// TestABodyThatLocksAgainAndAgainStarvesNoOther: it holds the mutex across awaits, and locks it again before the waiter
// that it has woken can run.
func TestABodyThatLocksAgainAndAgainStarvesNoOther(t *testing.T) {
	for name, c := range map[string]struct {
		m    *lock.Mutex
		want int // holds of the first body until the second has the mutex
	}{
		"default": {new(lock.Mutex), 2}, // the second one begins when the waiter has waited for a millisecond
		"ordered": {newOrdered(), 1},
	} {
		t.Run(name, func(t *testing.T) {
			h := waittest.Host(t)
			holds, over := 0, false
			waittest.Body(h, func(co *coro.Co) error {
				for !over && holds < 100 {
					g, err := c.m.Lock(co)
					if err != nil {
						return err
					}
					if !over {
						holds++
					}
					coro.Sleep(co, maxWait)
					g.UnlockOn(co.Context())
				}
				return nil
			})
			waittest.Body(h, func(co *coro.Co) error {
				g, err := c.m.Lock(co)
				over = true
				g.Unlock()
				return err
			})
			h.Run()
			if holds != c.want || h.Live() != 0 {
				t.Errorf("%d holds, want %d; %d tasks are left", holds, c.want, h.Live())
			}
		})
	}
}

// TestAGoroutineThatWaitsIsNotStarved: its clock is the system's. Without it, the goroutine would have to find the
// mutex unlocked in the instant between two calls.
func TestAGoroutineThatWaitsIsNotStarved(t *testing.T) {
	var m lock.Mutex
	g := mustLock(t, &m)
	locked := make(chan error)
	go func() {
		g, err := m.LockWait(t.Context())
		locked <- err
		g.Unlock()
	}()
	for handed := false; !handed; {
		g.Unlock()
		next, ok := m.TryLock()
		g, handed = next, !ok
	}
	if err := <-locked; err != nil {
		t.Error(err)
	}
}

// TestAMutexThatStarvedAllocatesNothing: neither the lost turns nor the hand-over.
func TestAMutexThatStarvedAllocatesNothing(t *testing.T) {
	var m lock.Mutex
	ws := lockWaiters(t, &m, 2)
	waittest.Allocates(t, "hand-over", 0, func() {
		g := mustLock(t, &m)
		ws[0].Poll()
		ws[1].Poll()
		starve(t, &m, &g, ws[0])
		g.Unlock()
		g, _ = ws[0].Poll()
		g.Unlock()
		g, _ = ws[1].Poll()
		g.Unlock()
	})
}
