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

func reader(t testing.TB, m *lock.RWMutex) *waittest.Waiter[lock.ReadGuard] {
	f := m.RLockFuture()
	return waittest.NewWaiter[lock.ReadGuard](t, &f)
}

func writer(t testing.TB, m *lock.RWMutex) *waittest.Waiter[lock.WriteGuard] {
	f := m.LockFuture()
	return waittest.NewWaiter[lock.WriteGuard](t, &f)
}

func mustRead(t testing.TB, m *lock.RWMutex) lock.ReadGuard {
	t.Helper()
	g, ok := m.TryRLock()
	if !ok {
		t.Fatal("the mutex cannot be read")
	}
	return g
}

func mustWrite(t testing.TB, m *lock.RWMutex) lock.WriteGuard {
	t.Helper()
	g, ok := m.TryLock()
	if !ok {
		t.Fatal("the mutex cannot be written")
	}
	return g
}

func TestReadersShareAndWritersDoNot(t *testing.T) {
	var m lock.RWMutex
	a, b := mustRead(t, &m), mustRead(t, &m)
	if _, ok := m.TryLock(); ok {
		t.Error("a writer came in among readers")
	}
	a.Unlock()
	b.Unlock()
	w := mustWrite(t, &m)
	if _, ok := m.TryLock(); ok {
		t.Error("two writers")
	}
	if _, ok := m.TryRLock(); ok {
		t.Error("a reader came in beside a writer")
	}
	w.Unlock()
	a = mustRead(t, &m)
	a.Unlock()
}

func TestAWaitingWriterIsNotStarvedAndReadersBeforeItGoFirst(t *testing.T) {
	var m lock.RWMutex
	first := mustWrite(t, &m)
	var before []*waittest.Waiter[lock.ReadGuard]
	for range 40 { // more than are woken under one hold of the lock
		r := reader(t, &m)
		r.Pends(t)
		before = append(before, r)
	}
	w := writer(t, &m)
	w.Pends(t)
	after := reader(t, &m)
	after.Pends(t)
	first.Unlock()
	if after.Wakes != 0 {
		t.Error("a reader went past a writer")
	}
	if _, ok := m.TryRLock(); ok {
		t.Error("TryRLock went past a writer")
	}
	for _, r := range before {
		w.Pends(t)
		g := r.Completes(t, 1)
		g.Unlock()
	}
	g := w.Completes(t, 1)
	after.Pends(t)
	g.Unlock()
	r := after.Completes(t, 1)
	r.Unlock()
	mustWrite(t, &m)
}

func TestADroppedWriterLetsTheReadersBehindItIn(t *testing.T) {
	var m lock.RWMutex
	r := mustRead(t, &m)
	w := writer(t, &m)
	w.Pends(t)
	a, b := reader(t, &m), reader(t, &m)
	a.Pends(t)
	b.Pends(t)
	w.Drop() // while it waits
	ga, gb := a.Completes(t, 1), b.Completes(t, 1)
	r.Unlock()
	w.Pends(t)
	a.Pends(t)
	ga.Unlock()
	gb.Unlock()
	w.Drop() // after it was granted
	ga = a.Completes(t, 2)
	ga.Unlock()
	mustWrite(t, &m)
}

// Regression: the wake of a waiter that was dropped after it was lost.
func TestADroppedReaderPassesItsLockOn(t *testing.T) {
	var m lock.RWMutex
	g := mustWrite(t, &m)
	r, w := reader(t, &m), writer(t, &m)
	r.Pends(t)
	w.Pends(t)
	g.Unlock()
	r.Drop()
	w.Completes(t, 1)
}

func TestDowngradeLetsReadersInAndNoWriter(t *testing.T) {
	var m lock.RWMutex
	g := mustWrite(t, &m)
	r, w, late := reader(t, &m), writer(t, &m), reader(t, &m)
	r.Pends(t)
	w.Pends(t)
	late.Pends(t)
	mine := g.Downgrade()
	waittest.MustPanic(t, "lock: unlock of an unlocked RWMutex", g.Unlock)
	theirs := r.Completes(t, 1)
	late.Pends(t)
	theirs.Unlock()
	w.Pends(t)
	mine.Unlock()
	g = w.Completes(t, 1)
	g.Unlock()
	late.Completes(t, 1)
}

