package executor_test

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// tasksStay skips the test in the modes in which tasks move.
func tasksStay(t testing.TB) {
	t.Helper()
	if modetest.Stealing() {
		t.Skip("tasks move in this mode")
	}
}

// tasksMove makes a runtime whose workers steal, and skips the test in the modes in which they do not.
func tasksMove(t testing.TB, opts executor.Options) *executor.Runtime {
	t.Helper()
	if !modetest.Stealing() || modetest.Options(executor.Options{}).Workers < 2 {
		t.Skip("tasks do not move in this mode")
	}
	opts.LongPollThreshold = -1 // these tests hold workers
	return startRuntime(t, opts)
}

// workerOf starts a task that returns the worker it runs on.
func workerOf(s core.Spawner) joinhandle.JoinHandle[int] {
	return executor.Spawn(s, future.Func(func(cx *core.Context) (int, bool) {
		id, ok := executor.WorkerID(cx)
		if !ok {
			id = -1
		}
		return id, true
	}))
}

func TestSpawnsFromOutsideGoRound(t *testing.T) {
	tasksStay(t)
	rt := startRuntime(t, executor.Options{})
	n := rt.Workers()
	starts := map[string]func() joinhandle.JoinHandle[int]{
		"Spawn": func() joinhandle.JoinHandle[int] { return workerOf(rt) },
		"Go": func() joinhandle.JoinHandle[int] {
			return executor.Go(rt, func(co *coro.Co) (int, error) {
				id, _ := executor.WorkerID(co)
				return id, nil
			})
		},
		"a named spawn": func() joinhandle.JoinHandle[int] { return workerOf(executor.Named(rt, "x")) },
	}
	for name, start := range starts {
		t.Run(name, func(t *testing.T) {
			last := joinOK(t, start())
			for range 5 * n {
				id := joinOK(t, start())
				if id != (last+1)%n {
					t.Fatalf("after worker %d it was the turn of %d", last, id)
				}
				last = id
			}
		})
	}
	t.Run("from many goroutines", func(t *testing.T) {
		const spawners, each = 8, 40
		ran := make([]atomic.Int64, n)
		var wg sync.WaitGroup
		for range spawners {
			wg.Go(func() {
				for range each * n {
					id, err := workerOf(rt).Wait(within(t))
					if err != nil {
						t.Error(err)
						return
					}
					ran[id].Add(1)
				}
			})
		}
		ends(t, "the spawns", wg.Wait)
		for i := range ran {
			if got := ran[i].Load(); got != spawners*each {
				t.Errorf("worker %d got %d of %d tasks", i, got, spawners*each*n)
			}
		}
	})
}

// A watched task checks at each poll that it is on the same worker as before.
type watched struct {
	t     testing.TB
	home  atomic.Int64 // the worker + 1; 0 as long as it may be any
	polls atomic.Int64
}

func (w *watched) look(s core.Spawner) {
	w.polls.Add(1)
	id, ok := executor.WorkerID(s)
	if !ok {
		w.t.Error("a task is on no worker")
		return
	}
	if at := int64(id) + 1; !w.home.CompareAndSwap(0, at) && w.home.Load() != at {
		w.t.Errorf("a task of worker %d is polled on worker %d", w.home.Load()-1, id)
	}
}

// A bell is a future that is pending until it was polled often enough. Its ring gives the waker to those that wake it.
type bell struct {
	gate
	watched *watched
	left    atomic.Int64
}

func (b *bell) Poll(cx *core.Context) (int, bool) {
	b.watched.look(cx)
	b.gate.Poll(cx)
	return 0, b.left.Add(-1) <= 0
}

