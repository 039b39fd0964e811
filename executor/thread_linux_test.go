package executor_test

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/joinhandle"
	"golang.org/x/sys/unix"
)

// lockedRuntime makes a runtime whose workers have threads of their own, and skips the test in modes that
// exclude it.
func lockedRuntime(t *testing.T, opts executor.Options) *executor.Runtime {
	t.Helper()
	tasksStay(t)
	opts.LockOSThread = true
	return startRuntime(t, opts)
}

// threads returns the thread of each worker, as a task in poll style and one in direct style see it.
func threads(t *testing.T, rt *executor.Runtime) (ids []int) {
	t.Helper()
	for i := range rt.Workers() {
		left := 5
		seen := map[int]bool{}
		tid := joinOK(t, executor.Spawn(rt.On(i), future.Func(func(cx *core.Context) (int, bool) {
			seen[unix.Gettid()] = true
			cx.Yield()
			left--
			return unix.Gettid(), left == 0
		})))
		tid2 := joinOK(t, executor.Go(rt.On(i), func(co *coro.Co) (int, error) {
			for _, wait := range []func() error{
				co.Yield,
				func() error { return coro.Sleep(co, time.Microsecond) },
				func() error { _, err := executor.Blocking(co, func() (int, error) { return 0, nil }); return err },
			} {
				if err := wait(); err != nil {
					return 0, err
				}
				seen[unix.Gettid()] = true
			}
			return unix.Gettid(), nil
		}))
		if tid != tid2 || len(seen) != 1 {
			t.Errorf("worker %d is on the threads %d and %d, %d in all", i, tid, tid2, len(seen))
		}
		ids = append(ids, tid)
	}
	return ids
}

func TestLockedWorkerHasAThreadOfItsOwn(t *testing.T) {
	rt := lockedRuntime(t, executor.Options{})
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ids := threads(t, rt)
	if again := threads(t, rt); !slices.Equal(ids, again) {
		t.Errorf("the workers were on the threads %v, and are on %v", ids, again)
	}
	ids = append(ids, unix.Gettid())
	slices.Sort(ids)
	if len(slices.Compact(ids)) != rt.Workers()+1 {
		t.Errorf("the %d workers and this goroutine are on the threads %v", rt.Workers(), ids)
	}
}

// A Goexit takes a goroutine along, and a thread that is locked to it. Not the worker's.
func TestGoexitLeavesALockedWorkerOnItsThread(t *testing.T) {
	exits := map[string]func(s core.Spawner) joinhandle.JoinHandle[int]{
		"in poll style": func(s core.Spawner) joinhandle.JoinHandle[int] { return executor.Spawn(s, onFirstPoll(runtime.Goexit)) },
		"in direct style": func(s core.Spawner) joinhandle.JoinHandle[int] {
			return executor.Go(s, func(co *coro.Co) (int, error) {
				defer runtime.Goexit()
				return 0, co.Yield()
			})
		},
	}
	for name, start := range exits {
		t.Run(name, func(t *testing.T) {
			rt := lockedRuntime(t, executor.Options{})
			before := threads(t, rt)
			waiting := &gate{} // begun before, and goes on after
			h := executor.Go(rt.On(0), func(co *coro.Co) (int, error) {
				_, err := coro.Await[int](co, waiting)
				return unix.Gettid(), err
			})
			waiting.polled(t, 1)
			for range 20 {
				for i := range rt.Workers() {
					if _, err := join(t, start(rt.On(i))); !errors.Is(err, core.ErrGoexit) {
						t.Fatalf("the join returned %v", err)
					}
				}
			}
			if after := threads(t, rt); !slices.Equal(before, after) {
				t.Errorf("the workers were on the threads %v, and are on %v", before, after)
			}
			waiting.Open()
			if tid := joinOK(t, h); tid != before[0] {
				t.Errorf("a body that began on thread %d ended on %d", before[0], tid)
			}
		})
	}
}

// processors returns those that this process may run on.
func processors(t *testing.T) (cpus []int) {
	t.Helper()
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		t.Fatal(err)
	}
	for i := range 64 * len(set) {
		if set.IsSet(i) {
			cpus = append(cpus, i)
		}
	}
	return cpus
}

func TestAffinityBindsTheThreadOfEachWorker(t *testing.T) {
	cpus := processors(t)
	last := modetest.Options(executor.Options{}).Workers - 1 // has no wishes, if it is not the only one
	want := func(worker int) []int {
		if worker == last && worker > 0 {
			return nil
		}
		return []int{cpus[worker%len(cpus)]}
	}
	rt := lockedRuntime(t, executor.Options{Affinity: want})
	for i := range rt.Workers() {
		bound := executor.Go(rt.On(i), func(co *coro.Co) (string, error) {
			return fmt.Sprint(processors(t)), co.Yield()
		})
		list := want(i)
		if list == nil {
			list = cpus
		}
		if got := joinOK(t, bound); got != fmt.Sprint(list) {
			t.Errorf("worker %d may run on %s, want %v", i, got, list)
		}
	}
	closeRuntime(t, rt)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if now := processors(t); !slices.Equal(now, cpus) {
		t.Errorf("this goroutine may run on %v, before on %v", now, cpus)
	}
}

// A worker that cannot have its processor is an error of New, which leaves nothing behind.
func TestProcessorThatDoesNotExist(t *testing.T) {
	tasksStay(t)
	workers := modetest.Options(executor.Options{}).Workers
	runtime.GC()
	fds, goroutines := openFDs(), runtime.NumGoroutine()
	for _, cpu := range []int{-1, 1000, 1 << 20} { // the system has no room for the last
		for wrong := range workers {
			rt, err := executor.New(executor.Options{
				Workers:      workers,
				LockOSThread: true,
				Affinity: func(worker int) []int {
					if worker == wrong {
						return []int{cpu}
					}
					return nil
				},
			})
			var oe *executor.OptionError
			if !errors.As(err, &oe) || oe.Option != "Affinity" || !contains(err.Error(), fmt.Sprint(cpu)) {
				t.Errorf("processor %d for worker %d: New returned %v", cpu, wrong, err)
			}
			if rt != nil {
				t.Error("New returned a runtime with the error")
			}
		}
	}
	if n := openFDs(); n != fds {
		t.Errorf("%d descriptors were open before, and %d are after", fds, n)
	}
	eventually(t, "the goroutines are as many as before", func() bool { return runtime.NumGoroutine() <= goroutines })
}
