package executor_test

import (
	"errors"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// The ways in which a task spawns.
var insideSpawns = map[string]func(s core.Spawner) core.Spawner{
	"its context":          func(s core.Spawner) core.Spawner { return s },
	"its context, named":   func(s core.Spawner) core.Spawner { return executor.Named(s, "child") },
	"on the first worker":  func(s core.Spawner) core.Spawner { return executor.On(s, 0) },
	"a host that was kept": func(s core.Spawner) core.Spawner { return core.Kept(s) },
	"on a worker, kept":    func(s core.Spawner) core.Spawner { return core.Kept(executor.On(s, 0)) },
	"there, named":         func(s core.Spawner) core.Spawner { return executor.On(executor.Named(s, "x"), 0) },
}

// Regression: from the moment Shutdown began, tasks could not spawn, and Shutdown returned nil all the same.
func TestTasksSpawnWhileTheRuntimeDrains(t *testing.T) {
	for name, spawner := range insideSpawns {
		t.Run(name, func(t *testing.T) {
			rt := startRuntime(t, executor.Options{})
			var gates []*gate
			var handles []joinhandle.JoinHandle[int]
			for _, outer := range styles {
				for _, inner := range styles {
					g := &gate{}
					gates = append(gates, g)
					handles = append(handles, executor.Go(rt, func(co *coro.Co) (int, error) {
						if _, err := coro.Await[int](co, g); err != nil {
							return 0, err
						}
						var child joinhandle.JoinHandle[int]
						_, err := outer.do(spawner(co), func(s core.Spawner) {
							child = inner.do(spawner(s), func(core.Spawner) {})
						}).Join(co)
						if err != nil {
							return 0, err
						}
						return child.Join(co)
					}))
					g.polled(t, 1)
				}
			}
			result := shutdown(within(t), rt)
			receive(t, "the drain begins", rt.Draining())
			if err := rt.On(0).Spawn(&task.New(future.Ready(0)).Task); err != core.ErrShutdown {
				t.Errorf("On returned %v from outside", err)
			}
			for _, g := range gates {
				g.Open()
			}
			for _, h := range handles {
				joinOK(t, h)
			}
			if err := receive(t, "Shutdown", result); err != nil {
				t.Errorf("Shutdown returned %v", err)
			}
			if s := rt.Stats(); s.Cancelled != 0 || s.Spawned != s.Completed || s.Completed != uint64(3*len(handles)) {
				t.Errorf("the statistics are %+v", s.Counters)
			}
		})
	}
}

// What structured code and the blocking pool need to go on.
func TestScopesAndBlockingFunctionsGoOnWhileTheRuntimeDrains(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	g := &gate{}
	h := executor.Go(rt, func(co *coro.Co) (n int, err error) {
		if _, err := coro.Await[int](co, g); err != nil {
			return 0, err
		}
		err = coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
			return s.Do(co, func(co *coro.Co) error { n++; return co.Yield() })
		})
		if err != nil {
			return 0, err
		}
		set := joinhandle.NewJoinSet[int](co)
		set.Go(func(co *coro.Co) (int, error) { return 10, coro.Sleep(co, time.Millisecond) })
		j, err := set.Join(co)
		if err = errors.Join(err, j.Err); err != nil {
			return 0, err
		}
		m, err := executor.Blocking(co, func() (int, error) { return 100, nil })
		return n + j.Value + m, err
	})
	g.polled(t, 1)
	result := shutdown(within(t), rt)
	refusing(t, rt)
	g.Open()
	if n := joinOK(t, h); n != 111 {
		t.Errorf("have %d, want 111", n)
	}
	if err := receive(t, "Shutdown", result); err != nil {
		t.Errorf("Shutdown returned %v", err)
	}
}

