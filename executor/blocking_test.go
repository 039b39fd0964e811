package executor_test

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// blockingCalls are the two ways to the pool.
var blockingCalls = map[string]func(rt *executor.Runtime, f func() (int, error)) joinhandle.JoinHandle[int]{
	"Blocking": func(rt *executor.Runtime, f func() (int, error)) joinhandle.JoinHandle[int] {
		return executor.Go(rt, func(co *coro.Co) (int, error) { return executor.Blocking(co, f) })
	},
	"SpawnBlocking": func(rt *executor.Runtime, f func() (int, error)) joinhandle.JoinHandle[int] {
		return executor.SpawnBlocking(rt, f)
	},
}

func TestBlockingFunctionsOutcome(t *testing.T) {
	for name, call := range blockingCalls {
		t.Run(name, func(t *testing.T) {
			rt := startRuntime(t, executor.Options{})
			if v := joinOK(t, call(rt, func() (int, error) { return 8, nil })); v != 8 {
				t.Errorf("it returned %d", v)
			}
			v, err := join(t, call(rt, func() (int, error) { return 2, errEnough }))
			if v != 2 || err != errEnough {
				t.Errorf("it returned %d, %v", v, err)
			}
			wantExplosion(t, joinPanicked(t, call(rt, func() (int, error) { explode(); return 0, nil })))
			if _, err = join(t, call(rt, func() (int, error) { runtime.Goexit(); return 0, nil })); !errors.Is(err, core.ErrGoexit) {
				t.Errorf("after a Goexit it returned %v", err)
			}
			alive(t, rt)
		})
	}
}

func TestBlockingLeavesTheWorkerToOthers(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	release := make(chan struct{})
	h := executor.SpawnBlocking(rt, func() (int, error) { <-release; return 0, nil })
	eventually(t, "the function runs", func() bool { return rt.Stats().BlockingRunning == 1 })
	alive(t, rt)
	close(release)
	joinOK(t, h)
	eventually(t, "none runs", func() bool { return rt.Stats().BlockingRunning == 0 })
}

func TestBlockingPoolIsBounded(t *testing.T) {
	const limit, functions = 3, 10
	rt := startRuntime(t, executor.Options{BlockingThreads: limit})
	release := make(chan struct{})
	var running, most atomic.Int64
	var handles []joinhandle.JoinHandle[int]
	for range functions {
		handles = append(handles, executor.SpawnBlocking(rt, func() (int, error) {
			n := running.Add(1)
			defer running.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			<-release
			return 0, nil
		}))
	}
	eventually(t, "the bound is reached and the rest queue", func() bool {
		s := rt.Stats()
		return s.BlockingRunning == limit && s.BlockingQueued == functions-limit
	})
	close(release)
	for _, h := range handles {
		joinOK(t, h)
	}
	if n := most.Load(); n != limit {
		t.Errorf("up to %d functions ran at a time, want %d", n, limit)
	}
}

func TestAbortBeforeABlockingFunctionBeginsForgetsIt(t *testing.T) {
	rt := startRuntime(t, executor.Options{BlockingThreads: 1})
	release := make(chan struct{})
	first := executor.SpawnBlocking(rt, func() (int, error) { <-release; return 0, nil })
	eventually(t, "the pool is occupied", func() bool { return rt.Stats().BlockingRunning == 1 })
	h := executor.SpawnBlocking(rt, func() (int, error) {
		t.Error("the function ran")
		return 0, nil
	})
	eventually(t, "the second queues", func() bool { return rt.Stats().BlockingQueued == 1 })
	h.Abort()
	joinCancelled(t, h)
	close(release)
	joinOK(t, first)
	joinOK(t, executor.SpawnBlocking(rt, func() (int, error) { return 0, nil })) // queues behind it
}

func TestAbortWhileABlockingFunctionRuns(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	release, through := make(chan struct{}), make(chan struct{})
	h := executor.SpawnBlocking(rt, func() (int, error) {
		<-release
		close(through)
		return 0, nil
	})
	eventually(t, "the function runs", func() bool { return rt.Stats().BlockingRunning == 1 })
	h.Abort()
	joinCancelled(t, h) // at once: the function cannot have returned
	close(release)
	receive(t, "the function", through)
	alive(t, rt)
}

func TestFunctionsBehindOneThatExitsAreRun(t *testing.T) {
	rt := startRuntime(t, executor.Options{BlockingThreads: 1})
	release := make(chan struct{})
	exit := func() (int, error) { <-release; runtime.Goexit(); return 0, nil }
	var handles []joinhandle.JoinHandle[int]
	for range 5 {
		handles = append(handles, executor.SpawnBlocking(rt, exit))
	}
	eventually(t, "four queue", func() bool { return rt.Stats().BlockingQueued == 4 })
	close(release)
	for _, h := range handles {
		if _, err := join(t, h); !errors.Is(err, core.ErrGoexit) {
			t.Errorf("a join returned %v", err)
		}
	}
	joinOK(t, executor.SpawnBlocking(rt, func() (int, error) { return 0, nil }))
}

func TestGoroutinesOfTheBlockingPool(t *testing.T) {
	t.Run("are used again", func(t *testing.T) {
		rt := startRuntime(t, executor.Options{BlockingKeepAlive: time.Hour})
		for range 100 {
			joinOK(t, executor.SpawnBlocking(rt, func() (int, error) { return 0, nil }))
			eventually(t, "the goroutine waits for the next", func() bool { return executor.PoolIdle(rt) != 0 })
		}
		if n := executor.PoolThreads(rt); n != 1 {
			t.Errorf("functions that came one by one took %d goroutines", n)
		}
	})
	t.Run("end when idle", func(t *testing.T) {
		rt := startRuntime(t, executor.Options{BlockingKeepAlive: time.Microsecond})
		for range 100 {
			joinOK(t, executor.SpawnBlocking(rt, func() (int, error) { return 0, nil }))
		}
		eventually(t, "no goroutine is left", func() bool { return executor.PoolThreads(rt) == 0 })
	})
}

