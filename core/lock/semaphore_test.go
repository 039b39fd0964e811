package lock_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/internal/racetest"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
	"github.com/moduvex/moduvex-go/core/lock"
	"github.com/moduvex/moduvex-go/core/task"
)

func acquireWaiter(t testing.TB, s *lock.Semaphore, n int) *waittest.Waiter[error] {
	f := s.AcquireFuture(n)
	return waittest.NewWaiter[error](t, &f)
}

func mustHave(t testing.TB, s *lock.Semaphore, free int) {
	t.Helper()
	if have := s.Available(); have != free {
		t.Errorf("%d permits are free, want %d", have, free)
	}
}

func TestTryAcquireTakesWhatIsThereOrNothing(t *testing.T) {
	s := lock.NewSemaphore(3)
	if !s.TryAcquire(2) || s.TryAcquire(2) || !s.TryAcquire(1) || s.TryAcquire(1) || !s.TryAcquire(0) {
		t.Error("three permits are not three")
	}
	mustHave(t, s, 0)
	s.Release(3)
	mustHave(t, s, 3)
}

// Regression: a woken waiter that a newcomer had beaten to the permits was not queued again.
func TestPermitsGoToTheWaitersInOrder(t *testing.T) {
	var s lock.Semaphore // has no permits
	a, b, c := acquireWaiter(t, &s, 2), acquireWaiter(t, &s, 1), acquireWaiter(t, &s, 3)
	a.Pends(t)
	b.Pends(t)
	c.Pends(t)
	s.Release(1)
	if a.Wakes+b.Wakes+c.Wakes != 0 {
		t.Error("a waiter was woken that cannot have enough")
	}
	// One is free, and kept for the first in line.
	mustHave(t, &s, 1)
	if s.TryAcquire(1) || s.TryAcquire(0) {
		t.Error("TryAcquire went past the waiters")
	}
	late := acquireWaiter(t, &s, 1)
	late.Pends(t)
	s.Release(2)
	if err := a.Completes(t, 1); err != nil {
		t.Error(err)
	}
	if err := b.Completes(t, 1); err != nil {
		t.Error(err)
	}
	c.Pends(t)
	s.Release(5)
	c.Completes(t, 1)
	late.Completes(t, 1)
	mustHave(t, &s, 1)
	if !s.TryAcquire(1) {
		t.Error("no waiter is in line, and the permit cannot be acquired")
	}
}

// Regression: the wake of a waiter that was dropped after it was lost.
func TestADroppedWaiterPassesItsPermitsOn(t *testing.T) {
	var s lock.Semaphore
	a, b, c := acquireWaiter(t, &s, 2), acquireWaiter(t, &s, 1), acquireWaiter(t, &s, 1)
	a.Pends(t)
	b.Pends(t)
	c.Pends(t)
	s.Release(2)
	a.Drop()
	b.Completes(t, 1)
	c.Completes(t, 1)
	mustHave(t, &s, 0)
}

func TestADroppedGreedyWaiterLetsTheOthersIn(t *testing.T) {
	s := lock.NewSemaphore(2)
	greedy := acquireWaiter(t, s, 3)
	greedy.Pends(t)
	ws := []*waittest.Waiter[error]{acquireWaiter(t, s, 1), acquireWaiter(t, s, 1), acquireWaiter(t, s, 1)}
	for _, w := range ws {
		w.Pends(t)
	}
	greedy.Drop()
	ws[0].Completes(t, 1)
	ws[1].Completes(t, 1)
	ws[2].Pends(t)
	ws[2].Drop()
	s.Release(1)
	mustHave(t, s, 1)
	if !s.TryAcquire(1) {
		t.Error("the line is empty, and the permit cannot be had")
	}
}

func TestCloseFailsEveryWaiter(t *testing.T) {
	s := lock.NewSemaphore(1)
	var ws []*waittest.Waiter[error]
	for range 40 { // more than are woken under one hold of the lock
		ws = append(ws, acquireWaiter(t, s, 2))
		ws[len(ws)-1].Pends(t)
	}
	if s.Closed() {
		t.Error("closed before Close")
	}
	s.Close()
	s.Close()
	if !s.Closed() {
		t.Error("not closed after Close")
	}
	ws[0].Drop() // has nothing to pass on
	for _, w := range ws[1:] {
		if err := w.Completes(t, 1); err != lock.ErrClosed {
			t.Errorf("have %v, want ErrClosed", err)
		}
	}
	if err := acquireWaiter(t, s, 1).Completes(t, 0); err != lock.ErrClosed {
		t.Errorf("have %v, want ErrClosed", err)
	}
	if s.TryAcquire(1) || s.TryAcquire(0) {
		t.Error("a closed semaphore gave permits")
	}
	s.Release(1)
	mustHave(t, s, 2)
}

