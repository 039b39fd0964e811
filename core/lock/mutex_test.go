package lock_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
	"github.com/moduvex/moduvex-go/core/lock"
)

// mutexes runs a test with a mutex of each order, which newMutex makes.
func mutexes(t *testing.T, test func(t *testing.T, newMutex func() *lock.Mutex)) {
	for name, opts := range map[string]lock.MutexOptions{"default": {}, "ordered": {Ordered: true}} {
		t.Run(name, func(t *testing.T) {
			test(t, func() *lock.Mutex { return lock.NewMutexWith(opts) })
		})
	}
}

func newOrdered() *lock.Mutex { return lock.NewMutexWith(lock.MutexOptions{Ordered: true}) }

func lockWaiters(t testing.TB, m *lock.Mutex, n int) (ws []*waittest.Waiter[lock.Guard]) {
	for range n {
		f := m.LockFuture()
		ws = append(ws, waittest.NewWaiter[lock.Guard](t, &f))
	}
	return ws
}

func mustLock(t testing.TB, m *lock.Mutex) lock.Guard {
	t.Helper()
	g, ok := m.TryLock()
	if !ok {
		t.Fatal("the mutex is locked")
	}
	return g
}

func mustBeLocked(t testing.TB, m *lock.Mutex) {
	t.Helper()
	if _, ok := m.TryLock(); ok {
		t.Fatal("the mutex is not locked")
	}
}

func TestUnlockPassesAnOrderedMutexToTheNextInLine(t *testing.T) {
	m := newOrdered()
	ws := lockWaiters(t, m, 4)
	g := ws[0].Completes(t, 0)
	for _, w := range ws[1:] {
		w.Pends(t)
	}
	for i, w := range ws[1:] {
		g.Unlock()
		for _, later := range ws[i+2:] {
			if later.Wakes != 0 {
				t.Error("a waiter was woken out of order")
			}
		}
		mustBeLocked(t, m)
		g = w.Completes(t, 1)
	}
	g.Unlock()
	g = mustLock(t, m)
	g.Unlock()
}

// Regression: a woken waiter that a newcomer had beaten to the lock was not queued again.
func TestANewcomerGetsNoOrderedMutexPastTheWaiters(t *testing.T) {
	m := newOrdered()
	ws := lockWaiters(t, m, 3)
	g := mustLock(t, m)
	ws[0].Pends(t)
	g.Unlock()
	mustBeLocked(t, m) // by ws[0], which has not polled yet
	ws[1].Pends(t)
	g = ws[0].Completes(t, 1)
	ws[2].Pends(t)
	g.Unlock()
	ws[2].Pends(t)
	g = ws[1].Completes(t, 1)
	g.Unlock()
	ws[2].Completes(t, 1)
}

// Regression: the wake of a waiter that was dropped after it was lost.
func TestADroppedWaiterPassesTheMutexOn(t *testing.T) {
	mutexes(t, func(t *testing.T, newMutex func() *lock.Mutex) {
		m := newMutex()
		ws := lockWaiters(t, m, 3)
		g := mustLock(t, m)
		for _, w := range ws {
			w.Pends(t)
		}
		g.Unlock()
		ws[0].Drop()
		ws[1].Drop()
		g = ws[2].Completes(t, 1)
		g.Unlock()
		g = mustLock(t, m)
		g.Unlock()
	})
}

func TestADroppedWaiterLeavesTheLine(t *testing.T) {
	mutexes(t, func(t *testing.T, newMutex func() *lock.Mutex) {
		for gone := range 3 {
			m := newMutex()
			ws := lockWaiters(t, m, 3)
			g := mustLock(t, m)
			for _, w := range ws {
				w.Pends(t)
			}
			ws[gone].Drop()
			ws[gone].Drop() // has nothing left to do
			for i, w := range ws {
				if i != gone {
					g.Unlock()
					g = w.Completes(t, 1)
				}
			}
			g.Unlock()
			if ws[gone].Wakes != 0 {
				t.Errorf("%d: woken after it had gone", gone)
			}
			g = mustLock(t, m)
			g.Unlock()
		}
	})
}

func TestAMutexWhoseWaitersHaveAllGoneIsUnlocked(t *testing.T) {
	mutexes(t, func(t *testing.T, newMutex func() *lock.Mutex) {
		m := newMutex()
		ws := lockWaiters(t, m, 2)
		g := mustLock(t, m)
		ws[0].Pends(t)
		ws[1].Pends(t)
		ws[1].Drop()
		ws[0].Drop()
		g.Unlock()
		g = mustLock(t, m)
		g.Unlock()
	})
}

