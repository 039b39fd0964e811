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
	"github.com/moduvex/moduvex-go/core/internal/racetest"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
	"github.com/moduvex/moduvex-go/core/lock"
	"github.com/moduvex/moduvex-go/core/task"
)

func TestATaskThatLocksAgainAndAgainYields(t *testing.T) {
	mutexes(t, func(t *testing.T, newMutex func() *lock.Mutex) {
		m := newMutex()
		h := waittest.Host(t)
		rounds, seen := 0, 0
		locks := waittest.Body(h, func(co *coro.Co) error {
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
		if err := waittest.Ended(t, locks); err != nil || seen != core.DefaultBudget {
			t.Errorf("%v: the other task ran after %d rounds", err, seen)
		}
	})
}

func TestBodiesLockInTheOrderTheyCame(t *testing.T) {
	mutexes(t, func(t *testing.T, newMutex func() *lock.Mutex) {
		m := newMutex()
		h := waittest.Host(t)
		var order []int
		for i := range 5 {
			waittest.Body(h, func(co *coro.Co) error {
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
	})
}

// Regression: abort of a waiter, before and after it was woken, lost the wake.
func TestAnAbortedBodyLeavesTheMutexLockable(t *testing.T) {
	mutexes(t, func(t *testing.T, newMutex func() *lock.Mutex) {
		for _, woken := range []bool{false, true} {
			m := newMutex()
			h := waittest.Host(t)
			g := mustLock(t, m)
			lock := func(co *coro.Co) error {
				g, err := m.Lock(co)
				if err == nil {
					g.Unlock()
				}
				return err
			}
			victim, next := waittest.Body(h, lock), waittest.Body(h, lock)
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
			victimErr, nextErr := waittest.Ended(t, victim), waittest.Ended(t, next)
			// A value that is ready beats the abort.
			if !woken && !errors.Is(victimErr, core.ErrCancelled) || nextErr != nil {
				t.Errorf("woken %t: have %v and %v", woken, victimErr, nextErr)
			}
			g = mustLock(t, m)
			g.Unlock()
		}
	})
}

func TestLockFailsInABodyThatIsCancelled(t *testing.T) {
	mutexes(t, func(t *testing.T, newMutex func() *lock.Mutex) {
		m := newMutex()
		h := waittest.Host(t)
		s := waittest.Body(h, func(co *coro.Co) error {
			return coro.WithCancel(co, func(co *coro.Co, cancel func(error)) error {
				cancel(nil)
				_, err := m.Lock(co)
				return err
			})
		})
		h.Run()
		if err := waittest.Ended(t, s); !errors.Is(err, core.ErrCancelled) {
			t.Errorf("have %v", err)
		}
		g := mustLock(t, m)
		g.Unlock()
	})
}

func TestGoroutinesAndTasksShareAMutex(t *testing.T) {
	mutexes(t, func(t *testing.T, newMutex func() *lock.Mutex) {
		m := newMutex()
		g, err := m.LockWait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.LockWait(waittest.Cancelled()); err != context.Canceled {
			t.Errorf("have %v, want context.Canceled", err)
		}
		boom := errors.New("boom")
		ctx, cancel := context.WithCancelCause(t.Context())
		h := waittest.Host(t)
		inLine := waittest.Body(h, func(co *coro.Co) error {
			g, err := m.Lock(co)
			g.Unlock()
			return err
		})
		h.Run()
		var wg sync.WaitGroup
		wg.Go(func() {
			g, err := m.LockWait(ctx)
			switch {
			case err == nil: // it had the lock before it saw the cancellation
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
		g = mustLock(t, m)
		g.Unlock()
	})
}

func TestAMutexAllocatesNothing(t *testing.T) {
	mutexes(t, func(t *testing.T, newMutex func() *lock.Mutex) {
		m := newMutex()
		w := lockWaiters(t, m, 1)[0]
		waittest.Allocates(t, "poll style", 0, func() {
			g := mustLock(t, m)
			w.Poll()
			w.Poll()
			g.Unlock()
			g, _ = w.Poll()
			g.Unlock()
			g = mustLock(t, m)
			w.Poll()
			w.Drop()
			g.Unlock()
		})
		waittest.Allocates(t, "goroutine", 0, func() {
			g, _ := m.LockWait(t.Context())
			g.Unlock()
		})
		h := waittest.NewSolo()
		defer h.Close()
		s := waittest.Body(h, func(co *coro.Co) error {
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
		waittest.Allocates(t, "direct style", 0, func() {
			g := mustLock(t, m)
			s.Wake()
			h.Run()
			g.Unlock()
			h.Run()
		})
		s.Abort()
		h.Run()
	})
}

// TestStressOfAMutex has tasks of both styles that move between workers, plain goroutines, and
// aborts at any time. The race detector watches the counter, which only the lock protects.
func TestStressOfAMutex(t *testing.T) {
	mutexes(t, func(t *testing.T, newMutex func() *lock.Mutex) {
		rounds := 1000
		if racetest.Enabled {
			rounds = 300
		}
		m := newMutex()
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
			doomed = append(doomed, waittest.Body(c, func(co *coro.Co) error {
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
		g := mustLock(t, m)
		g.Unlock()
	})
}
