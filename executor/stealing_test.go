package executor_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/internal/runq"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// pull makes worker i poll the task of k, which waits. A task that is woken on a worker goes into that
// worker's slot, which thieves do not see.
func pull(t testing.TB, rt *executor.Runtime, i int, k core.Waker) {
	t.Helper()
	joinOK(t, executor.Spawn(rt.On(i), future.Func(func(cx *core.Context) (int, bool) {
		cx.Wake(k)
		return 0, true
	})))
	joinOK(t, executor.Spawn(rt.On(i), future.Ready(0))) // polled after it
}

// holdAllBut occupies the workers of rt but for number i. The test calls release.
func holdAllBut(t testing.TB, rt *executor.Runtime, i int) (release func()) {
	t.Helper()
	held, end := make(chan struct{}), make(chan struct{})
	release = sync.OnceFunc(func() { close(end) })
	t.Cleanup(release)
	for other := range rt.Workers() {
		if other == i {
			continue
		}
		executor.Spawn(rt.On(other), future.Func(func(*core.Context) (int, bool) {
			held <- struct{}{}
			<-end
			return 0, true
		}))
		receive(t, "a worker takes its task", held)
	}
	return release
}

// A tracked future knows which workers have polled it, and its task.
type tracked struct {
	core.Future[int]
	mu    sync.Mutex
	at    []int // the worker of each poll
	waker core.Waker
	drops atomic.Int64
}

func (f *tracked) Poll(cx *core.Context) (int, bool) {
	id, _ := executor.WorkerID(cx)
	f.mu.Lock()
	f.at, f.waker = append(f.at, id), cx.Waker()
	f.mu.Unlock()
	return f.Future.Poll(cx)
}

func (f *tracked) Drop() {
	f.drops.Add(1)
	core.Drop(f.Future)
}

func (f *tracked) last() (worker, polls int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.at) == 0 {
		return -1, 0
	}
	return f.at[len(f.at)-1], len(f.at)
}

// settles waits until f was polled, and its task waits.
func (f *tracked) settles(t testing.TB, rt *executor.Runtime) core.Waker {
	t.Helper()
	eventually(t, "the future is polled", func() bool { _, n := f.last(); return n > 0 })
	settled(t, rt)
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.waker
}

// Regression: the workers' queues were not those that were stolen from, and single tasks were never
// stolen: what one task spawned ran on its worker, one after the other.
func TestTasksOfABusyRootAreRunByOthers(t *testing.T) {
	for _, spawns := range []int{2, 100, 3000} { // 3000 fit neither the ring nor the queue behind it
		t.Run(fmt.Sprint(spawns), func(t *testing.T) {
			rt := tasksMove(t, executor.Options{})
			var elsewhere atomic.Int64
			home := spawns % rt.Workers()
			joinOK(t, executor.Go(rt.On(home), func(co *coro.Co) (int, error) {
				var handles []joinhandle.JoinHandle[int]
				for range spawns {
					handles = append(handles, executor.Spawn(co, future.Func(func(cx *core.Context) (int, bool) {
						if id, _ := executor.WorkerID(cx); id != home {
							elsewhere.Add(1)
						}
						cx.Yield()
						return 0, elsewhere.Load() != 0
					})))
				}
				for _, h := range handles { // and does not stop being busy
					for !h.Finished() {
						if err := co.Yield(); err != nil {
							return 0, err
						}
					}
				}
				return 0, nil
			}))
			if spawns < 3000 { // of so many, all that went elsewhere may have come by way of the injector
				eventually(t, "the theft is counted", func() bool { return rt.Stats().Stolen > 0 })
			}
		})
	}
}

// Tasks that depend on each other's progress, more than a worker could run alone, are spread over all.
func TestWorkIsSpreadOverAllWorkers(t *testing.T) {
	rt := tasksMove(t, executor.Options{})
	n := rt.Workers()
	var meeting sync.WaitGroup
	meeting.Add(n)
	var handles []joinhandle.JoinHandle[int]
	joinOK(t, executor.Spawn(rt, future.Func(func(cx *core.Context) (int, bool) {
		for range n { // each holds its worker until all others do
			handles = append(handles, executor.Spawn(cx, future.Func(func(cx *core.Context) (int, bool) {
				meeting.Done()
				meeting.Wait()
				id, _ := executor.WorkerID(cx)
				return id, true
			})))
		}
		return 0, true
	})))
	var ids []int
	for _, h := range handles {
		ids = append(ids, joinOK(t, h))
	}
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) != n {
		t.Errorf("they ran on the workers %v of %d", ids, n)
	}
}

