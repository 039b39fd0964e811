package executor

import (
	"fmt"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// On returns a spawner for worker number i, of 0 to Workers()-1; it panics for other numbers. Its tasks are bound to
// the worker: they stay there even where others are stolen. Tasks that they spawn through their own context are not
// bound.
//
// Any goroutine may use the spawner, and it refuses tasks as [Runtime.Spawn] does; a task that must be able to spawn
// while the runtime drains uses the function [On].
func (rt *Runtime) On(i int) core.Spawner {
	rt.assertMade()
	return onWorker{rt.worker(i)}
}

// On is [Runtime.On] for a task: s is its *core.Context or *coro.Co, and the spawner is for worker number i of
// the task's runtime. The spawner is valid as long as s is, and accepts tasks as s does, so also while the runtime
// drains. On panics if s belongs to no task of a runtime of this package, or if there is no worker i.
func On(s core.Spawner, i int) core.Spawner {
	w := workerOf(s)
	if w == nil {
		panic(fmt.Sprintf("executor: On with a %T that is of no task of a runtime", s))
	}
	return taskOnWorker{w.rt.worker(i), s}
}

// GoEach starts body once on each worker of rt, as a task that is bound to the worker, and returns the handles
// in the order of the workers.
func GoEach[T any](rt *Runtime, body func(co *coro.Co, worker int) (T, error)) []joinhandle.JoinHandle[T] {
	if body == nil {
		panic("executor: GoEach of a nil body")
	}
	handles := make([]joinhandle.JoinHandle[T], rt.Workers())
	for i := range handles {
		onWorker := func(co *coro.Co) (T, error) { return body(co, i) }
		handles[i] = start("GoEach", rt.On(i), coro.NewCalling(body, onWorker))
	}
	return handles
}

func (rt *Runtime) worker(i int) *worker {
	if i < 0 || i >= len(rt.workers) {
		panic(fmt.Sprintf("executor: worker %d of a runtime with %d workers", i, len(rt.workers)))
	}
	return rt.workers[i]
}

// An onWorker is a pointer alone, so that it becomes a Spawner without an allocation.
type onWorker struct{ w *worker }

func (s onWorker) Spawn(r core.Task) error { return s.w.adopt(asTask(r), &s.w.home, origin{}) }

// A taskOnWorker is an onWorker that a task uses.
type taskOnWorker struct {
	w    *worker
	task core.Spawner // of the task that spawns; nil where the spawner is kept
}

// KeptSpawner is for core.Kept.
func (s taskOnWorker) KeptSpawner() core.Spawner { return taskOnWorker{w: s.w} }

func (s taskOnWorker) Spawn(r core.Task) error {
	from := origin{inside: true}
	if s.task != nil {
		from.worker = workerOf(s.task) // the task may have moved since
	}
	return s.w.adopt(asTask(r), &s.w.home, from)
}
