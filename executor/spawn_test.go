package executor_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// spawnFromMany spawns n tasks from each of several goroutines and waits for all of them.
func spawnFromMany(t *testing.T, rt *executor.Runtime, n int) {
	t.Helper()
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range n {
				want := g*n + i
				var h joinhandle.JoinHandle[int]
				if i%2 == 0 {
					h = executor.Spawn(rt, future.Ready(want))
				} else {
					h = executor.Go(rt, func(co *coro.Co) (int, error) { return want, co.Yield() })
				}
				if v, err := h.Wait(within(t)); v != want || err != nil {
					t.Errorf("task %d returned %d, %v", want, v, err)
					return
				}
			}
		})
	}
	ends(t, "the spawns", wg.Wait)
}

func TestSpawnFromManyGoroutinesWhileIdle(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	settled(t, rt)
	spawnFromMany(t, rt, 500)
}

func TestSpawnFromManyGoroutinesWhileBusy(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	busy := executor.Spawn(rt, future.Func(func(cx *core.Context) (int, bool) {
		cx.Yield()
		return 0, false
	}))
	spawnFromMany(t, rt, 500)
	busy.Abort()
	joinCancelled(t, busy)
}

// Every future of a spawn that races with a shutdown either is ready or is dropped, once, and its handle
// says the same.
func TestSpawnFromManyGoroutinesDuringShutdown(t *testing.T) {
	for range 30 {
		rt := startRuntime(t, executor.Options{})
		var mu sync.Mutex
		var gates []*gate
		var handles []joinhandle.JoinHandle[int]
		var wg sync.WaitGroup
		var spawned atomic.Int64
		for range 4 {
			wg.Go(func() {
				for range 2000 {
					g := &gate{open: true}
					h := executor.Spawn[int](rt, g)
					mu.Lock()
					gates, handles = append(gates, g), append(handles, h)
					mu.Unlock()
					spawned.Add(1)
					if r, ok := h.TryJoin(); ok && errors.Is(r.Err, core.ErrShutdown) {
						return
					}
				}
			})
		}
		eventually(t, "some tasks are spawned", func() bool { return spawned.Load() > 20 })
		ends(t, "Shutdown", func() { rt.Shutdown(context.Background()) })
		ends(t, "the spawners", wg.Wait)
		for i, h := range handles {
			_, err := join(t, h)
			refused := errors.Is(err, core.ErrShutdown)
			if err != nil && !refused && err != core.ErrAlreadyJoined {
				t.Fatalf("a join returned %v", err)
			}
			polls, drops := gates[i].polls.Load(), gates[i].drops.Load()
			if polls+drops != 1 {
				t.Fatalf("a future was polled %d times and dropped %d times", polls, drops)
			}
		}
	}
}

func TestSpawnFromATaskIsLocal(t *testing.T) {
	rt := startRuntime(t, executor.Options{Workers: 1})
	for _, s := range styles {
		t.Run(s.name, func(t *testing.T) {
			settled(t, rt)
			before := rt.Stats().Notifies
			var order []int // written on the worker only
			joinOK(t, s.do(rt, func(s core.Spawner) {
				for i := range 1000 {
					executor.Spawn(s, future.Func(func(*core.Context) (int, bool) {
						order = append(order, i)
						return 0, true
					}))
				}
			}))
			eventually(t, "the tasks end", func() bool { return rt.Stats().Live == 0 })
			inTask(t, rt, func(*core.Context) {
				// Where workers steal, what does not fit the ring goes to the back of the injector.
				if len(order) != 1000 || !modetest.Stealing() && !slices.IsSorted(order) {
					t.Errorf("%d tasks ran, in spawn order: %t", len(order), slices.IsSorted(order))
				}
			})
			// The worker was notified of the outer task and of inTask, at most.
			if n := rt.Stats().Notifies - before; n > 2 {
				t.Errorf("1000 spawns on the worker cost %d notifies", n)
			}
		})
	}
}

func TestChainOfSpawnsRunsToItsEnd(t *testing.T) {
	const depth = 100_000
	rt := startRuntime(t, executor.Options{})
	t.Run("poll", func(t *testing.T) {
		end := make(chan int, 1)
		var link func(left int) core.Future[int]
		link = func(left int) core.Future[int] {
			return future.Func(func(cx *core.Context) (int, bool) {
				if left == 0 {
					end <- depth
				} else {
					executor.Spawn(cx, link(left-1))
				}
				return 0, true
			})
		}
		executor.Spawn(rt, link(depth))
		receive(t, "the chain", end)
	})
	t.Run("direct", func(t *testing.T) {
		end := make(chan int, 1)
		left := depth
		var link func(co *coro.Co) (int, error)
		link = func(co *coro.Co) (int, error) {
			if left--; left == 0 {
				end <- depth
			} else {
				executor.Go(co, link)
			}
			return 0, nil
		}
		executor.Go(rt, link)
		receive(t, "the chain", end)
	})
}

func TestTaskNumbersAreUnique(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	var mu sync.Mutex
	seen := make(map[uint64]bool)
	note := func(id uint64) {
		mu.Lock()
		defer mu.Unlock()
		if id == 0 || seen[id] {
			t.Errorf("number %d was given twice, or is 0", id)
		}
		seen[id] = true
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 500 {
				h := executor.Go(rt, func(co *coro.Co) (int, error) {
					for range 5 {
						note(executor.Spawn(co, future.Ready(0)).ID())
					}
					return 0, nil
				})
				note(h.ID())
				h.Wait(within(t))
			}
		})
	}
	ends(t, "the spawns", wg.Wait)
	if len(seen) != 4*500*6 {
		t.Fatalf("%d numbers for %d tasks", len(seen), 4*500*6)
	}
}

func TestNamedTasksAreReportedByName(t *testing.T) {
	infos := make(chan executor.TaskInfo, 1)
	rt := startRuntime(t, executor.Options{
		OnPanic: func(i executor.TaskInfo, _ *task.PanicError) { infos <- i },
	})
	for _, s := range styles {
		t.Run(s.name, func(t *testing.T) {
			h := s.do(executor.Named(rt, "outer"), func(s core.Spawner) { panic("boom") })
			if i := receive(t, "OnPanic", infos); i.Name != "outer" || i.ID != h.ID() {
				t.Errorf("it is reported as %v, want the name outer and the number %d", i, h.ID())
			}
			s.do(rt, func(sp core.Spawner) {
				s.do(executor.Named(sp, "inner"), func(core.Spawner) { panic("boom") })
			})
			i := receive(t, "OnPanic", infos)
			if want := fmt.Sprintf("task %d (inner)", i.ID); i.String() != want {
				t.Errorf("it is reported as %q, want %q", i, want)
			}
			h = s.do(rt, func(core.Spawner) { panic("boom") })
			if i, want := receive(t, "OnPanic", infos), fmt.Sprintf("task %d", h.ID()); i.String() != want {
				t.Errorf("a task without a name is reported as %q, want %q", i, want)
			}
		})
	}
}