// commute starts tasks of every kind on s, has them woken from everywhere, and looks where they are.
// home says which worker they must be on; with -1 any, but always the same.
func commute(t testing.TB, rt *executor.Runtime, s core.Spawner, home int, wg *sync.WaitGroup) {
	const rounds = 60
	watch := func() *watched {
		w := &watched{t: t}
		w.home.Store(int64(home) + 1)
		return w
	}
	run := func(start func() joinhandle.JoinHandle[int]) {
		wg.Go(func() {
			if _, err := start().Wait(within(t)); err != nil {
				t.Error(err)
			}
		})
	}
	loop := func(each func(co *coro.Co) error) {
		w := watch()
		run(func() joinhandle.JoinHandle[int] {
			return executor.Go(s, func(co *coro.Co) (int, error) {
				for range rounds {
					w.look(co)
					if err := each(co); err != nil {
						return 0, err
					}
				}
				w.look(co)
				return 0, nil
			})
		})
	}
	loop(func(co *coro.Co) error { return co.Yield() })
	loop(func(co *coro.Co) error { return coro.Sleep(co, 20*time.Microsecond) })
	loop(func(co *coro.Co) error { _, err := coro.Await[int](co, &sleeper{d: time.Microsecond}); return err })
	loop(func(co *coro.Co) error {
		_, err := executor.Blocking(co, func() (int, error) { return 0, nil })
		return err
	})
	loop(func(co *coro.Co) error { // the end of a task on the same worker, and of one elsewhere
		_, err := executor.Go(co, func(co *coro.Co) (int, error) { return 0, co.Yield() }).Join(co)
		_, err2 := executor.Go(rt, func(co *coro.Co) (int, error) { return 0, co.Yield() }).Join(co)
		return errors.Join(err, err2)
	})
	a, b := socketPair(t)
	loop(func(co *coro.Co) error {
		executor.Spawn(rt, future.Func(func(*core.Context) (int, bool) {
			_, err := b.Write([]byte{1})
			if err != nil {
				t.Error(err)
			}
			return 0, true
		}))
		_, err := coro.Await[int](co, &reader{stream: a})
		return err
	})
	bell := &bell{watched: watch()}
	bell.left.Store(rounds)
	run(func() joinhandle.JoinHandle[int] {
		h := executor.Spawn[int](s, bell)
		for i := range rt.Workers() { // tasks of all workers wake it
			executor.Spawn(rt.On(i), future.Func(func(cx *core.Context) (int, bool) {
				bell.mu.Lock()
				w := bell.waker
				bell.mu.Unlock()
				if w != nil {
					cx.Wake(w)
				}
				cx.Yield()
				return 0, h.Finished()
			}))
		}
		for !h.Finished() { // and so does another goroutine
			bell.Wake()
			time.Sleep(time.Microsecond)
		}
		return h
	})
}

// Thousands of wakes by other workers, other goroutines, timers, sockets and the blocking pool bring a
// task back to its own worker each time.
func TestTaskThatStaysNeverLeavesItsWorker(t *testing.T) {
	tasksStay(t)
	realPoller(t)
	rt := startRuntime(t, executor.Options{})
	var wg sync.WaitGroup
	for range rt.Workers() {
		commute(t, rt, rt, -1, &wg)
	}
	ends(t, "the tasks", wg.Wait)
}

// A task that was given to a worker stays there, also where the tasks around it are stolen.
func TestBoundTaskNeverLeavesItsWorker(t *testing.T) {
	realPoller(t)
	rt := startRuntime(t, executor.Options{})
	var wg sync.WaitGroup
	for i := range rt.Workers() {
		commute(t, rt, rt.On(i), i, &wg)
	}
	ends(t, "the tasks", wg.Wait)
}

func TestSpawnsOnAWorkerRunThere(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	direct := func(co *coro.Co) (int, error) {
		err := coro.Sleep(co, time.Microsecond)
		id, _ := executor.WorkerID(co)
		return id, err
	}
	poll := func() core.Future[int] {
		return future.Func(func(cx *core.Context) (int, bool) {
			id, _ := executor.WorkerID(cx)
			return id, true
		})
	}
	for i := range rt.Workers() {
		starts := map[string]func() joinhandle.JoinHandle[int]{
			"Spawn, On":              func() joinhandle.JoinHandle[int] { return executor.Spawn(rt.On(i), poll()) },
			"Go, On":                 func() joinhandle.JoinHandle[int] { return executor.Go(rt.On(i), direct) },
			"Spawn of On":            func() joinhandle.JoinHandle[int] { return executor.Spawn(rt.On(i), poll()) },
			"Go of a named On":       func() joinhandle.JoinHandle[int] { return executor.Go(executor.Named(rt.On(i), "x"), direct) },
			"Go from another worker": func() joinhandle.JoinHandle[int] { return executor.Go(onOther{t, rt, i}, direct) },
		}
		for name, start := range starts {
			t.Run(fmt.Sprint(name, "/", i), func(t *testing.T) {
				if id := joinOK(t, start()); id != i {
					t.Errorf("it ran on worker %d", id)
				}
			})
		}
	}
}