// A task that ends and leaves its work to a new one, on the next worker: at no instant is there none, though
// at most instants one of the sets has just become empty.
func TestTheDrainWaitsForTheLastOfAChain(t *testing.T) {
	for range 20 {
		rt := startRuntime(t, executor.Options{})
		left := 500
		ended := make(chan int, 1)
		g := &gate{}
		var link func(cx *core.Context) (int, bool)
		link = func(cx *core.Context) (int, bool) {
			if left--; left == 0 {
				ended <- left
				return 0, true
			}
			id, _ := executor.WorkerID(cx)
			s := core.Spawner(cx)
			if left%2 == 0 {
				s = executor.On(cx, (id+1)%rt.Workers())
			}
			executor.Spawn(s, future.Func(link))
			return 0, true
		}
		executor.Spawn(rt, future.Func(func(cx *core.Context) (int, bool) {
			if _, open := g.Poll(cx); !open {
				return 0, false
			}
			return link(cx)
		}))
		g.polled(t, 1)
		result := shutdown(within(t), rt)
		refusing(t, rt)
		g.Open()
		if err := receive(t, "Shutdown", result); err != nil {
			t.Fatalf("Shutdown returned %v", err)
		}
		select {
		case <-ended:
		default:
			t.Fatalf("Shutdown returned with %d tasks of the chain to come", left)
		}
	}
}

func TestShieldedCleanUpSpawnsUntilItsGraceIsOver(t *testing.T) {
	rt := startRuntime(t, executor.Options{CleanupGrace: time.Hour})
	g := &gate{}
	sum := 0
	h := executor.Go(rt, func(co *coro.Co) (int, error) {
		defer coro.Shield(co, func(co *coro.Co) error {
			for name, spawner := range insideSpawns {
				// A child of the clean-up is not aborted, nor is a child of its.
				v, err := executor.Go(spawner(co), func(co *coro.Co) (int, error) {
					if err := coro.Sleep(co, time.Millisecond); err != nil {
						return 0, err
					}
					return executor.Go(spawner(co), func(co *coro.Co) (int, error) {
						return 1, coro.Sleep(co, time.Millisecond)
					}).Join(co)
				}).Join(co)
				if err != nil {
					t.Errorf("%s: the child ended with %v", name, err)
				}
				sum += v
			}
			return nil
		})
		return coro.Await[int](co, g)
	})
	g.polled(t, 1)
	if err := receive(t, "Shutdown", shutdown(ended(errEnough), rt)); !errors.Is(err, errEnough) {
		t.Errorf("Shutdown returned %v", err)
	}
	joinCancelled(t, h)
	if sum != len(insideSpawns) {
		t.Errorf("%d of %d grandchildren were waited for", sum, len(insideSpawns))
	}
}

// A future that is dropped has no await of its own: what it starts for the clean-up runs.
func TestWhatADropSpawnsAtAnAbortRuns(t *testing.T) {
	rt := startRuntime(t, executor.Options{CleanupGrace: time.Hour})
	var children []joinhandle.JoinHandle[int]
	f := &spawnsInDrop{spawn: func(s core.Spawner) {
		for range 3 {
			children = append(children, executor.Go(s, func(co *coro.Co) (int, error) {
				return 1, coro.Sleep(co, time.Millisecond)
			}))
		}
	}}
	h := executor.Spawn[int](rt.On(0), f)
	joinOK(t, executor.Spawn(rt.On(0), future.Ready(0))) // so h was polled
	if err := receive(t, "Shutdown", shutdown(ended(errEnough), rt)); !errors.Is(err, errEnough) {
		t.Errorf("Shutdown returned %v", err)
	}
	joinCancelled(t, h)
	for _, c := range children {
		joinOK(t, c)
	}
	if len(children) != 3 {
		t.Errorf("%d children", len(children))
	}
}

// spawnsInDrop keeps its worker for Drop.
type spawnsInDrop struct {
	host  core.Host
	spawn func(s core.Spawner)
}

func (f *spawnsInDrop) Poll(cx *core.Context) (int, bool) {
	f.host = cx.Host()
	return 0, false
}

func (f *spawnsInDrop) Drop() { f.spawn(f.host) }