func TestUnlockOfAnUnlockedRWMutexPanics(t *testing.T) {
	const text = "lock: unlock of an unlocked RWMutex"
	var m lock.RWMutex
	waittest.MustPanic(t, text, new(lock.ReadGuard).Unlock)
	waittest.MustPanic(t, text, new(lock.WriteGuard).Unlock)
	waittest.MustPanic(t, text, func() { new(lock.WriteGuard).Downgrade() })
	r := mustRead(t, &m)
	copied := r
	r.Unlock()
	waittest.MustPanic(t, text, r.Unlock)
	waittest.MustPanic(t, text, copied.Unlock)
	w := mustWrite(t, &m)
	wcopied := w
	w.Unlock()
	waittest.MustPanic(t, text, w.Unlock)
	r = mustRead(t, &m)
	waittest.MustPanic(t, text, wcopied.Unlock)
	r.Unlock()
	mustWrite(t, &m)
	const poll = "lock: Poll of a future that no lock has made"
	waittest.MustPanic(t, poll, func() { waittest.NewWaiter[lock.ReadGuard](t, new(lock.ReadLockFuture)).Poll() })
	waittest.MustPanic(t, poll, func() { waittest.NewWaiter[lock.WriteGuard](t, new(lock.WriteLockFuture)).Poll() })
	new(lock.ReadLockFuture).Drop()
	new(lock.WriteLockFuture).Drop()
}

func TestRWMutexWakesThroughTheWorker(t *testing.T) {
	var m lock.RWMutex
	h, cx := waittest.NewSpy(t)
	g := mustWrite(t, &m)
	r, w := reader(t, &m), writer(t, &m)
	r.Pends(t)
	w.Pends(t)
	mine := g.DowngradeOn(cx)
	theirs := r.Completes(t, 1)
	mine.UnlockOn(cx)
	theirs.UnlockOn(cx)
	g = w.Completes(t, 1)
	r.Pends(t)
	g.UnlockOn(cx)
	r.Completes(t, 2)
	if h.Woken != 3 {
		t.Errorf("%d wakes through the host, want 3", h.Woken)
	}
}

func TestBodiesAndGoroutinesShareAnRWMutex(t *testing.T) {
	var m lock.RWMutex
	h := waittest.Host(t)
	g, err := m.LockWait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.RLockWait(waittest.Cancelled()); err != context.Canceled {
		t.Errorf("have %v, want context.Canceled", err)
	}
	if _, err := m.LockWait(waittest.Cancelled()); err != context.Canceled {
		t.Errorf("have %v, want context.Canceled", err)
	}
	var order []string
	read := func(name string) *task.Slot[struct{}] {
		return waittest.Body(h, func(co *coro.Co) error {
			g, err := m.RLock(co)
			if err != nil {
				return err
			}
			defer g.Unlock()
			order = append(order, name)
			return co.Yield()
		})
	}
	a, b := read("a"), read("b")
	w := waittest.Body(h, func(co *coro.Co) error {
		g, err := m.Lock(co)
		if err != nil {
			return err
		}
		defer g.Unlock()
		order = append(order, "w")
		return co.Yield()
	})
	c, doomed := read("c"), read("doomed")
	doomedWriter := waittest.Body(h, func(co *coro.Co) error { _, err := m.Lock(co); return err })
	h.Run()
	doomed.Abort()
	doomedWriter.Abort()
	h.Run()
	g.Unlock()
	h.Run()
	for _, s := range []*task.Slot[struct{}]{a, b, w, c} {
		if err := waittest.Ended(t, s); err != nil {
			t.Error(err)
		}
	}
	for _, s := range []*task.Slot[struct{}]{doomed, doomedWriter} {
		if err := waittest.Ended(t, s); !errors.Is(err, core.ErrCancelled) {
			t.Errorf("have %v", err)
		}
	}
	if have := fmt.Sprint(order); have != "[a b w c]" {
		t.Errorf("have %s", have)
	}
	r, err := m.RLockWait(t.Context())
	if err != nil {
		t.Error(err)
	}
	r.Unlock()
}

