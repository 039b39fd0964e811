package executor_test

import (
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// What thieves see, and when they are woken for it.

// Regression: tasks that are bound to a worker woke sleepers at each poll, which found nothing to steal.
func TestBoundTasksWakeNobody(t *testing.T) {
	rt := tasksMove(t, executor.Options{})
	settled(t, rt)
	const tasks, yields = 4, 5000
	before := rt.Stats()
	var handles []joinhandle.JoinHandle[int]
	for range tasks {
		left := yields
		handles = append(handles, executor.Spawn(rt.On(0), future.Func(func(cx *core.Context) (int, bool) {
			left--
			cx.Yield()
			return 0, left < 0
		})))
	}
	for _, h := range handles {
		joinOK(t, h)
	}
	settled(t, rt)
	after := rt.Stats()
	// Worker 0 was woken for the spawns, and no other worker.
	if n := after.Notifies - before.Notifies; n > tasks {
		t.Errorf("%d tasks that are bound cost %d notifies in %d polls", tasks, n, after.Polls-before.Polls)
	}
}

// Regression: a worker polled the task from its slot without a look whether other workers had become idle, and its
// private tasks stayed hidden for that poll.
func TestTasksBehindTheSlotAreShown(t *testing.T) {
	rt := tasksMove(t, executor.Options{})
	const many = 100 // more than the reserve of a worker while no other is idle
	release := holdAllBut(t, rt, 0)
	var elsewhere atomic.Int64
	slot := &gate{}
	inSlot := executor.Spawn(rt, future.Func(func(cx *core.Context) (int, bool) {
		if _, open := slot.Poll(cx); !open {
			return 0, false
		}
		eventually(t, "the others are stolen while this is polled", func() bool { return elsewhere.Load() == many })
		return 0, true
	}))
	slot.polled(t, 1)
	joinOK(t, executor.Spawn(rt.On(0), future.Func(func(cx *core.Context) (int, bool) {
		for range many {
			executor.Spawn(cx, future.Func(func(cx *core.Context) (int, bool) {
				if id, _ := executor.WorkerID(cx); id == 0 {
					cx.Yield()
					return 0, false
				}
				elsewhere.Add(1)
				return 0, true
			}))
		}
		slot.mu.Lock()
		slot.open = true
		k := slot.waker
		slot.mu.Unlock()
		cx.Wake(k)
		release()
		eventually(t, "the others sleep", func() bool { return executor.Asleep(rt) == rt.Workers()-1 })
		return 0, true
	})))
	joinOK(t, inSlot)
	eventually(t, "all end", func() bool { return rt.Stats().Live == 0 })
}

// Regression: New inside a task could not close what it had started.
func TestNewThatFailsInsideATaskLeavesNothing(t *testing.T) {
	if !modetest.First() || !executor.CanBind {
		return
	}
	rt := startRuntime(t, executor.Options{})
	inTask(t, rt, func(*core.Context) {
		before := openFDs()
		for range 5 {
			_, err := executor.New(executor.Options{Workers: 2, LockOSThread: true, Affinity: func(int) []int { return []int{-1} }})
			if err == nil {
				t.Error("a processor that does not exist")
			}
		}
		if n := openFDs(); n != before {
			t.Errorf("%d descriptors were open before, %d are after", before, n)
		}
	}) // goroutines are goleak's
}

// Regression: a worker took the next few tasks out of sight while no other was idle, and a long poll hid them until its
// end, although other workers were idle by then.
func TestFewTasksAreSeenWhileOneOfThemIsPolled(t *testing.T) {
	rt := tasksMove(t, executor.Options{})
	const few = 5
	release := holdAllBut(t, rt, 0)
	var begun, elsewhere atomic.Int64
	joinOK(t, executor.Spawn(rt.On(0), future.Func(func(cx *core.Context) (int, bool) {
		for range few {
			executor.Spawn(cx, future.Func(func(*core.Context) (int, bool) {
				if begun.Add(1) > 1 {
					elsewhere.Add(1)
					return 0, true
				}
				release()
				eventually(t, "the others are stolen while this is polled", func() bool { return elsewhere.Load() == few-1 })
				return 0, true
			}))
		}
		return 0, true
	})))
	eventually(t, "all end", func() bool { return rt.Stats().Live == 0 })
}