// onOther spawns on worker i from within a task of the next one.
type onOther struct {
	t  testing.TB
	rt *executor.Runtime
	i  int
}

func (o onOther) Spawn(r core.Task) (err error) {
	joinOK(o.t, executor.Go(o.rt.On((o.i+1)%o.rt.Workers()), func(*coro.Co) (int, error) {
		err = o.rt.On(o.i).Spawn(r)
		return 0, nil
	}))
	return err
}

// What a bound task spawns is not bound: where tasks stay it is on the same worker, and where they are
// stolen the others take it; all but one, for a task that is alone is not stolen.
func TestChildrenOfABoundTask(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	const children = 20
	stay := !modetest.Stealing() || rt.Workers() == 1
	for home := range rt.Workers() {
		t.Run(fmt.Sprint("worker ", home), func(t *testing.T) {
			var elsewhere atomic.Int64
			joinOK(t, executor.Go(rt.On(home), func(co *coro.Co) (int, error) {
				var handles []joinhandle.JoinHandle[int]
				for i := range children {
					polls := 0
					handles = append(handles, executor.Spawn(co, future.Func(func(cx *core.Context) (int, bool) {
						if id, _ := executor.WorkerID(cx); id != home {
							elsewhere.Add(1)
							return 0, true
						}
						polls++
						cx.Yield()
						return 0, stay && polls == i+1 || !stay && elsewhere.Load() >= children-1
					})))
				}
				for _, h := range handles { // the worker is never idle
					for !h.Finished() {
						if err := co.Yield(); err != nil {
							return 0, err
						}
					}
				}
				return 0, nil
			}))
			if n := elsewhere.Load(); stay && n != 0 || !stay && n < children-1 {
				t.Errorf("%d of %d children ran elsewhere than their parent", n, children)
			}
		})
	}
}

func TestWorkerThatDoesNotExist(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	for _, i := range []int{-1, rt.Workers(), math.MaxInt} {
		for name, call := range map[string]func(){
			"On":        func() { rt.On(i) },
			"Spawn, On": func() { executor.Spawn(rt.On(i), future.Ready(0)) },
			"Go, On":    func() { executor.Go(rt.On(i), func(*coro.Co) (int, error) { return 0, nil }) },
		} {
			want := fmt.Sprintf("executor: worker %d of a runtime with %d workers", i, rt.Workers())
			if v := panicOf(call); v != want {
				t.Errorf("%s(%d) panicked with %v, want %q", name, i, v, want)
			}
		}
	}
	alive(t, rt)
}

func TestGoEachRunsOnceOnEachWorker(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	busy := executor.Spawn(rt, future.Func(func(cx *core.Context) (int, bool) { cx.Yield(); return 0, false }))
	defer busy.Abort()
	for range 20 {
		runs := make([]atomic.Int64, rt.Workers())
		handles := executor.GoEach(rt, func(co *coro.Co, worker int) (int, error) {
			runs[worker].Add(1)
			for range 3 { // it is bound
				if id, ok := executor.WorkerID(co); id != worker || !ok {
					t.Errorf("the task of worker %d is on %d", worker, id)
				}
				if err := co.Yield(); err != nil {
					return 0, err
				}
			}
			return 10 * worker, nil
		})
		if len(handles) != rt.Workers() {
			t.Fatalf("%d handles for %d workers", len(handles), rt.Workers())
		}
		for i, h := range handles {
			if v := joinOK(t, h); v != 10*i || runs[i].Load() != 1 {
				t.Errorf("handle %d returned %d; worker %d ran it %d times", i, v, i, runs[i].Load())
			}
		}
	}
	if v := panicOf(func() { executor.GoEach[int](rt, nil) }); v != "executor: GoEach of a nil body" {
		t.Errorf("a GoEach of nothing panicked with %v", v)
	}
	closeRuntime(t, rt)
	for _, h := range executor.GoEach(rt, func(*coro.Co, int) (int, error) { return 0, nil }) {
		if _, err := join(t, h); !errors.Is(err, core.ErrShutdown) {
			t.Errorf("after Close a join returned %v", err)
		}
	}
}
