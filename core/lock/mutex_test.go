package lock_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/internal/hosttest"
	"github.com/moduvex/moduvex-go/core/internal/racetest"
	"github.com/moduvex/moduvex-go/core/lock"
	"github.com/moduvex/moduvex-go/core/task"
)

func lockWaiters(t testing.TB, m *lock.Mutex, n int) (ws []*waiter[lock.Guard]) {
	for range n {
		f := m.LockFuture()
		ws = append(ws, newWaiter[lock.Guard](t, &f))
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

func TestAMutexIsHandedToTheNextInLine(t *testing.T) {
	var m lock.Mutex
	ws := lockWaiters(t, &m, 4)
	g := ws[0].answers(t, 0)
	for _, w := range ws[1:] {
		w.pends(t)
	}
	for i, w := range ws[1:] {
		g.Unlock()
		for _, later := range ws[i+2:] {
			if later.wakes != 0 {
				t.Error("somebody was woken out of turn")
			}
		}
		mustBeLocked(t, &m)
		g = w.answers(t, 1)
	}
	g.Unlock()
	g = mustLock(t, &m)
	g.Unlock()
}

// Regression: a woken waiter that a newcomer had beaten to the lock was not queued again.
func TestNobodyGetsAMutexPastThoseWhoWait(t *testing.T) {
	var m lock.Mutex
	ws := lockWaiters(t, &m, 3)
	g := mustLock(t, &m)
	ws[0].pends(t)
	g.Unlock()
	mustBeLocked(t, &m) // by ws[0], who does not know yet
	ws[1].pends(t)
	g = ws[0].answers(t, 1)
	ws[2].pends(t)
	g.Unlock()
	ws[2].pends(t)
	g = ws[1].answers(t, 1)
	g.Unlock()
	ws[2].answers(t, 1)
}

// Regression: the wake of a waiter that was given up after it was lost.
func TestAWaiterThatIsGivenUpAfterItsTurnPassesTheMutexOn(t *testing.T) {
	var m lock.Mutex
	ws := lockWaiters(t, &m, 3)
	g := mustLock(t, &m)
	for _, w := range ws {
		w.pends(t)
	}
	g.Unlock()
	ws[0].drop()
	ws[1].drop()
	g = ws[2].answers(t, 1)
	g.Unlock()
	g = mustLock(t, &m)
	g.Unlock()
}

func TestAWaiterThatIsGivenUpLeavesTheLine(t *testing.T) {
	for gone := range 3 {
		var m lock.Mutex
		ws := lockWaiters(t, &m, 3)
		g := mustLock(t, &m)
		for _, w := range ws {
			w.pends(t)
		}
		ws[gone].drop()
		ws[gone].drop() // has nothing left to do
		for i, w := range ws {
			if i != gone {
				g.Unlock()
				g = w.answers(t, 1)
			}
		}
		g.Unlock()
		if ws[gone].wakes != 0 {
			t.Errorf("%d: woken after it had gone", gone)
		}
		g = mustLock(t, &m)
		g.Unlock()
	}
}

func TestAMutexWhoseWaitersHaveAllGoneIsUnlocked(t *testing.T) {
	var m lock.Mutex
	ws := lockWaiters(t, &m, 2)
	g := mustLock(t, &m)
	ws[0].pends(t)
	ws[1].pends(t)
	ws[1].drop()
	ws[0].drop()
	g.Unlock()
	g = mustLock(t, &m)
	g.Unlock()
}

func TestALockFutureCanBeUsedAgain(t *testing.T) {
	var m lock.Mutex
	w := lockWaiters(t, &m, 1)[0]
	for range 3 {
		g := w.answers(t, 0)
		g.Unlock()
		g = mustLock(t, &m)
		w.pends(t)
		g.Unlock()
		g = w.answers(t, 1)
		w.wakes = 0
		g.Unlock()
		g = mustLock(t, &m)
		w.pends(t)
		w.drop()
		g.Unlock()
	}
}

// The last poll's waker is the one that counts: a future may be handed to another task.
func TestALockFutureThatIsPolledAgainWakesItsLastWaker(t *testing.T) {
	var m lock.Mutex
	w := lockWaiters(t, &m, 1)[0]
	other := newWaiter(t, w.f)
	g := mustLock(t, &m)
	w.pends(t)
	w.pends(t)
	other.pends(t)
	g.Unlock()
	if w.wakes != 0 {
		t.Error("the waker of an earlier poll was woken")
	}
	other.answers(t, 1)
}

func TestUnlockOfAnUnlockedMutexPanics(t *testing.T) {
	const text = "lock: unlock of an unlocked Mutex"
	var m lock.Mutex
	var zero lock.Guard
	mustPanic(t, text, zero.Unlock)
	g := mustLock(t, &m)
	copied := g
	g.Unlock()
	mustPanic(t, text, g.Unlock)
	mustPanic(t, text, copied.Unlock)
	_, cx := newSpy(t)
	mustPanic(t, text, func() { zero.UnlockOn(cx) })
	g = mustLock(t, &m) // it has not suffered
	mustBeLocked(t, &m)
	g.Unlock()
	mustPanic(t, "lock: Poll of a LockFuture that no Mutex has made", func() {
		newWaiter[lock.Guard](t, new(lock.LockFuture)).poll()
	})
	new(lock.LockFuture).Drop()
}

func TestUnlockOnWakesThroughTheWorker(t *testing.T) {
	var m lock.Mutex
	h, cx := newSpy(t)
	w := lockWaiters(t, &m, 1)[0]
	g := mustLock(t, &m)
	w.pends(t)
	g.UnlockOn(cx)
	if h.woken != 1 {
		t.Errorf("%d wakes through the host, want 1", h.woken)
	}
	g = w.answers(t, 1)
	g.UnlockOn(cx)
	g = mustLock(t, &m)
	g.Unlock()
}

// A waker may do what it likes, for no lock is held around it.
func TestAMutexWakesOutsideOfItsLocks(t *testing.T) {
	var m lock.Mutex
	f, g := m.LockFuture(), mustLock(t, &m)
	second := lockWaiters(t, &m, 1)[0]
	cx := newHost(t).Context()
	cx.ForHost().Begin(core.WakerFunc(func() {
		second.pends(t)
		mustBeLocked(t, &m)
	}))
	f.Poll(cx)
	g.Unlock()
	f.Drop()
	second.answers(t, 1)
}

func TestWaitingForAMutexIsSeenAndCostsNoBudget(t *testing.T) {
	var m lock.Mutex
	g := mustLock(t, &m)
	w := lockWaiters(t, &m, 1)[0]
	w.pends(t)
	w.pends(t)
	if w.cx.ForHost().Waiting() != core.WaitLock || w.cx.Budget() != core.DefaultBudget {
		t.Errorf("waits for %q with a budget of %d", w.cx.ForHost().Waiting(), w.cx.Budget())
	}
	g.Unlock()
	g = w.answers(t, 1)
	if w.cx.Budget() != core.DefaultBudget-1 {
		t.Errorf("the budget is %d after an operation", w.cx.Budget())
	}
	g.Unlock()
}

func TestATaskThatLocksAgainAndAgainLetsOthersRun(t *testing.T) {
	var m lock.Mutex
	h := newHost(t)
	rounds, seen := 0, 0
	locks := body(h, func(co *coro.Co) error {
		for range 10 * core.DefaultBudget {
			g, err := m.Lock(co)
			if err != nil {
				return err
			}
			rounds++
			g.Unlock()
		}
		return nil
	})
	other := task.New(future.Func(func(*core.Context) (int, bool) { seen = rounds; return 0, true }))
	h.Spawn(&other.Task)
	h.Run()
	if err := ended(t, locks); err != nil || seen != core.DefaultBudget {
		t.Errorf("%v: the other task ran after %d rounds", err, seen)
	}
}

func TestBodiesLockInTheOrderTheyCame(t *testing.T) {
	var m lock.Mutex
	h := newHost(t)
	var order []int
	for i := range 5 {
		body(h, func(co *coro.Co) error {
			g, err := m.Lock(co)
			defer g.Unlock()
			co.Yield()
			order = append(order, i)
			return err
		})
	}
	h.Run()
	if have := fmt.Sprint(order); have != "[0 1 2 3 4]" {
		t.Errorf("have %s", have)
	}
}

// Regression: abort of a waiter, before and after it was woken, lost the wake.
func TestAnAbortedBodyLeavesTheMutexLockable(t *testing.T) {
	for _, woken := range []bool{false, true} {
		var m lock.Mutex
		h := newHost(t)
		g := mustLock(t, &m)
		lock := func(co *coro.Co) error {
			g, err := m.Lock(co)
			if err == nil {
				g.Unlock()
			}
			return err
		}
		victim, next := body(h, lock), body(h, lock)
		h.Run()
		if woken {
			g.Unlock()
			victim.Abort()
		} else {
			victim.Abort()
			h.Run()
			g.Unlock()
		}
		h.Run()
		victimErr, nextErr := ended(t, victim), ended(t, next)
		// An answer that is there beats the abort.
		if !woken && !errors.Is(victimErr, core.ErrCancelled) || nextErr != nil {
			t.Errorf("woken %t: have %v and %v", woken, victimErr, nextErr)
		}
		g = mustLock(t, &m)
		g.Unlock()
	}
}

func TestLockFailsInABodyThatIsCancelled(t *testing.T) {
	var m lock.Mutex
	h := newHost(t)
	s := body(h, func(co *coro.Co) error {
		return coro.WithCancel(co, func(co *coro.Co, cancel func(error)) error {
			cancel(nil)
			_, err := m.Lock(co)
			return err
		})
	})
	h.Run()
	if err := ended(t, s); !errors.Is(err, core.ErrCancelled) {
		t.Errorf("have %v", err)
	}
	g := mustLock(t, &m)
	g.Unlock()
}

func TestGoroutinesAndTasksShareAMutex(t *testing.T) {
	var m lock.Mutex
	g, err := m.LockWait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.LockWait(cancelled()); err != context.Canceled {
		t.Errorf("have %v, want context.Canceled", err)
	}
	boom := errors.New("boom")
	ctx, cancel := context.WithCancelCause(t.Context())
	h := newHost(t)
	inLine := body(h, func(co *coro.Co) error {
		g, err := m.Lock(co)
		g.Unlock()
		return err
	})
	h.Run()
	var wg sync.WaitGroup
	wg.Go(func() {
		g, err := m.LockWait(ctx)
		switch {
		case err == nil: // its turn came before it saw the cancellation
			g.Unlock()
		case err != boom:
			t.Errorf("have %v, want boom", err)
		}
	})
	wg.Go(func() {
		g, err := m.LockWait(t.Context())
		if err != nil {
			t.Error(err)
		}
		g.Unlock()
	})
	cancel(boom)
	g.Unlock()
	h.RunUntil(inLine.Finished)
	wg.Wait()
	g = mustLock(t, &m)
	g.Unlock()
}

func TestAMutexAllocatesNothing(t *testing.T) {
	var m lock.Mutex
	w := lockWaiters(t, &m, 1)[0]
	allocates(t, "poll style", 0, func() {
		g := mustLock(t, &m)
		w.poll()
		w.poll()
		g.Unlock()
		g, _ = w.poll()
		g.Unlock()
		g = mustLock(t, &m)
		w.poll()
		w.drop()
		g.Unlock()
	})
	allocates(t, "goroutine", 0, func() {
		g, _ := m.LockWait(t.Context())
		g.Unlock()
	})
	h := hosttest.NewSolo()
	defer h.Close()
	s := body(h, func(co *coro.Co) error {
		for {
			g, err := m.Lock(co)
			if err != nil {
				return err
			}
			g.UnlockOn(co.Context())
			if err := co.Suspend(); err != nil {
				return err
			}
		}
	})
	allocates(t, "direct style", 0, func() {
		g := mustLock(t, &m)
		s.Wake()
		h.Run()
		g.Unlock()
		h.Run()
	})
	s.Abort()
	h.Run()
}

// TestStressOfAMutex has tasks of both styles that move between workers, plain goroutines, and
// aborts at any time. The race detector watches the counter, which only the lock protects.
func TestStressOfAMutex(t *testing.T) {
	rounds := 1000
	if racetest.Enabled {
		rounds = 300
	}
	var m lock.Mutex
	inside, counter, want := 0, 0, 0
	critical := func(g lock.Guard) {
		inside++
		if inside != 1 {
			t.Error("two at a time")
		}
		counter++
		inside--
		g.Unlock()
	}
	c := coretest.NewWorkers(3)
	defer c.Close()
	var doomed []*task.Slot[struct{}]
	for i := range 8 {
		f := m.LockFuture()
		left := rounds
		polled := future.Func(func(cx *core.Context) (struct{}, bool) {
			for left > 0 {
				g, ok := f.Poll(cx)
				if !ok {
					return struct{}{}, false
				}
				critical(g)
				left--
			}
			return struct{}{}, true
		})
		want += rounds
		c.Spawn(&task.New(polled).Task)
		doomed = append(doomed, body(c, func(co *coro.Co) error {
			rng := rand.New(rand.NewPCG(1, uint64(i)))
			for {
				g, err := m.Lock(co)
				if err != nil {
					return err
				}
				if rng.IntN(2) == 0 {
					inside++
					err = co.Yield()
					inside--
				}
				g.Unlock()
				if err != nil {
					return err
				}
			}
		}))
	}
	var wg sync.WaitGroup
	for range 2 {
		want += rounds / 4
		wg.Go(func() {
			for n := 0; n < rounds/4; {
				ctx, cancel := context.WithCancel(context.Background())
				if n%3 == 0 {
					go cancel()
				}
				if g, err := m.LockWait(ctx); err == nil {
					critical(g)
					n++
				}
				cancel()
			}
		})
	}
	wg.Wait()
	for _, s := range doomed {
		s.Abort()
	}
	c.Wait()
	if counter != want {
		t.Errorf("%d critical sections, want %d", counter, want)
	}
	g := mustLock(t, &m)
	g.Unlock()
}
