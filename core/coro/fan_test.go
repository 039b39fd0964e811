package coro_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"
	"weak"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// The scopes of a worker that end with one context are one function for that context, in whatever order they come and go.
func TestTheScopesOfAWorkerShareTheFunctionOfAContext(t *testing.T) {
	const n = 200
	w := newWorker(t, coro.NewPool(0, false))
	ctx := new(manual)
	derived := context.WithValue(ctx, valueKey{}, 1) // another context with the same Done channel
	var slots []*task.Slot[int]
	for i := range n {
		slots = append(slots, spawn(t, w, func(co *coro.Co) (int, error) {
			return i, coro.WithContext(co, []context.Context{ctx, derived}[i%2], forever)
		}))
	}
	w.run()
	count := func(contexts, scopes int) {
		t.Helper()
		probe := spawn(t, w, func(co *coro.Co) (int, error) { c, s := coro.Fans(co); return 1000*c + s, nil })
		w.run()
		if have, _ := take(t, probe); have != 1000*contexts+scopes {
			t.Errorf("have %d contexts, %d scopes, want %d, %d", have/1000, have%1000, contexts, scopes)
		}
	}
	count(1, n)
	if ctx.added != 1 {
		t.Errorf("%d functions", ctx.added)
	}
	order := rand.Perm(n)
	for _, i := range order[:n/2] { // from the start, the middle and the end of the list
		slots[i].Abort()
	}
	w.run()
	count(1, n-n/2)
	ctx.end(errCause)
	w.run()
	count(0, 0)
	for i, s := range slots {
		_, err := take(t, s)
		if !errors.Is(err, core.ErrCancelled) {
			t.Errorf("%d: have %v", i, err)
		}
	}
	for _, i := range order[n/2:] {
		if !slots[i].Finished() {
			t.Errorf("%d has not ended", i)
		}
	}
}

func TestAScopeThatComesAfterTheLastHasLeftIsTold(t *testing.T) {
	w := newWorker(t, coro.NewPool(0, false))
	ctx := new(manual)
	for i := range 3 {
		s := spawn(t, w, func(co *coro.Co) (int, error) {
			return 0, coro.WithContext(co, ctx, func(co *coro.Co) error { return co.Suspend() })
		})
		w.run()
		if ctx.added != i+1 {
			t.Errorf("scope %d: %d functions", i, ctx.added)
		}
		if i < 2 {
			s.Wake()
			w.run()
			ctx.unused(t)
			continue
		}
		ctx.end(errCause)
		w.run()
		if _, err := take(t, s); !errors.Is(err, errCause) {
			t.Errorf("have %v", err)
		}
	}
}

// A context ends between the check of a scope that is opened and the scope's entry. The scopes before it have been
// cancelled by then, and have not left yet.
func TestAContextThatEndsWhileAScopeIsOpenedEndsIt(t *testing.T) {
	w := newWorker(t, coro.NewPool(0, false))
	ctx := new(manual)
	body := func(co *coro.Co) (int, error) { return 0, coro.WithContext(co, ctx, forever) }
	before := spawn(t, w, body)
	w.run()
	ctx.onErr = func() {
		ctx.onErr = nil
		ctx.end(errCause)
	}
	late := spawn(t, w, body)
	w.run()
	for name, s := range map[string]*task.Slot[int]{"before": before, "late": late} {
		if !s.Finished() {
			t.Fatalf("%s: the end was missed", name)
		}
		if _, err := take(t, s); !errors.Is(err, errCause) {
			t.Errorf("%s: have %v", name, err)
		}
	}
}

// Contexts end, bodies end and tasks move, all at once; each body ends for one reason or the other.
func TestScopesLeaveWhileTheirContextEnds(t *testing.T) {
	const rounds, n = 300, 8
	for range rounds {
		w := newWorker(t, coro.NewPool(0, false))
		ctx, cancel := context.WithCancelCause(t.Context())
		var slots []*task.Slot[int]
		for i := range n {
			slots = append(slots, spawn(t, w, func(co *coro.Co) (int, error) {
				for range i {
					if err := co.Yield(); err != nil {
						return 0, err
					}
				}
				return 0, coro.WithContext(co, ctx, func(co *coro.Co) error {
					for range 2 * i {
						if err := co.Yield(); err != nil {
							return err
						}
					}
					return nil
				})
			}))
		}
		var wg sync.WaitGroup
		for range rand.IntN(3 * n) {
			w.step()
		}
		wg.Go(func() { cancel(errCause) })
		w.run()
		wg.Wait()
		for i, s := range slots {
			if _, err := take(t, s); err != nil && !errors.Is(err, errCause) {
				t.Errorf("%d: have %v", i, err)
			}
		}
		if left, err := take(t, probeFans(t, w)); left != 0 || err != nil {
			t.Errorf("%d scopes are left", left)
		}
	}
}

// probeFans runs a task on w that returns how many contexts and scopes are left there.
func probeFans(t *testing.T, w *worker) *task.Slot[int] {
	s := spawn(t, w, func(co *coro.Co) (int, error) {
		contexts, scopes := coro.Fans(co)
		return contexts + scopes, nil
	})
	w.run()
	return s
}

