package executor

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/internal/drain"
	"github.com/moduvex/moduvex-go/executor/internal/runq"
)

// A Runtime runs tasks. It is made by [New], and whoever made it calls [Runtime.Shutdown] or
// [Runtime.Close], once. All methods may be called from any goroutine unless they say otherwise.
type Runtime struct {
	opts     Options
	epoch    time.Time
	workers  []*worker
	shared   *runq.Shared // nil where workers do not steal
	blocking *blockingPool
	watchdog *watchdog

	// sets hold the tasks that have not ended. Worker i has two: sets[i] for those spawned on it, and
	// sets[len(workers)+i] for those spawned from outside. Their number is a power of two.
	sets []liveSet
	next atomic.Uint64 // whose turn it is to get a task from outside; written by those who bring one

	_       [64]byte
	goSched goScheduler
	_       [64]byte

	phase       atomic.Uint32 // a phase: see phase.go
	lateSpawns  atomic.Uint64 // tasks that other tasks have spawned while the runtime ends: see phase.go
	cleanUps    cleanUps
	strayPanics atomic.Uint64 // panics that are no task's: see panics.go
	drains      *drain.Group  // what is woken when the drain begins
	draining    chan struct{} // closed when Shutdown or Close begins
	empty       chan struct{} // closed when the runtime ends and no task is left
	emptyOnce   sync.Once
	stopped     sync.WaitGroup // workers that may still poll
	killing     sync.Mutex     // the right to give up tasks; taken when none is polled any more
	killed      sync.WaitGroup // workers whose tasks have not all been given up
	closed      chan struct{}  // closed when everything is gone
}

// New makes a runtime and starts its workers. A wrong option is answered with an [*OptionError], and a call in a
// bubble of testing/synctest with [ErrBubble]; otherwise the error is that of making a poller.
func New(opts Options) (*Runtime, error) {
	if inBubble() {
		return nil, ErrBubble
	}
	return newAt(time.Now(), opts)
}

// newAt is New with the epoch of the runtime's clock, which has a monotonic reading.
func newAt(epoch time.Time, opts Options) (*Runtime, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	for opts.Seed == 0 {
		opts.Seed = rand.Uint64()
	}
	rt := &Runtime{
		opts:     opts,
		epoch:    epoch,
		blocking: newBlockingPool(opts),
		sets:     make([]liveSet, 1<<bits.Len(uint(2*opts.Workers-1))),
		drains:   drain.NewGroup(opts.Workers),
		draining: make(chan struct{}),
		empty:    make(chan struct{}),
		closed:   make(chan struct{}),
	}
	rt.goSched.init()
	if opts.Scheduling == WorkStealing {
		var clock func() time.Duration
		if opts.Instrument {
			clock = rt.now
		}
		rt.shared = runq.NewShared(opts.Workers, func(i int) { rt.workers[i].unpark() }, clock)
	}
	for id := range opts.Workers {
		w, err := newWorker(rt, id)
		if err != nil {
			for _, w := range rt.workers {
				w.release()
			}
			return nil, err
		}
		rt.workers = append(rt.workers, w)
	}
	if err := rt.start(); err != nil {
		return nil, err
	}
	return rt, nil
}

// start starts the workers. If one cannot have the processor it is to have, all end again.
func (rt *Runtime) start() error {
	rt.watchdog = startWatchdog(rt, rt.opts.LongPollThreshold)
	rt.stopped.Add(len(rt.workers))
	rt.killed.Add(len(rt.workers))
	settled := make(chan error, len(rt.workers))
	for _, w := range rt.workers {
		go w.start(settled)
	}
	var err error
	for range rt.workers {
		if e := <-settled; err == nil {
			err = e
		}
	}
	if err != nil {
		_ = rt.closeNow()
	}
	return err
}

// assertMade panics if New has not made rt.
func (rt *Runtime) assertMade() {
	if rt == nil || rt.closed == nil {
		panic("executor: the Runtime is nil or zero: New makes one")
	}
}

// Workers returns how many workers there are. Any goroutine.
func (rt *Runtime) Workers() int {
	rt.assertMade()
	return len(rt.workers)
}

// Spawn schedules r, which must be a *task.Task. Package functions Spawn and Go are the convenient
// way. Workers get such tasks in turns; where workers steal, whichever is free takes it. It returns
// core.ErrShutdown once Shutdown or Close has been called, also to a task: while the runtime drains, tasks
// spawn through their own Context or Co. A task that is accepted in the instant before may still be dropped
// by Close, and its join says so.
func (rt *Runtime) Spawn(r core.Task) error {
	rt.assertMade()
	w := rt.workers[0]
	if n := uint64(len(rt.workers)); n > 1 {
		w = rt.workers[rt.next.Add(1)%n]
	}
	return w.adopt(asTask(r), w.unbound, origin{})
}

// On returns a spawner for worker number i, of 0 to Workers()-1; it panics for others. It may be used
// from anywhere, and refuses as [Runtime.Spawn] does; a task that has to go on while the runtime drains
// uses the function [On]. Its tasks are bound to the worker: they stay there even where others are stolen.
// What they spawn through their own context is not bound.
func (rt *Runtime) On(i int) core.Spawner {
	rt.assertMade()
	return onWorker{rt.worker(i)}
}

// On is [Runtime.On] for a task: s is its *core.Context or *coro.Co, and the spawner is for worker number i of
// the task's runtime. It may be used as long as s may, and accepts tasks as s does, so also while the runtime
// drains. On panics if s is of no task of a runtime of this package, or if there is no worker i.
func On(s core.Spawner, i int) core.Spawner {
	w := workerOf(s)
	if w == nil {
		panic(fmt.Sprintf("executor: On with a %T that is of no task of a runtime", s))
	}
	return taskOnWorker{w.rt.worker(i), s}
}

func (rt *Runtime) worker(i int) *worker {
	if i < 0 || i >= len(rt.workers) {
		panic(fmt.Sprintf("executor: On(%d) of a runtime with %d workers", i, len(rt.workers)))
	}
	return rt.workers[i]
}

// An onWorker is a pointer alone, so that it becomes a Spawner without an allocation.
type onWorker struct{ w *worker }

func (s onWorker) Spawn(r core.Task) error { return s.w.adopt(asTask(r), &s.w.home, origin{}) }

// A taskOnWorker is an onWorker for a task.
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

func (rt *Runtime) now() time.Duration { return time.Since(rt.epoch) }

// insideTask reports whether the caller is inside a task, or in other code that runs on a worker, such as a hook.
// It is for calls that would block the worker for ever; a microsecond does not matter to them.
func insideTask() bool { return coro.Inside(coro.FuncOf((*worker).run)) }