func TestALockFutureCanBeUsedAgain(t *testing.T) {
	mutexes(t, func(t *testing.T, newMutex func() *lock.Mutex) {
		m := newMutex()
		w := lockWaiters(t, m, 1)[0]
		for range 3 {
			g := w.Completes(t, 0)
			g.Unlock()
			g = mustLock(t, m)
			w.Pends(t)
			g.Unlock()
			g = w.Completes(t, 1)
			w.Wakes = 0
			g.Unlock()
			g = mustLock(t, m)
			w.Pends(t)
			w.Drop()
			g.Unlock()
		}
	})
}

// The waker of the last poll counts: a future may move to another task.
func TestALockFutureThatIsPolledAgainWakesItsLastWaker(t *testing.T) {
	mutexes(t, func(t *testing.T, newMutex func() *lock.Mutex) {
		m := newMutex()
		w := lockWaiters(t, m, 1)[0]
		other := waittest.NewWaiter(t, w.Future)
		g := mustLock(t, m)
		w.Pends(t)
		w.Pends(t)
		other.Pends(t)
		g.Unlock()
		if w.Wakes != 0 {
			t.Error("the waker of an earlier poll was woken")
		}
		other.Completes(t, 1)
	})
}

func TestUnlockOfAnUnlockedMutexPanics(t *testing.T) {
	mutexes(t, func(t *testing.T, newMutex func() *lock.Mutex) {
		const text = "lock: unlock of an unlocked Mutex"
		m := newMutex()
		var zero lock.Guard
		waittest.MustPanic(t, text, zero.Unlock)
		g := mustLock(t, m)
		copied := g
		g.Unlock()
		waittest.MustPanic(t, text, g.Unlock)
		waittest.MustPanic(t, text, copied.Unlock)
		_, cx := waittest.NewSpy(t)
		waittest.MustPanic(t, text, func() { zero.UnlockOn(cx) })
		g = mustLock(t, m) // it still works
		mustBeLocked(t, m)
		g.Unlock()
		waittest.MustPanic(t, "lock: Poll of a LockFuture that no Mutex has made", func() {
			waittest.NewWaiter[lock.Guard](t, new(lock.LockFuture)).Poll()
		})
		new(lock.LockFuture).Drop()
	})
}

func TestUnlockOnWakesThroughTheWorker(t *testing.T) {
	mutexes(t, func(t *testing.T, newMutex func() *lock.Mutex) {
		m := newMutex()
		h, cx := waittest.NewSpy(t)
		w := lockWaiters(t, m, 1)[0]
		g := mustLock(t, m)
		w.Pends(t)
		g.UnlockOn(cx)
		if h.Woken != 1 {
			t.Errorf("%d wakes through the host, want 1", h.Woken)
		}
		g = w.Completes(t, 1)
		g.UnlockOn(cx)
		g = mustLock(t, m)
		g.Unlock()
	})
}

// A waker may call any method of the mutex: no lock is held around it.
func TestAMutexWakesOutsideOfItsLocks(t *testing.T) {
	mutexes(t, func(t *testing.T, newMutex func() *lock.Mutex) {
		m := newMutex()
		f, g := m.LockFuture(), mustLock(t, m)
		second := lockWaiters(t, m, 1)[0]
		calls := 0
		cx := waittest.Host(t).Context()
		cx.ForHost().Begin(core.WakerFunc(func() {
			calls++
			if g, ok := second.Poll(); ok {
				g.Unlock()
			}
			m.TryLock()
		}))
		f.Poll(cx)
		g.Unlock()
		if calls != 1 {
			t.Errorf("woken %d times", calls)
		}
	})
}

func TestWaitingForAMutexIsSeenAndCostsNoBudget(t *testing.T) {
	mutexes(t, func(t *testing.T, newMutex func() *lock.Mutex) {
		m := newMutex()
		g := mustLock(t, m)
		w := lockWaiters(t, m, 1)[0]
		w.Pends(t)
		w.Pends(t)
		if w.Context.ForHost().Waiting() != core.WaitLock || w.Context.Budget() != core.DefaultBudget {
			t.Errorf("waits for %q with a budget of %d", w.Context.ForHost().Waiting(), w.Context.Budget())
		}
		g.Unlock()
		g = w.Completes(t, 1)
		if w.Context.Budget() != core.DefaultBudget-1 {
			t.Errorf("the budget is %d after an operation", w.Context.Budget())
		}
		g.Unlock()
	})
}