// heapAfter returns the size of the live heap.
func heapAfter() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A context that serves a million scopes, one after the other and many at once, does not grow.
func TestAContextDoesNotGrowWithTheScopesThatItServed(t *testing.T) {
	const sequential, atOnce = 1_000_000, 20_000
	n, m := sequential, atOnce
	if testing.Short() {
		n, m = n/20, m/20
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := newWorker(t, coro.NewPool(-1, false))
	run := func(n, m int) {
		s := spawn(t, w, func(co *coro.Co) (int, error) {
			for range n {
				if err := coro.WithContext(co, ctx, (*coro.Co).Interrupted); err != nil {
					return 0, err
				}
			}
			return 0, nil
		})
		w.run()
		if _, err := take(t, s); err != nil {
			t.Fatal(err)
		}
		var all []*task.Slot[int]
		for range m {
			all = append(all, spawn(t, w, func(co *coro.Co) (int, error) {
				return 0, coro.WithContext(co, ctx, func(co *coro.Co) error { return co.Suspend() })
			}))
		}
		w.run()
		for _, s := range all {
			s.Wake()
		}
		w.run()
	}
	run(1000, m) // the runtime keeps the descriptors of its goroutines
	before := heapAfter()
	run(n, m)
	if after := heapAfter(); after > before+256<<10 {
		t.Errorf("the heap has grown by %d KB", (after-before)>>10)
	}
	runtime.KeepAlive(ctx)
}

// The first scope of a worker on a context registers it. Its values are not kept for the scopes that come later.
func TestTheValuesOfTheFirstScopeAreNotKept(t *testing.T) {
	type request struct{ _ [64]byte }
	w := newWorker(t, coro.NewPool(-1, false))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	suspend := func(ctx context.Context) *task.Slot[int] {
		return spawn(t, w, func(co *coro.Co) (int, error) {
			return 0, coro.WithContext(co, ctx, func(co *coro.Co) error { return co.Suspend() })
		})
	}
	first, values := func() (*task.Slot[int], weak.Pointer[request]) {
		r := new(request)
		return suspend(context.WithValue(ctx, valueKey{}, r)), weak.Make(r)
	}()
	w.run()
	later := suspend(context.WithValue(ctx, valueKey{}, 1))
	w.run()
	first.Wake()
	w.run()
	take(t, first)
	first = nil
	for range 10 {
		runtime.GC()
	}
	if values.Value() != nil {
		t.Error("the values of the first scope are still there")
	}
	later.Wake() // the queue of w has no lock, so no other goroutine may wake a task
	w.run()
	take(t, later)
}

// Each request has a context of its own, and many of them wait at once: afterwards, nothing is left of the map.
func TestAWorkerKeepsNoRoomForContexts(t *testing.T) {
	const n = 5000
	w := newWorker(t, coro.NewPool(-1, false))
	run := func() {
		var all []*task.Slot[int]
		for range n {
			ctx, cancel := context.WithCancel(t.Context())
			all = append(all, spawn(t, w, func(co *coro.Co) (int, error) {
				defer cancel()
				return 0, coro.WithContext(co, ctx, func(co *coro.Co) error { return co.Suspend() })
			}))
		}
		w.run()
		for _, s := range all {
			s.Wake()
		}
		w.run()
	}
	run()
	before := heapAfter()
	run()
	if after := heapAfter(); after > before+64<<10 {
		t.Errorf("the heap has grown by %d KB", (after-before)>>10)
	}
	if have := coro.RoomForFans(w.pool); have != 0 {
		t.Errorf("there is room for %d contexts", have)
	}
}

func TestTheScopeOfAContextAllocatesAsWithValueDoes(t *testing.T) {
	const n = 1000
	inner := (*coro.Co).Interrupted
	shared, cancel := context.WithCancel(t.Context())
	defer cancel()
	do(t, func(co *coro.Co) {
		values := context.WithValue(co, valueKey{}, 1)
		values.Done() // the Co's channel
		for name, ctx := range map[string]context.Context{
			"no Done": context.Background(), "values only": values, "the Co": co,
			"one that the worker waits for": shared,
		} {
			coro.WithContext(co, shared, func(co *coro.Co) error {
				atMost(t, name, n, func() {
					for range n {
						if err := coro.WithContext(co, ctx, inner); err != nil {
							t.Error(err)
						}
					}
				})
				return nil
			})
		}
		atMost(t, "a context of its own", 7*n, func() {
			for range n {
				if err := coro.WithContext(co, shared, inner); err != nil {
					t.Error(err)
				}
			}
		})
	})
}

// No goroutine waits for the end of a context.
func TestAScopeOfAContextHasNoGoroutine(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	do(t, func(co *coro.Co) {
		before := runtime.NumGoroutine()
		for _, ctx := range []context.Context{ctx, co, context.WithValue(ctx, valueKey{}, 1), cancelledAfter(t, co), new(manual)} {
			inContext(t, co, ctx, func(*coro.Co) {
				if n := runtime.NumGoroutine(); n > before {
					t.Errorf("%v: %d goroutines more", ctx, n-before)
				}
			})
		}
	})
}