// Tasks that spawn their successor and end are at no instant all in one list. The grace is not theirs.
func TestAChainOfTasksEndsAtTheAbort(t *testing.T) {
	for _, s := range styles {
		t.Run(s.name, func(t *testing.T) {
			rt := startRuntime(t, executor.Options{CleanupGrace: time.Hour})
			begun := make(chan struct{}, 1)
			var link func(s core.Spawner)
			link = func(from core.Spawner) {
				select {
				case begun <- struct{}{}:
				default:
				}
				if co, ok := from.(*coro.Co); ok && co.Yield() != nil {
					return // else it would be clean-up that spawns
				}
				s.do(from, link)
			}
			for range 3 {
				s.do(rt, link)
			}
			receive(t, "the chain begins", begun)
			if err := receive(t, "Shutdown", shutdown(ended(errEnough), rt)); !errors.Is(err, errEnough) {
				t.Errorf("Shutdown returned %v", err)
			}
		})
	}
}

func TestSpawnsOfCleanUpAreRefusedWhenTheGraceIsOver(t *testing.T) {
	rt := startRuntime(t, executor.Options{CleanupGrace: -1})
	g := &gate{}
	var late error
	h := executor.Go(rt, func(co *coro.Co) (int, error) {
		s := executor.On(co, 0)
		defer func() {
			for _, s := range []core.Spawner{co, s} {
				r, ok := executor.Spawn(s, future.Ready(1)).TryJoin()
				if !ok {
					t.Error("a task was accepted by a runtime that closes")
				}
				late = errors.Join(late, r.Err)
			}
		}()
		return 0, coro.Shield(co, func(co *coro.Co) error {
			_, err := coro.Await[int](co, g)
			return err
		})
	})
	g.polled(t, 1)
	if err := receive(t, "Shutdown", shutdown(ended(errEnough), rt)); !errors.Is(err, errEnough) {
		t.Errorf("Shutdown returned %v", err)
	}
	joinCancelled(t, h)
	if !errors.Is(late, core.ErrShutdown) {
		t.Errorf("the late spawns returned %v", late)
	}
}

// Functions on the pool that never return do not hold Shutdown when the grace has passed with something else.
func TestShutdownEndsWhenItsGraceIsUsedUpAndAFunctionNeverReturns(t *testing.T) {
	rt := makeRuntime(t, executor.Options{CleanupGrace: time.Millisecond})
	release, begun := make(chan struct{}), make(chan struct{})
	defer close(release)
	blocked := executor.SpawnBlocking(rt, func() (int, error) { close(begun); <-release; return 0, nil })
	receive(t, "the function begins", begun)
	g := &gate{}
	h := executor.Go(rt, func(co *coro.Co) (int, error) {
		return 0, coro.Shield(co, func(co *coro.Co) error {
			_, err := coro.Await[int](co, g)
			return err
		})
	})
	g.polled(t, 1)
	var busy *executor.BusyError
	if err := receive(t, "Shutdown", shutdown(ended(errEnough), rt)); !errors.As(err, &busy) || busy.Blocking != 1 {
		t.Errorf("Shutdown returned %v, want a BusyError of one function", err)
	}
	joinCancelled(t, h)
	joinCancelled(t, blocked)
}

func TestOnOutsideARuntimePanics(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	if v := panicOf(func() { executor.On(rt, 0) }); v == nil {
		t.Error("On of a Runtime did not panic")
	}
	inTask(t, rt, func(cx *core.Context) {
		if v := panicOf(func() { executor.On(cx, rt.Workers()) }); v == nil {
			t.Error("On of a worker that there is not did not panic")
		}
	})
}

// A task that is spawned on a worker by On stays there, whether or not others steal.
func TestOnBindsToTheWorker(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	for i := range rt.Workers() {
		h := executor.Go(rt, func(co *coro.Co) (int, error) {
			return executor.Go(executor.On(co, i), func(co *coro.Co) (int, error) {
				id, _ := executor.WorkerID(co)
				return id, nil
			}).Join(co)
		})
		if id := joinOK(t, h); id != i {
			t.Errorf("the task was on worker %d, want %d", id, i)
		}
	}
}
