package lock_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
	"github.com/moduvex/moduvex-go/core/lock"
)

// These tests are of a mutex without the option Ordered.

// overtake locks m before the waiter that the unlock of g has woken.
func overtake(t *testing.T, m *lock.Mutex, g *lock.Guard) {
	t.Helper()
	g.Unlock()
	*g = mustLock(t, m)
}

func TestACallerMayLockBeforeTheWaiterThatIsWoken(t *testing.T) {
	for _, m := range []*lock.Mutex{{}, lock.NewMutexWith(lock.MutexOptions{})} {
		w := lockWaiters(t, m, 1)[0]
		g := mustLock(t, m)
		w.Pends(t)
		overtake(t, m, &g)
		w.Pends(t)
		if w.Wakes != 1 {
			t.Errorf("woken %d times by an unlock", w.Wakes)
		}
		g.Unlock()
		g = w.Completes(t, 2)
		mustBeLocked(t, m)
		g.Unlock()
		g = mustLock(t, m)
		g.Unlock()
	}
}

func TestOneWaiterOfAMutexIsWokenAtATime(t *testing.T) {
	var m lock.Mutex
	ws := lockWaiters(t, &m, 3)
	g := mustLock(t, &m)
	for _, w := range ws {
		w.Pends(t)
	}
	for range 10 {
		overtake(t, &m, &g)
	}
	wakes := func(want ...int) {
		t.Helper()
		for i, w := range ws {
			if w.Wakes != want[i] {
				t.Errorf("waiter %d: woken %d times, want %d", i, w.Wakes, want[i])
			}
		}
	}
	wakes(1, 0, 0)
	ws[0].Pends(t) // from here on it must be woken again
	for range 10 {
		overtake(t, &m, &g)
	}
	wakes(2, 0, 0)
	g.Unlock()
	g = ws[0].Completes(t, 2)
	wakes(2, 0, 0)
	g.Unlock()
	wakes(2, 1, 0)
}

// Regression: a woken waiter that a newcomer had beaten to the lock was not queued again.
func TestAWaiterThatLosesKeepsItsPlaceInLine(t *testing.T) {
	var m lock.Mutex
	ws := lockWaiters(t, &m, 2)
	g := mustLock(t, &m)
	ws[0].Pends(t)
	ws[1].Pends(t)
	for range 3 {
		overtake(t, &m, &g)
		ws[0].Pends(t)
	}
	g.Unlock()
	g = ws[0].Completes(t, 4)
	g.Unlock()
	g = ws[1].Completes(t, 1)
	g.Unlock()
	mustLock(t, &m)
}

// The first in line, which is woken, is not woken again for that.
func TestAWaiterMayLockWithoutAWake(t *testing.T) {
	var m lock.Mutex
	ws := lockWaiters(t, &m, 3)
	g := mustLock(t, &m)
	for _, w := range ws {
		w.Pends(t)
	}
	g.Unlock()
	g = ws[1].Completes(t, 0)
	overtake(t, &m, &g)
	if ws[0].Wakes != 1 {
		t.Errorf("the first was woken %d times", ws[0].Wakes)
	}
	ws[0].Pends(t)
	g.Unlock()
	g = ws[0].Completes(t, 2)
	g.Unlock()
	g = ws[2].Completes(t, 1)
	g.Unlock()
	mustLock(t, &m)
}

// A waiter that is not the first has lost no turn, however long it has waited.
func TestAnotherWaiterThatIsPolledLosesNothing(t *testing.T) {
	var m lock.Mutex
	ws := lockWaiters(t, &m, 2)
	g := mustLock(t, &m)
	ws[0].Pends(t)
	ws[1].Pends(t)
	overtake(t, &m, &g)
	advance(ws[1], 2*maxWait)
	ws[1].Pends(t)
	overtake(t, &m, &g)
	if ws[0].Wakes != 1 || ws[1].Wakes != 0 {
		t.Errorf("woken %d and %d times", ws[0].Wakes, ws[1].Wakes)
	}
	g.Unlock()
	ws[0].Completes(t, 1)
}

