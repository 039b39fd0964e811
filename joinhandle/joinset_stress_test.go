package joinhandle_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A tally counts the outputs that were joined, by task.
type tally struct {
	mu      sync.Mutex
	byID    map[uint64]int
	byValue map[int]int
	aborted int
}

func (c *tally) add(t *testing.T, j joinhandle.Joined[int]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byID[j.ID]++
	switch {
	case j.Err == nil:
		c.byValue[j.Value]++
	case errors.Is(j.Err, core.ErrCancelled):
		c.aborted++
	default:
		t.Errorf("task %d: %v", j.ID, j.Err)
	}
}

// Spawners, aborters, waiters that give up and waiters that do not meet on several workers: every
// task is joined exactly once.
func TestStressOfASet(t *testing.T) {
	tasks := 10_000
	if testing.Short() {
		tasks = 1000
	}
	const spawners = 2
	c := newWorkers(t, 2)
	set := joinhandle.NewJoinSet[int](c)
	guard := set.Spawn(future.Pending[int]()) // keeps the set from being empty before the end
	count := tally{byID: map[uint64]int{}, byValue: map[int]int{}}

	var spawning, joining sync.WaitGroup
	for s := range spawners {
		spawning.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(s)))
			for i := s; i < tasks; i += spawners {
				spawnOne(set, i, r)
			}
		})
	}
	for range 2 {
		joining.Go(func() { // plain goroutines
			for {
				j, err := set.Wait(context.Background())
				if err != nil {
					return
				}
				count.add(t, j)
			}
		})
		joining.Go(func() { // those that give up at once
			gone := over(nil)
			for {
				j, err := set.Wait(gone)
				switch err {
				case nil:
					count.add(t, j)
				case joinhandle.ErrEmpty:
					return
				default:
					runtime.Gosched()
				}
			}
		})
	}
	var bodies []joinhandle.JoinHandle[int]
	for range 2 {
		bodies = append(bodies, spawnBody(c, func(co *coro.Co) (int, error) {
			for j, err := range set.All(co) {
				if err != nil {
					return 0, err
				}
				count.add(t, j)
			}
			return 0, nil
		}))
	}
	spawning.Wait()
	guard.Abort()
	joining.Wait()
	for _, j := range bodies {
		if _, err := j.Wait(context.Background()); err != nil {
			t.Error(err)
		}
	}

	for id, n := range count.byID {
		if n != 1 {
			t.Errorf("task %d was joined %d times", id, n)
		}
	}
	if len(count.byID) != tasks+1 || set.Len() != 0 {
		t.Errorf("%d tasks were joined, want %d; %d are left", len(count.byID), tasks+1, set.Len())
	}
	for v, n := range count.byValue {
		if n != 1 {
			t.Errorf("value %d came %d times", v, n)
		}
	}
	if len(count.byValue)+count.aborted != tasks+1 {
		t.Errorf("%d values and %d aborted of %d tasks", len(count.byValue), count.aborted, tasks+1)
	}
}

// spawnOne makes a task that yields a few times, and aborts some at random.
func spawnOne(set *joinhandle.JoinSet[int], i int, r *rand.Rand) {
	var a joinhandle.AbortHandle
	if i%4 == 0 {
		a = set.Go(func(co *coro.Co) (int, error) {
			for range i % 3 {
				if err := co.Yield(); err != nil {
					return 0, err
				}
			}
			return i, nil
		})
	} else {
		a = set.Spawn(newSteps(i, i%3))
	}
	if r.IntN(5) == 0 {
		a.Abort()
	}
}

// Drop, DetachAll and AbortAll meet spawns, ends and waiters: no waiter hangs, and no task is left.
func TestStressOfEmptyingASet(t *testing.T) {
	rounds := 300
	if testing.Short() {
		rounds = 30
	}
	c := newWorkers(t, 2)
	for round := range rounds {
		set := joinhandle.NewJoinSet[int](c)
		var spawning, wg sync.WaitGroup
		spawning.Go(func() {
			for i := range 20 {
				set.Spawn(newSteps(i, i%3))
			}
		})
		for range 2 {
			wg.Go(func() {
				for {
					if _, err := set.Wait(context.Background()); err != nil {
						return
					}
				}
			})
		}
		wg.Go(func() {
			switch round % 3 {
			case 0:
				set.Drop()
			case 1:
				set.DetachAll()
			case 2:
				set.AbortAll()
			}
		})
		spawning.Wait()
		wg.Wait()
		for {
			if _, err := set.Wait(context.Background()); err != nil {
				break
			}
		}
		if set.Len() != 0 {
			t.Fatalf("round %d: %d tasks are left", round, set.Len())
		}
	}
}