func TestAnRWMutexAllocatesNothing(t *testing.T) {
	var m lock.RWMutex
	r, w := reader(t, &m), writer(t, &m)
	waittest.Allocates(t, "poll style", 0, func() {
		g := mustWrite(t, &m)
		r.Poll()
		w.Poll()
		g.Unlock()
		rg, _ := r.Poll()
		rg.Unlock()
		g, _ = w.Poll()
		g.Unlock()
	})
}

// TestStressOfAnRWMutex has readers and writers of both styles that move between workers, and
// goroutines that give up. The race detector watches what the lock protects.
func TestStressOfAnRWMutex(t *testing.T) {
	rounds := 1000
	if racetest.Enabled {
		rounds = 200
	}
	var m lock.RWMutex
	var readers atomic.Int64
	written, want := 0, 0
	write := func(g lock.WriteGuard) {
		if readers.Load() != 0 {
			t.Error("a writer among readers")
		}
		written++
		if written%2 == 0 {
			g.Unlock()
			return
		}
		readers.Add(1)
		r := g.Downgrade()
		readers.Add(-1)
		r.Unlock()
	}
	read := func(g lock.ReadGuard) {
		readers.Add(1)
		_ = written
		readers.Add(-1)
		g.Unlock()
	}
	c := coretest.NewWorkers(3)
	defer c.Close()
	var doomed []*task.Slot[struct{}]
	for i := range 4 {
		rf, wf := m.RLockFuture(), m.LockFuture()
		left := rounds
		want += rounds / 4
		c.Spawn(&task.New(future.Func(func(cx *core.Context) (struct{}, bool) {
			for left > 0 {
				if left%4 == 0 {
					g, ok := wf.Poll(cx)
					if !ok {
						return struct{}{}, false
					}
					write(g)
				} else {
					g, ok := rf.Poll(cx)
					if !ok {
						return struct{}{}, false
					}
					read(g)
				}
				left--
			}
			return struct{}{}, true
		})).Task)
		doomed = append(doomed, waittest.Body(c, func(co *coro.Co) error {
			for n := i; ; n++ {
				if n%2 == 0 {
					g, err := m.RLock(co)
					if err != nil {
						return err
					}
					readers.Add(1)
					err = co.Yield()
					readers.Add(-1)
					g.Unlock()
					if err != nil {
						return err
					}
					continue
				}
				g, err := m.Lock(co)
				if err != nil {
					return err
				}
				if readers.Load() != 0 {
					t.Error("a writer among readers")
				}
				g.Unlock()
			}
		}))
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range rounds / 4 {
				ctx, cancel := context.WithCancel(context.Background())
				if rand.IntN(3) == 0 {
					go cancel()
				}
				if g, err := m.RLockWait(ctx); err == nil {
					read(g)
				}
				if g, err := m.LockWait(ctx); err == nil {
					_ = written
					g.Unlock()
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
	if written != want {
		t.Errorf("written %d times, want %d", written, want)
	}
	mustWrite(t, &m)
}

// Regression: a lock for writing is the permits of all readers, which are more than a semaphore could
// have where an int has 32 bits. A lock whose waiter gave up was lost.
func TestADroppedWriteLockGoesToTheNext(t *testing.T) {
	var m lock.RWMutex
	g, _ := m.TryLock()
	f := m.LockFuture()
	first := waittest.NewWaiter[lock.WriteGuard](t, &f)
	first.Pends(t)
	g.Unlock()
	first.Drop()
	if _, ok := m.TryLock(); !ok {
		t.Error("it stays locked")
	}
}