// Regression: the wake of a waiter that was dropped after it was lost.
func TestAWokenWaiterThatIsDroppedWakesTheNext(t *testing.T) {
	for _, locked := range []bool{false, true} {
		var m lock.Mutex
		ws := lockWaiters(t, &m, 3)
		g := mustLock(t, &m)
		for _, w := range ws {
			w.Pends(t)
		}
		g.Unlock()
		if locked { // the unlock that follows wakes the next
			g = mustLock(t, &m)
		}
		ws[0].Drop()
		if locked {
			if ws[1].Wakes != 0 {
				t.Error("woken while the mutex was locked")
			}
			g.Unlock()
		}
		ws[1].Drop()
		g = ws[2].Completes(t, 1)
		if ws[1].Wakes != 1 {
			t.Errorf("the second was woken %d times", ws[1].Wakes)
		}
		g.Unlock()
		mustLock(t, &m)
	}
}

func TestAnotherWaiterThatIsDroppedWakesNone(t *testing.T) {
	var m lock.Mutex
	ws := lockWaiters(t, &m, 3)
	g := mustLock(t, &m)
	for _, w := range ws {
		w.Pends(t)
	}
	g.Unlock()
	ws[1].Drop()
	if ws[2].Wakes != 0 {
		t.Error("the third was woken")
	}
	g = ws[0].Completes(t, 1)
	g.Unlock()
	ws[2].Completes(t, 1)
}

// TestATaskWithoutBudgetHoldsNoMutex: neither one that is free nor one that it was woken for. It is polled again at
// once, and tries then.
func TestATaskWithoutBudgetHoldsNoMutex(t *testing.T) {
	var m lock.Mutex
	f := m.LockFuture()
	var got lock.Guard
	w := waittest.NewWaiter(t, then(&f, func(g lock.Guard) { got = g }))
	pollSpent(t, w)
	g := mustLock(t, &m)
	w.Pends(t)
	g.Unlock()
	pollSpent(t, w)
	g = mustLock(t, &m)
	if w.Pends(t); w.Wakes != 1 {
		t.Errorf("woken %d times", w.Wakes)
	}
	g.Unlock()
	w.Completes(t, 2)
	mustBeLocked(t, &m)
	got.Unlock()
	mustLock(t, &m)
}

// TestATaskWithoutBudgetStandsInLineForAMutex: from its first poll on, as the one that came first.
func TestATaskWithoutBudgetStandsInLineForAMutex(t *testing.T) {
	var m lock.Mutex
	f := m.LockFuture()
	var got lock.Guard
	w := waittest.NewWaiter(t, then(&f, func(g lock.Guard) { got = g }))
	second := lockWaiters(t, &m, 1)[0]
	g := mustLock(t, &m)
	pollSpent(t, w)
	second.Pends(t)
	g.Unlock()
	w.Completes(t, 1)
	if second.Wakes != 0 {
		t.Error("the second was woken")
	}
	got.Unlock()
	second.Completes(t, 1)
}

// TestABodyThatPanicsUnlocksItsMutex if its Unlock is deferred: there is no poisoning.
func TestABodyThatPanicsUnlocksItsMutex(t *testing.T) {
	mutexes(t, func(t *testing.T, newMutex func() *lock.Mutex) {
		m := newMutex()
		h := waittest.Host(t)
		failed := waittest.Body(h, func(co *coro.Co) error {
			g, err := m.Lock(co)
			if err != nil {
				return err
			}
			defer g.Unlock()
			co.Yield() // the others wait in line
			panic("boom")
		})
		ended := 0
		for range 2 {
			waittest.Body(h, func(co *coro.Co) error {
				g, err := m.Lock(co)
				ended++
				g.Unlock()
				return err
			})
		}
		h.Run()
		if err := waittest.Ended(t, failed); err == nil || ended != 2 {
			t.Errorf("have %v, and %d others have locked it", err, ended)
		}
		mustLock(t, m)
	})
}
