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
	"github.com/moduvex/moduvex-go/core/lock"
	"github.com/moduvex/moduvex-go/core/task"
)

func reader(t testing.TB, m *lock.RWMutex) *waiter[lock.ReadGuard] {
	f := m.RLockFuture()
	return newWaiter[lock.ReadGuard](t, &f)
}

func writer(t testing.TB, m *lock.RWMutex) *waiter[lock.WriteGuard] {
	f := m.LockFuture()
	return newWaiter[lock.WriteGuard](t, &f)
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
	var before []*waiter[lock.ReadGuard]
	for range 40 { // more than are woken under one hold of the lock
		r := reader(t, &m)
		r.pends(t)
		before = append(before, r)
	}
	w := writer(t, &m)
	w.pends(t)
	after := reader(t, &m)
	after.pends(t)
	first.Unlock()
	if after.wakes != 0 {
		t.Error("a reader went past a writer")
	}
	if _, ok := m.TryRLock(); ok {
		t.Error("TryRLock went past a writer")
	}
	for _, r := range before {
		w.pends(t)
		g := r.answers(t, 1)
		g.Unlock()
	}
	g := w.answers(t, 1)
	after.pends(t)
	g.Unlock()
	r := after.answers(t, 1)
	r.Unlock()
	mustWrite(t, &m)
}

func TestAWriterThatIsGivenUpLetsTheReadersBehindItIn(t *testing.T) {
	var m lock.RWMutex
	r := mustRead(t, &m)
	w := writer(t, &m)
	w.pends(t)
	a, b := reader(t, &m), reader(t, &m)
	a.pends(t)
	b.pends(t)
	w.drop() // before its turn
	ga, gb := a.answers(t, 1), b.answers(t, 1)
	r.Unlock()
	w.pends(t)
	a.pends(t)
	ga.Unlock()
	gb.Unlock()
	w.drop() // after its turn
	ga = a.answers(t, 2)
	ga.Unlock()
	mustWrite(t, &m)
}

// Regression: the wake of a waiter that was given up after it was lost.
func TestAReaderThatIsGivenUpAfterItsTurnPassesItOn(t *testing.T) {
	var m lock.RWMutex
	g := mustWrite(t, &m)
	r, w := reader(t, &m), writer(t, &m)
	r.pends(t)
	w.pends(t)
	g.Unlock()
	r.drop()
	w.answers(t, 1)
}

func TestDowngradeLetsReadersInAndNoWriter(t *testing.T) {
	var m lock.RWMutex
	g := mustWrite(t, &m)
	r, w, late := reader(t, &m), writer(t, &m), reader(t, &m)
	r.pends(t)
	w.pends(t)
	late.pends(t)
	mine := g.Downgrade()
	mustPanic(t, "lock: unlock of an unlocked RWMutex", g.Unlock)
	theirs := r.answers(t, 1)
	late.pends(t)
	theirs.Unlock()
	w.pends(t)
	mine.Unlock()
	g = w.answers(t, 1)
	g.Unlock()
	late.answers(t, 1)
}

func TestUnlockOfAnUnlockedRWMutexPanics(t *testing.T) {
	const text = "lock: unlock of an unlocked RWMutex"
	var m lock.RWMutex
	mustPanic(t, text, new(lock.ReadGuard).Unlock)
	mustPanic(t, text, new(lock.WriteGuard).Unlock)
	mustPanic(t, text, func() { new(lock.WriteGuard).Downgrade() })
	r := mustRead(t, &m)
	copied := r
	r.Unlock()
	mustPanic(t, text, r.Unlock)
	mustPanic(t, text, copied.Unlock)
	w := mustWrite(t, &m)
	wcopied := w
	w.Unlock()
	mustPanic(t, text, w.Unlock)
	r = mustRead(t, &m)
	mustPanic(t, text, wcopied.Unlock)
	r.Unlock()
	mustWrite(t, &m)
	const poll = "lock: Poll of a future that was not made by what it waits for"
	mustPanic(t, poll, func() { newWaiter[lock.ReadGuard](t, new(lock.ReadLockFuture)).poll() })
	mustPanic(t, poll, func() { newWaiter[lock.WriteGuard](t, new(lock.WriteLockFuture)).poll() })
	new(lock.ReadLockFuture).Drop()
	new(lock.WriteLockFuture).Drop()
}

func TestRWMutexWakesThroughTheWorker(t *testing.T) {
	var m lock.RWMutex
	h, cx := newSpy(t)
	g := mustWrite(t, &m)
	r, w := reader(t, &m), writer(t, &m)
	r.pends(t)
	w.pends(t)
	mine := g.DowngradeOn(cx)
	theirs := r.answers(t, 1)
	mine.UnlockOn(cx)
	theirs.UnlockOn(cx)
	g = w.answers(t, 1)
	r.pends(t)
	g.UnlockOn(cx)
	r.answers(t, 2)
	if h.woken != 3 {
		t.Errorf("%d wakes through the host, want 3", h.woken)
	}
}

func TestBodiesAndGoroutinesShareAnRWMutex(t *testing.T) {
	var m lock.RWMutex
	h := newHost(t)
	g, err := m.LockWait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.RLockWait(cancelled()); err != context.Canceled {
		t.Errorf("have %v, want context.Canceled", err)
	}
	if _, err := m.LockWait(cancelled()); err != context.Canceled {
		t.Errorf("have %v, want context.Canceled", err)
	}
	var order []string
	read := func(name string) *task.Slot[struct{}] {
		return body(h, func(co *coro.Co) error {
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
	w := body(h, func(co *coro.Co) error {
		g, err := m.Lock(co)
		if err != nil {
			return err
		}
		defer g.Unlock()
		order = append(order, "w")
		return co.Yield()
	})
	c, doomed := read("c"), read("doomed")
	doomedWriter := body(h, func(co *coro.Co) error { _, err := m.Lock(co); return err })
	h.Run()
	doomed.Abort()
	doomedWriter.Abort()
	h.Run()
	g.Unlock()
	h.Run()
	for _, s := range []*task.Slot[struct{}]{a, b, w, c} {
		if err := ended(t, s); err != nil {
			t.Error(err)
		}
	}
	for _, s := range []*task.Slot[struct{}]{doomed, doomedWriter} {
		if err := ended(t, s); !errors.Is(err, core.ErrCancelled) {
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
	allocates(t, "poll style", 0, func() {
		g := mustWrite(t, &m)
		r.poll()
		w.poll()
		g.Unlock()
		rg, _ := r.poll()
		rg.Unlock()
		g, _ = w.poll()
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
		doomed = append(doomed, body(c, func(co *coro.Co) error {
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
func TestALockForWritingThatIsGivenUpGoesToTheNext(t *testing.T) {
	var m lock.RWMutex
	g, _ := m.TryLock()
	f := m.LockFuture()
	first := newWaiter[lock.WriteGuard](t, &f)
	first.pends(t)
	g.Unlock()
	first.drop()
	if _, ok := m.TryLock(); !ok {
		t.Error("locked for good")
	}
}