// A waiter that had its permits before the close keeps them.
func TestPermitsThatWereGrantedBeforeACloseAreGood(t *testing.T) {
	var s lock.Semaphore
	w := acquireWaiter(t, &s, 1)
	w.Pends(t)
	s.Release(1)
	s.Close()
	if err := w.Completes(t, 1); err != nil {
		t.Error(err)
	}
	w = acquireWaiter(t, &s, 1)
	if err := w.Completes(t, 0); err != lock.ErrClosed {
		t.Error(err)
	}
}

func TestForgetTakesFreePermitsOnly(t *testing.T) {
	s := lock.NewSemaphore(5)
	s.TryAcquire(2)
	if have := s.Forget(2); have != 2 {
		t.Errorf("forgot %d, want 2", have)
	}
	if have := s.Forget(5); have != 1 {
		t.Errorf("forgot %d, want 1", have)
	}
	s.Release(2)
	mustHave(t, s, 2)
	w := acquireWaiter(t, s, 3)
	w.Pends(t)
	if have := s.Forget(lock.MaxPermits); have != 2 { // kept for w
		t.Errorf("forgot %d, want 2", have)
	}
	s.Release(2)
	w.Pends(t)
	s.Release(1)
	w.Completes(t, 1)
}

func TestPermitsOutOfRangePanic(t *testing.T) {
	s := lock.NewSemaphore(lock.MaxPermits)
	mustHave(t, s, lock.MaxPermits)
	waittest.MustPanic(t, "lock: Release of 1 permits makes more than MaxPermits", func() { s.Release(1) })
	over := lock.MaxPermits + 1
	more := fmt.Sprint(over, " permits, which is more than MaxPermits")
	for what, f := range map[string]func(n int){
		"NewSemaphore with": func(n int) { lock.NewSemaphore(n) },
		"TryAcquire of":     func(n int) { s.TryAcquire(n) },
		"AcquireFuture of":  func(n int) { s.AcquireFuture(n) },
		"AcquireWait of":    func(n int) { s.AcquireWait(context.Background(), n) },
		"Acquire of":        func(n int) { s.Acquire(nil, n) },
		"Release of":        func(n int) { s.Release(n) },
		"Forget of":         func(n int) { s.Forget(n) },
	} {
		waittest.MustPanic(t, "lock: "+what+" "+more, func() { f(over) })
		waittest.MustPanic(t, "lock: "+what+" -1 permits, which is negative", func() { f(-1) })
	}
	if !s.TryAcquire(lock.MaxPermits) {
		t.Error("not all permits can be had")
	}
	w := acquireWaiter(t, s, 1)
	w.Pends(t)
	waittest.MustPanic(t, "lock: Release of "+fmt.Sprint(lock.MaxPermits)+" permits makes more than MaxPermits", func() {
		u := lock.NewSemaphore(1)
		acquireWaiter(t, u, 2).Pends(t)
		u.Release(lock.MaxPermits)
	})
	waittest.MustPanic(t, "lock: Poll of a future that no lock has made", func() {
		waittest.NewWaiter[error](t, new(lock.AcquireFuture)).Poll()
	})
	new(lock.AcquireFuture).Drop()
}

func TestReleaseOnWakesThroughTheWorker(t *testing.T) {
	var s lock.Semaphore
	h, cx := waittest.NewSpy(t)
	a, b := acquireWaiter(t, &s, 1), acquireWaiter(t, &s, 1)
	a.Pends(t)
	b.Pends(t)
	s.ReleaseOn(cx, 2)
	if h.Woken != 2 {
		t.Errorf("%d wakes through the host, want 2", h.Woken)
	}
	a.Completes(t, 1)
	b.Completes(t, 1)
}

// Regression: permits that came back to a semaphore that was full overflowed, and it had none for ever.
func TestPermitsReturnedToAFullSemaphoreAreDiscarded(t *testing.T) {
	s := lock.NewSemaphore(0)
	w := acquireWaiter(t, s, lock.MaxPermits)
	w.Pends(t)
	s.Release(lock.MaxPermits) // are w's
	s.Release(lock.MaxPermits)
	w.Drop()
	mustHave(t, s, lock.MaxPermits)
	if !s.TryAcquire(1) {
		t.Error("there are none")
	}
}