func TestBlockingFunctionsWhileClosing(t *testing.T) {
	for range 30 {
		rt := startRuntime(t, executor.Options{BlockingThreads: 2})
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 20 {
					h := executor.SpawnBlocking(rt, func() (int, error) { return 1, nil })
					v, err := join(t, h)
					if err == nil && v != 1 || err != nil && !errors.Is(err, core.ErrShutdown) {
						t.Errorf("a join returned %d, %v", v, err)
					}
				}
			})
		}
		closeRuntime(t, rt)
		ends(t, "the joins", wg.Wait)
	}
}

func TestShutdownDoesNotWaitForBlockingFunctionsForEver(t *testing.T) {
	rt := startRuntime(t, executor.Options{BlockingThreads: 1, CleanupGrace: time.Millisecond})
	release := make(chan struct{})
	defer close(release)
	running := executor.SpawnBlocking(rt, func() (int, error) { <-release; return 0, nil })
	eventually(t, "the function runs", func() bool { return rt.Stats().BlockingRunning == 1 })
	queued := executor.SpawnBlocking(rt, func() (int, error) {
		t.Error("a function that had not begun ran")
		return 0, nil
	})
	eventually(t, "the other queues", func() bool { return rt.Stats().BlockingQueued == 1 })
	var busy *executor.BusyError
	if err := receive(t, "Shutdown", shutdown(ended(errEnough), rt)); !errors.As(err, &busy) || busy.Blocking != 1 {
		t.Errorf("Shutdown returned %v, want a BusyError of one function", err)
	}
	joinCancelled(t, running)
	joinCancelled(t, queued)
}

func TestCloseWaitsForBlockingFunctions(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	release := make(chan struct{})
	var through atomic.Bool
	h := executor.SpawnBlocking(rt, func() (int, error) {
		<-release
		through.Store(true)
		return 0, nil
	})
	eventually(t, "the function runs", func() bool { return rt.Stats().BlockingRunning == 1 })
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		rt.Close()
		if !through.Load() {
			t.Error("Close returned while a function ran")
		}
	}()
	joinCancelled(t, h) // its task does not wait for it
	close(release)
	receive(t, "Close", closed)
}

func TestAbortedFunctionsLeaveTheQueue(t *testing.T) {
	rt := startRuntime(t, executor.Options{BlockingThreads: 1})
	release := make(chan struct{})
	stuck := executor.SpawnBlocking(rt, func() (int, error) { <-release; return 1, nil })
	eventually(t, "the first function to run", func() bool { return rt.Stats().BlockingRunning == 1 })
	for range 100 {
		h := executor.SpawnBlocking(rt, func() (int, error) { return 0, errors.New("it has begun") })
		eventually(t, "the function to queue", func() bool { return rt.Stats().BlockingQueued == 1 })
		h.Abort()
		if _, err := join(t, h); !errors.Is(err, core.ErrCancelled) {
			t.Fatalf("the task ended with %v", err)
		}
		if n := rt.Stats().BlockingQueued; n != 0 {
			t.Fatalf("%d functions are still queued", n)
		}
	}
	close(release)
	if v, err := join(t, stuck); v != 1 || err != nil {
		t.Errorf("have %d, %v", v, err)
	}
}

// What queues is seen: how many functions wait and run, how many goroutines there are, and how long
// functions have waited for one.
func TestQueueOfTheBlockingPoolIsVisible(t *testing.T) {
	const limit, functions = 2, 6
	const while = 2 * time.Millisecond
	rt := startRuntime(t, executor.Options{BlockingThreads: limit, BlockingKeepAlive: time.Hour})
	if s := rt.Stats(); s.BlockingQueued != 0 || s.BlockingRunning != 0 || s.BlockingThreads != 0 || s.BlockingFinished != 0 {
		t.Errorf("before the first function the statistics are %+v", s)
	}
	release := make(chan struct{})
	var handles []joinhandle.JoinHandle[int]
	for range functions {
		handles = append(handles, executor.SpawnBlocking(rt, func() (int, error) { <-release; return 0, nil }))
	}
	eventually(t, "the rest queue", func() bool {
		s := rt.Stats()
		return s.BlockingRunning == limit && s.BlockingQueued == functions-limit && s.BlockingThreads == limit
	})
	time.Sleep(while) // those that queue wait at least so long
	close(release)
	for _, h := range handles {
		joinOK(t, h)
	}
	eventually(t, "the functions are through, and the goroutines wait for more", func() bool {
		s := rt.Stats()
		return s.BlockingRunning == 0 && s.BlockingQueued == 0 && s.BlockingFinished == functions && s.BlockingThreads == limit
	})
	w := rt.Metrics().BlockingWait
	if longest, _ := w.Quantile(1); w.Count() != functions || w.Sum < (functions-limit)*while || longest < while {
		t.Errorf("%d waits, %v together, the longest %v; want %d, at least %v each of %d", w.Count(), w.Sum, longest, functions, while, functions-limit)
	}
	closeRuntime(t, rt)
	if s := rt.Stats(); s.BlockingThreads != 0 || s.BlockingQueued != 0 {
		t.Errorf("after Close the statistics are %+v", s)
	}
}