// moving are the ways to wait for which a task needs its worker, or another goroutine.
var moving = map[string]func(t *testing.T, rt *executor.Runtime) waiting{
	"a socket": func(t *testing.T, _ *executor.Runtime) waiting {
		a, b := socketPair(t)
		return waiting{&reader{stream: a}, func() { b.Write([]byte{7}) }, 7}
	},
	"a join": func(_ *testing.T, rt *executor.Runtime) waiting {
		g := &gate{}
		h := executor.Spawn[int](rt, g)
		return waiting{future.Map(h, func(r core.Result[int]) int { return r.Value + 8 }), g.Open, 8}
	},
	"a timer": func(*testing.T, *executor.Runtime) waiting {
		f := &resettable{}
		f.Reset(time.Hour)
		return waiting{f, f.early.Open, 9}
	},
}

// Each task wakes the next, which goes into the slot, out of sight of thieves, as often as the slot may be
// used in a row. The one after that goes behind what was in the queue before it.
func TestSlotIsUsedABoundedNumberOfTimesInARow(t *testing.T) {
	rt := tasksMove(t, executor.Options{})
	for home := range rt.Workers() {
		release := holdAllBut(t, rt, home)
		var order []string // written on that worker
		gates := make([]*gate, runq.MaxRuns+2)
		var handles []joinhandle.JoinHandle[int]
		wakeNext := func(cx *core.Context, i int) {
			g := gates[i]
			g.mu.Lock()
			g.open = true
			k := g.waker
			g.mu.Unlock()
			cx.Wake(k)
		}
		for i := range gates {
			gates[i] = &gate{}
			handles = append(handles, executor.Spawn(rt, future.Func(func(cx *core.Context) (int, bool) {
				if _, open := gates[i].Poll(cx); !open {
					return 0, false
				}
				order = append(order, fmt.Sprint("slot ", i))
				if i+1 < len(gates) {
					wakeNext(cx, i+1)
				}
				return 0, true
			})))
			gates[i].polled(t, 1)
		}
		joinOK(t, executor.Spawn(rt.On(home), future.Func(func(cx *core.Context) (int, bool) {
			for i := range 3 {
				handles = append(handles, executor.Spawn(cx, future.Func(func(*core.Context) (int, bool) {
					order = append(order, fmt.Sprint("queue ", i))
					return 0, true
				})))
			}
			wakeNext(cx, 0)
			return 0, true
		})))
		for _, h := range handles {
			joinOK(t, h)
		}
		release()
		var want []string
		for i := range runq.MaxRuns {
			want = append(want, fmt.Sprint("slot ", i))
		}
		want = append(want, "queue 0", "queue 1", "queue 2", fmt.Sprint("slot ", runq.MaxRuns), fmt.Sprint("slot ", runq.MaxRuns+1))
		if !slices.Equal(order, want) {
			t.Errorf("worker %d polled %v, want %v", home, order, want)
		}
	}
}

// Regression: a worker that was chosen to search, and met the task in the injector before it searched,
// polled while it was counted as a searcher; so no other worker was woken until its poll was over.
func TestStealingWorkerThatPollsKeepsNobodyAsleep(t *testing.T) {
	if !modetest.First() {
		return
	}
	rt := startRuntime(t, executor.Options{Scheduling: executor.WorkStealing, Workers: 2, LongPollThreshold: -1})
	eventually(t, "all workers sleep", func() bool { return executor.Parked(rt) })
	began, second := make(chan struct{}), make(chan struct{})
	first := executor.Go(rt, func(*coro.Co) (bool, error) {
		close(began)
		select {
		case <-second:
			return true, nil
		case <-time.After(testTimeout / 2):
			return false, nil
		}
	})
	receive(t, "the first poll begins", began)
	executor.Go(rt, func(*coro.Co) (int, error) { close(second); return 0, nil })
	if ok, err := join(t, first); !ok || err != nil {
		t.Errorf("the second task did not run during the first poll (%v)", err)
	}
}
