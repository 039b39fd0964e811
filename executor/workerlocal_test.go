package executor_test

import (
	"fmt"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// The counters have no lock: the race detector sees if two workers ever use the same.
func TestWorkerLocalIsOneForEachWorker(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	n := rt.Workers()
	inGet := make([]bool, n) // of a worker, by its tasks only
	made := make([]int, n)
	local := executor.NewWorkerLocal(rt, func(worker int) int {
		if !inGet[worker] {
			t.Errorf("the value of worker %d is not made in its Get", worker)
		}
		made[worker]++
		return 1000 * worker
	})
	count := func(s core.Spawner) {
		id, _ := executor.WorkerID(s)
		inGet[id] = true
		*local.Get(s)++
		inGet[id] = false
	}
	const tasks, each = 50, 20
	var handles []joinhandle.JoinHandle[int]
	for range tasks {
		left := each
		handles = append(handles,
			executor.Spawn(rt, future.Func(func(cx *core.Context) (int, bool) {
				count(cx)
				cx.Yield()
				left--
				return 0, left == 0
			})),
			executor.Go(rt, func(co *coro.Co) (int, error) {
				for range each {
					count(co)
					if err := co.Yield(); err != nil {
						return 0, err
					}
				}
				return 0, nil
			}))
	}
	for _, h := range handles {
		joinOK(t, h)
	}
	sum := 0
	values := map[*int]bool{}
	for i, h := range executor.GoEach(rt, func(co *coro.Co, worker int) (int, error) {
		inGet[worker] = true
		p := local.Get(co)
		if q := local.Get(executor.Named(co, "x")); p != q {
			t.Errorf("worker %d has two values", worker)
		}
		inGet[worker] = false
		return *p - 1000*worker, nil
	}) {
		sum += joinOK(t, h)
		joinOK(t, executor.Go(rt.On(i), func(co *coro.Co) (int, error) {
			values[local.Get(co)] = true
			if made[i] != 1 {
				t.Errorf("the value of worker %d was made %d times", i, made[i])
			}
			return 0, nil
		}))
	}
	if sum != 2*tasks*each || len(values) != n {
		t.Errorf("%d increments were counted, want %d; %d values for %d workers", sum, 2*tasks*each, len(values), n)
	}
}

func TestWorkerLocalWithoutInitStartsAsZero(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	local := executor.NewWorkerLocal[string](rt, nil)
	inTask(t, rt, func(cx *core.Context) {
		if s := local.Get(cx); *s != "" {
			t.Errorf("it starts as %q", *s)
		}
	})
}

// A value whose init has panicked does not exist: the next Get makes it.
func TestWorkerLocalWhoseInitPanicsIsMadeLater(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	calls := 0
	local := executor.NewWorkerLocal(rt, func(int) int {
		if calls++; calls == 1 {
			explode()
		}
		return 7
	})
	get := func() joinhandle.JoinHandle[int] {
		return executor.Go(rt.On(0), func(co *coro.Co) (int, error) { return *local.Get(co), nil })
	}
	wantExplosion(t, joinPanicked(t, get()))
	if v := joinOK(t, get()); v != 7 {
		t.Errorf("the value is %d", v)
	}
}

func TestWorkerLocalOutsideATaskOfItsRuntime(t *testing.T) {
	rt, other := startRuntime(t, executor.Options{}), startRuntime(t, executor.Options{})
	local := executor.NewWorkerLocal[int](rt, nil)
	wrong := func(s core.Spawner) {
		v := panicOf(func() { local.Get(s) })
		want := fmt.Sprintf("executor: WorkerLocal.Get with a %T that is of no task of its runtime", s)
		if v != want {
			t.Errorf("Get panicked with %v, want %q", v, want)
		}
	}
	wrong(rt)
	wrong(rt.On(0))
	wrong(executor.Named(rt, "x"))
	for _, s := range styles {
		joinOK(t, s.do(other, wrong))
	}
	simulated := coretest.New(1)
	h := executor.Spawn(simulated, future.Func(func(cx *core.Context) (int, bool) { wrong(cx); return 0, true }))
	simulated.Run()
	if !h.Finished() {
		t.Error("the task of another host has not ended")
	}
	simulated.Close()
}

func TestWorkerIDIsKnownInsideTasksOnly(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	known := func(s core.Spawner) bool { id, ok := executor.WorkerID(s); return ok && id >= 0 && id < rt.Workers() }
	for _, s := range styles {
		joinOK(t, s.do(rt, func(s core.Spawner) {
			if !known(s) || !known(executor.Named(s, "x")) {
				t.Errorf("a %T is on no worker", s)
			}
		}))
	}
	for _, s := range []core.Spawner{rt, rt.On(0), executor.Named(rt, "x")} {
		if id, ok := executor.WorkerID(s); ok || id != 0 {
			t.Errorf("a %T is on worker %d", s, id)
		}
	}
	simulated := coretest.New(1)
	h := executor.Spawn(simulated, future.Func(func(cx *core.Context) (int, bool) {
		if _, ok := executor.WorkerID(cx); ok {
			t.Error("a task of another host is on a worker")
		}
		return 0, true
	}))
	simulated.Run()
	if !h.Finished() {
		t.Error("the task of another host has not ended")
	}
	simulated.Close()
}