func TestBodiesAndGoroutinesAcquire(t *testing.T) {
	s := lock.NewSemaphore(1)
	h := waittest.Host(t)
	b := waittest.Body(h, func(co *coro.Co) error {
		if err := s.Acquire(co, 1); err != nil {
			return err
		}
		return s.Acquire(co, 1)
	})
	h.Run()
	if err := s.AcquireWait(waittest.Cancelled(), 0); err != context.Canceled {
		t.Errorf("have %v, want context.Canceled", err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.AcquireWait(t.Context(), 1); err != lock.ErrClosed {
			t.Errorf("have %v, want ErrClosed", err)
		}
	})
	s.Release(1)
	h.Run()
	if err := waittest.Ended(t, b); err != nil {
		t.Error(err)
	}
	s.Close()
	wg.Wait()
	b = waittest.Body(h, func(co *coro.Co) error { return s.Acquire(co, 1) })
	h.Run()
	if err := waittest.Ended(t, b); err != lock.ErrClosed {
		t.Errorf("have %v, want ErrClosed", err)
	}
}

func TestAnAbortedBodyLeavesItsPermits(t *testing.T) {
	var s lock.Semaphore
	h := waittest.Host(t)
	acquire := func(co *coro.Co) error { return s.Acquire(co, 1) }
	victim, next := waittest.Body(h, acquire), waittest.Body(h, acquire)
	h.Run()
	victim.Abort()
	h.Run()
	s.Release(1)
	h.Run()
	if err := waittest.Ended(t, victim); !errors.Is(err, core.ErrCancelled) {
		t.Errorf("have %v", err)
	}
	if err := waittest.Ended(t, next); err != nil {
		t.Errorf("have %v", err)
	}
	mustHave(t, &s, 0)
}

func TestASemaphoreAllocatesNothing(t *testing.T) {
	var s lock.Semaphore
	ws := make([]*waittest.Waiter[error], 50)
	for i := range ws {
		ws[i] = acquireWaiter(t, &s, 1)
	}
	waittest.Allocates(t, "poll style", 0, func() {
		for _, w := range ws {
			w.Poll()
		}
		s.Release(50)
		for _, w := range ws {
			w.Poll()
		}
	})
	mustHave(t, &s, 0)
	s.Release(1)
	waittest.Allocates(t, "goroutine", 0, func() {
		s.AcquireWait(t.Context(), 1)
		s.Release(1)
	})
}

// TestStressOfASemaphore counts how many are inside, among tasks that move between workers and are
// aborted at any time, and goroutines that give up.
func TestStressOfASemaphore(t *testing.T) {
	rounds, permits := 3000, 5
	if racetest.Enabled {
		rounds = 500
	}
	s := lock.NewSemaphore(permits)
	var inside atomic.Int64
	enter := func(n int) {
		if have := inside.Add(int64(n)); have > int64(permits) {
			t.Errorf("%d are inside, want %d at most", have, permits)
		}
	}
	leave := func(n int) { inside.Add(int64(-n)); s.Release(n) }
	c := coretest.NewWorkers(3)
	defer c.Close()
	var doomed []*task.Slot[struct{}]
	for i := range 6 {
		n := i%permits + 1
		f := s.AcquireFuture(n)
		left := rounds
		c.Spawn(&task.New(future.Func(func(cx *core.Context) (struct{}, bool) {
			for left > 0 {
				if _, ok := f.Poll(cx); !ok {
					return struct{}{}, false
				}
				enter(n)
				leave(n)
				left--
			}
			return struct{}{}, true
		})).Task)
		doomed = append(doomed, waittest.Body(c, func(co *coro.Co) error {
			for {
				if err := s.Acquire(co, n); err != nil {
					return err
				}
				enter(n)
				err := co.Yield()
				leave(n)
				if err != nil {
					return err
				}
			}
		}))
	}
	var wg sync.WaitGroup
	for g := range 2 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(1, uint64(g)))
			for range rounds / 4 {
				ctx, cancel := context.WithCancel(context.Background())
				if rng.IntN(3) == 0 {
					go cancel()
				}
				n := rng.IntN(permits + 1)
				if s.AcquireWait(ctx, n) == nil {
					enter(n)
					leave(n)
				}
				cancel()
			}
		})
	}
	wg.Wait()
	for _, b := range doomed {
		b.Abort()
	}
	c.Wait()
	mustHave(t, s, permits)
	if !s.TryAcquire(permits) {
		t.Error("the permits are there, and cannot be had")
	}
}
