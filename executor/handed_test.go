package executor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// Bodies that hand the worker on keep the labels that each of them has set, and one that begins on the coroutine of
// another has those of the worker.
func TestABodyKeepsItsLabelsWhileItsWorkerIsHandedOn(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	const bodies, turns = 4, 3
	var asking sync.Mutex // the bodies may be on several workers
	labels := func() string {
		asking.Lock()
		defer asking.Unlock()
		return labelsHere()
	}
	c := counted(t, rt, func() {
		for range 2 { // the second time on the coroutines of the first
			var begun atomic.Int64
			together(t, rt, bodies, func(co *coro.Co) (err error) {
				i := begun.Add(1)
				own := fmt.Sprintf(`"request":"%d"`, i)
				if have := labels(); !ofWorker.MatchString(have) {
					t.Errorf("a body begins with %s", have)
				}
				pprof.Do(context.Background(), pprof.Labels("request", fmt.Sprint(i)), func(context.Context) {
					for range turns {
						if err = co.Yield(); err != nil {
							return
						}
						if have := labels(); !strings.Contains(have, own) {
							t.Errorf("the body with %s has %s", own, have)
						}
					}
				})
				mark() // and leaves it behind
				return err
			})
		}
	})
	if c.HandedOn == 0 {
		t.Error("no body has handed the worker on")
	}
}

// The watchdog finds the stack of the body that holds the worker, although the worker's goroutine polls another one.
func TestALongPollThatACoroutineHasBegunHasItsStack(t *testing.T) {
	for _, first := range []bool{false, true} { // the long poll is the first one of its task, or a later one
		reports := make(chan executor.LongPoll, 100)
		rt := startRuntime(t, executor.Options{
			LongPollThreshold: shortLimit,
			OnLongPoll:        func(p executor.LongPoll) { reports <- p },
		})
		release := make(chan struct{})
		var slow joinhandle.JoinHandle[int]
		before := rt.Stats().HandedOn
		other := executor.Go(rt.On(0), func(co *coro.Co) (int, error) {
			slow = executor.Go(executor.Named(executor.On(co, 0), "slow"), func(co *coro.Co) (int, error) {
				if !first {
					if err := co.Yield(); err != nil {
						return 0, err
					}
				}
				culprit(release)
				return 0, nil
			})
			return 0, yields(3)(co)
		})
		var p executor.LongPoll
		for p = receive(t, "OnLongPoll", reports); p.Task.Name != "slow"; p = receive(t, "OnLongPoll", reports) {
		}
		if !bytes.Contains(p.Stack, []byte("executor_test.culprit")) {
			t.Errorf("the stack does not name the function:\n%s", p.Stack)
		}
		close(release)
		joinOK(t, other)
		if p.Task.ID != slow.ID() {
			t.Errorf("the report is of %v", p.Task)
		}
		joinOK(t, slow)
		settled(t, rt)
		if rt.Stats().HandedOn == before {
			t.Error("no body has handed the worker on")
		}
	}
}

// What a failed await drops exits its goroutine, or panics, in the middle of others that hand the worker on.
func TestADropThatFailsWhileTheWorkerIsHandedOnEndsItsTaskOnly(t *testing.T) {
	for name, test := range map[string]struct {
		inDrop func()
		ok     func(err error) bool
	}{
		"exits":  {runtime.Goexit, func(err error) bool { return errors.Is(err, core.ErrGoexit) }},
		"panics": {explode, func(err error) bool { var je *joinhandle.JoinError; return errors.As(err, &je) && je.Panicked() }},
	} {
		rt := startRuntime(t, executor.Options{IdleCoroutines: 2, OnPanic: func(executor.TaskInfo, *task.PanicError) {}})
		var handles []joinhandle.JoinHandle[int]
		gates := make([]gate, 8)
		for i := range gates {
			gates[i].inDrop = test.inDrop
			handles = append(handles, executor.Go(rt.On(0), func(co *coro.Co) (int, error) {
				if err := yields(i)(co); err != nil {
					return 0, err
				}
				return coro.Await[int](co, &gates[i])
			}))
			gates[i].polled(t, 1)
		}
		others := executor.Go(rt.On(0), func(co *coro.Co) (int, error) {
			for i := range handles {
				handles[i].Abort()
				if i%3 == 0 {
					co.Yield()
				}
			}
			return 7, co.Yield()
		})
		if v := joinOK(t, others); v != 7 {
			t.Errorf("%s: another body returned %d", name, v)
		}
		for i, h := range handles {
			if _, err := join(t, h); !test.ok(err) {
				t.Errorf("%s: the join returned %v", name, err)
			}
			gates[i].droppedOnce(t)
		}
		alive(t, rt)
	}
}

// Bodies that wait spawn others while they are dropped by Close: these are refused, and never begin.
func TestSpawnsOfBodiesThatAreDroppedAreRefused(t *testing.T) {
	before := runtime.NumGoroutine()
	rt := makeRuntime(t, executor.Options{IdleCoroutines: 1})
	const bodies = 50
	var unwound, begun atomic.Int64
	refused := make([]joinhandle.JoinHandle[int], bodies)
	var waits atomic.Int64
	for i := range bodies {
		executor.Go(rt, func(co *coro.Co) (int, error) {
			defer unwound.Add(1)
			defer func() {
				refused[i] = executor.Go(co, func(*coro.Co) (int, error) { begun.Add(1); return 0, nil })
				if i%3 == 0 {
					runtime.Goexit()
				}
			}()
			if err := yields(i % 7)(co); err != nil {
				return 0, err
			}
			waits.Add(1)
			return coro.Await[int](co, &gate{})
		})
	}
	eventually(t, "the bodies wait", func() bool { return waits.Load() == bodies })
	closeRuntime(t, rt)
	for _, h := range refused {
		if _, err := join(t, h); !errors.Is(err, core.ErrShutdown) {
			t.Errorf("the join of a task that was spawned in a drop returned %v", err)
		}
	}
	if unwound.Load() != bodies || begun.Load() != 0 {
		t.Errorf("%d bodies were unwound, %d have begun", unwound.Load(), begun.Load())
	}
	eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before })
}
