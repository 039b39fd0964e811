package executor

import (
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

// A Runtime runs tasks. [New] makes it, and the caller of New owes it one call of [Runtime.Shutdown] or
// [Runtime.Close]. All methods may be called from any goroutine unless they say otherwise. Those of a zero Runtime panic.
type Runtime struct {
	opts     Options
	epoch    time.Time
	workers  []*worker
	detailed bool         // tasks are described when they are spawned: see describe
	shared   *runq.Shared // nil where workers do not steal
	surplus  coro.Surplus // used where workers steal
	blocking *blockingPool
	watchdog *watchdog

	// sets hold the tasks that have not ended. Worker i has two: sets[i] for those spawned on it, and
	// sets[len(workers)+i] for those spawned from outside. Their number is a power of two.
	sets []liveSet
	next atomic.Uint64 // the worker that gets the next task from outside; any goroutine

	_        [64]byte
	goSched  goScheduler
	_        [64]byte
	spinners spinners
	_        [64]byte

	phase       atomic.Uint32 // a phase: see phase.go
	lateSpawns  atomic.Uint64 // tasks that other tasks have spawned while the runtime ends: see phase
	cleanUps    cleanUps
	strayPanics atomic.Uint64 // panics outside of tasks: see panics.go
	drains      *drain.Group  // the hooks that run when the drain begins
	draining    chan struct{} // closed when Shutdown or Close begins
	empty       chan struct{} // closed when the runtime ends and no task is left
	emptyOnce   sync.Once
	stopped     sync.WaitGroup // workers that may still poll
	killing     sync.Mutex     // held by the worker that kills its tasks; no task is polled by then
	killed      sync.WaitGroup // workers whose tasks have not all been killed
	closed      chan struct{}  // closed when the runtime has ended

	locals   atomic.Pointer[[]runtimeLocal] // stored under localsMu, read by any goroutine: see RuntimeLocal
	localsMu sync.Mutex
}

// New makes a runtime and starts its workers. The error is an [*OptionError] if an option is wrong, [ErrBubble] in a
// bubble of testing/synctest, and otherwise that of making a poller or of binding a worker to its processors.
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
		detailed: opts.Instrument || opts.Profile,
		blocking: newBlockingPool(opts),
		sets:     make([]liveSet, 1<<bits.Len(uint(2*opts.Workers-1))),
		drains:   drain.NewGroup(opts.Workers),
		draining: make(chan struct{}),
		empty:    make(chan struct{}),
		closed:   make(chan struct{}),
	}
	rt.goSched.init()
	if rt.goSched.known && opts.SpinBeforePark > 0 {
		rt.spinners.limit = int32(opts.Workers / 2)
	}
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

// start starts the workers. If one cannot be bound to its processors, all end again.
func (rt *Runtime) start() error {
	rt.watchdog = startWatchdog(rt, rt.opts.LongPollThreshold)
	rt.stopped.Add(len(rt.workers))
	rt.killed.Add(len(rt.workers))
	live.add(rt)
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

// Spawn schedules r, which must be a *task.Task. It makes a Runtime a core.Spawner; programs call the functions
// [Spawn], [Go] and [Do] instead. The workers get such tasks round-robin; where they steal, any free worker takes it.
//
// Once Shutdown or Close has been called Spawn returns core.ErrShutdown, also to a task: while the runtime drains,
// tasks spawn through their own Context or Co. A task that was accepted in the instant before may still be dropped by
// Close, and its join says so.
func (rt *Runtime) Spawn(r core.Task) error {
	rt.assertMade()
	w := rt.workers[0]
	if n := uint64(len(rt.workers)); n > 1 {
		w = rt.workers[rt.next.Add(1)%n]
	}
	return w.adopt(asTask(r), w.unbound, origin{})
}

func (rt *Runtime) now() time.Duration { return time.Since(rt.epoch) }
