package executor

import (
	"context"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
)

// A Runtime runs tasks. It is made by [New], and whoever made it calls [Runtime.Shutdown] or
// [Runtime.Close], once. All methods may be called from any goroutine unless they say otherwise.
type Runtime struct {
	opts     Options
	epoch    time.Time
	workers  []*worker
	commons  *commons // nil where workers do not steal
	blocking *blockingPool
	watchdog *watchdog

	// sets hold the tasks that have not ended. Worker i has two: sets[i] for those spawned on it, and
	// sets[len(workers)+i] for those spawned from outside. Their number is a power of two.
	sets []liveSet
	next atomic.Uint64 // whose turn it is to get a task from outside; written by those who bring one

	_       [64]byte
	goSched goScheduler
	_       [64]byte

	closing   atomic.Bool   // no more spawns; set once
	empty     chan struct{} // closed when closing and no task is left
	emptyOnce sync.Once
	stopped   sync.WaitGroup // workers that may still poll
	killing   sync.Mutex     // the right to give up tasks; taken when none is polled any more
	killed    sync.WaitGroup // workers whose tasks have not all been given up
	closed    chan struct{}  // closed when everything is gone
}

// A liveSet is a set that shares no cache line with the next, which is another worker's: its lock is
// taken at each spawn and each end.
type liveSet struct {
	task.Set
	_ [128]byte
}

// New makes a runtime and starts its workers. A wrong option is answered with an [*OptionError];
// otherwise the error is that of making a poller.
func New(opts Options) (*Runtime, error) { return newAt(time.Now(), opts) }

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
		blocking: newBlockingPool(opts.BlockingThreads, opts.BlockingKeepAlive),
		sets:     make([]liveSet, 1<<bits.Len(uint(2*opts.Workers-1))),
		empty:    make(chan struct{}),
		closed:   make(chan struct{}),
	}
	rt.goSched.init()
	if opts.Scheduling == WorkStealing {
		rt.commons = newCommons(opts.Workers)
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
	if rt.commons != nil {
		rt.commons.workers = rt.workers
	}
	if err := rt.start(); err != nil {
		return nil, err
	}
	return rt, nil
}

// start starts the workers. If one cannot have the processor it is to have, all end again.
func (rt *Runtime) start() error {
	rt.watchdog = startWatchdog(rt, rt.opts.LongPoll)
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

// Workers returns how many workers there are.
func (rt *Runtime) Workers() int { return len(rt.workers) }

// Spawn schedules r, which must be a *task.Task. Package functions Spawn and Go are the convenient
// way. Workers get such tasks in turns; where workers steal, whichever is free takes it. It returns
// core.ErrShutdown once Shutdown or Close has been called; a task that is accepted in the instant
// before may still be dropped by them, and its join says so.
func (rt *Runtime) Spawn(r core.Runnable) error {
	w := rt.workers[0]
	if n := uint64(len(rt.workers)); n > 1 {
		w = rt.workers[rt.next.Add(1)%n]
	}
	if rt.commons != nil {
		return w.adopt(asTask(r), &rt.commons.home)
	}
	return w.adopt(asTask(r), &w.home)
}

// On returns a spawner for worker number i, of 0 to Workers()-1; it panics for others. It may be used
// from anywhere. Its tasks are bound to the worker: they stay there even where others are stolen. What
// they spawn through their own context is not bound.
func (rt *Runtime) On(i int) core.Spawner {
	if i < 0 || i >= len(rt.workers) {
		panic(fmt.Sprintf("executor: On(%d) of a runtime with %d workers", i, len(rt.workers)))
	}
	return onWorker{rt.workers[i]}
}

type onWorker struct{ w *worker }

func (s onWorker) Spawn(r core.Runnable) error { return s.w.adopt(asTask(r), &s.w.home) }

// adopt takes a task from outside.
func (w *worker) adopt(t *task.Task, home *task.Home) error {
	rt := w.rt
	if rt.closing.Load() {
		return core.ErrShutdown
	}
	if !rt.admit(t, home, len(rt.workers)+w.id, w.guests.Add(1)) {
		w.stats.refused.Add(1)
		return core.ErrShutdown
	}
	home.Schedule(t)
	return nil
}

// admit gives t, the n-th task of a set, its home and number, and makes it one of the live tasks.
//
// No task is lost between a spawn and the end. Who spawns (1) inserts, (2) reads closing. Who closes
// (1) writes closing, (2) lists the live tasks, and again when no worker polls any more. One sees
// the other. What is inserted and not yet queued when the workers stop is given up like the rest.
func (rt *Runtime) admit(t *task.Task, home *task.Home, set int, n uint64) bool {
	t.Bind(home, rt.taskID(set, n))
	if rt.opts.Instrument {
		t.Time(rt.now(), spawnSite())
	}
	rt.sets[set].Insert(t)
	if rt.closing.Load() && rt.sets[set].Remove(t) { // unless it was given up already
		rt.checkDrained()
		return false
	}
	return true
}

// idsAtOnce is how many numbers in a row belong to the same set.
const idsAtOnce = 1024

// taskID is the number of the n-th task of a set, from 1 on. Sets take blocks of numbers in turns, so
// nobody shares a counter, and the number tells the set.
func (rt *Runtime) taskID(set int, n uint64) uint64 {
	n--
	block := n/idsAtOnce*uint64(len(rt.sets)) + uint64(set)
	return block*idsAtOnce + n%idsAtOnce + 1
}

// setOf returns the set that the task with this number is in.
func (rt *Runtime) setOf(id uint64) *task.Set {
	return &rt.sets[(id-1)/idsAtOnce&uint64(len(rt.sets)-1)].Set
}

func (rt *Runtime) now() time.Duration { return time.Since(rt.epoch) }

// Shutdown ends the runtime in good order.
//
//  1. Spawns are refused from now on, with core.ErrShutdown.
//  2. The tasks run on until the last has ended, or ctx is done.
//  3. Those that are left are aborted, and have Options.CleanupGrace for shielded clean-up.
//  4. The workers stop; what is still left is dropped, shielded or not.
//  5. The blocking pool ends: functions that have not begun are forgotten. Those that run are
//     waited for until ctx is done and the grace is over.
//
// It returns nil if every task ended by itself in time, and otherwise ctx's cause; or a
// [*BusyError] if functions on the blocking pool still run. In any case every future has been
// dropped, every join resolved, every descriptor of the runtime closed and every goroutine gone,
// but for those of the BusyError. A second call returns ErrClosed, once the first is through; a
// task that calls it gets ErrNested.
func (rt *Runtime) Shutdown(ctx context.Context) error {
	if insideTask() {
		return ErrNested
	}
	over := ctx.Done()      // of a nil ctx it panics, while nothing has begun
	if !rt.beginClosing() { // 1
		return ErrClosed
	}
	var err error
	select { // 2
	case <-rt.empty:
	case <-over:
		select {
		case <-rt.empty: // in time, if only just
		default:
			err = context.Cause(ctx)
		}
	}
	grace := time.NewTimer(rt.opts.CleanupGrace)
	defer grace.Stop()
	if err != nil { // 3
		rt.abortAll()
		select {
		case <-rt.empty:
		case <-grace.C:
			grace.Reset(0)
		}
	}
	rt.stopWorkers() // 4
	pool := rt.blocking.close()
	select { // 5
	case <-pool:
		return rt.finish(err)
	case <-ctx.Done():
	}
	select {
	case <-pool:
		return rt.finish(err)
	case <-grace.C:
	}
	if n := rt.blocking.load(); n > 0 {
		return rt.finish(&BusyError{n})
	}
	<-pool // between two steps of their end
	return rt.finish(err)
}

// Close ends the runtime at once: spawns are refused, every task is dropped, shielded or not, and
// every join resolves. Functions on the blocking pool that have not begun are forgotten; Close
// waits for those that run, for nothing can stop them, so such a function must not call it.
// Errors are those of Shutdown's second call and of one from a task.
func (rt *Runtime) Close() error {
	if insideTask() {
		return ErrNested
	}
	return rt.closeNow()
}

func (rt *Runtime) closeNow() error {
	if !rt.beginClosing() {
		return ErrClosed
	}
	rt.stopWorkers()
	<-rt.blocking.close()
	return rt.finish(nil)
}

// Closed returns a channel that is closed when the runtime has ended.
func (rt *Runtime) Closed() <-chan struct{} { return rt.closed }

// beginClosing refuses spawns from now on. It returns false, after the other call is through, if
// the runtime is closing already.
func (rt *Runtime) beginClosing() bool {
	if !rt.closing.CompareAndSwap(false, true) {
		<-rt.closed
		return false
	}
	rt.checkDrained()
	return true
}

// checkDrained tells Shutdown if no task is left while the runtime is closing. It is called after
// everything that may have made that so: by workers in each turn, by who has closed the runtime, and
// by who has taken back a task that came too late.
func (rt *Runtime) checkDrained() {
	if !rt.closing.Load() {
		return
	}
	if rt.live() == 0 {
		rt.emptyOnce.Do(func() { close(rt.empty) })
	}
}

// live counts the tasks that have not ended.
func (rt *Runtime) live() (n int) {
	for i := range rt.sets {
		n += rt.sets[i].Len()
	}
	return n
}

func (rt *Runtime) abortAll() {
	for i := range rt.sets {
		for _, t := range rt.sets[i].Tasks() {
			t.Abort()
		}
	}
}

func (rt *Runtime) stopWorkers() {
	for _, w := range rt.workers {
		w.stop.Store(true)
		w.unpark()
	}
	for _, w := range rt.workers {
		<-w.exited
	}
	rt.watchdog.close()
}

func (rt *Runtime) finish(err error) error {
	close(rt.closed)
	return err
}

// insideTask reports whether the caller is inside a task: its stack starts in a worker or in a
// coroutine. It is for calls that would block the worker for ever; a microsecond does not matter
// to them.
func insideTask() bool {
	pcs := make([]uintptr, 64)
	n := runtime.Callers(2, pcs)
	for n == len(pcs) {
		pcs = make([]uintptr, 2*len(pcs))
		n = runtime.Callers(2, pcs)
	}
	frames := runtime.CallersFrames(pcs[:n])
	for {
		f, more := frames.Next()
		if strings.HasSuffix(f.Function, "executor.(*worker).run") ||
			strings.HasSuffix(f.Function, "coro.(*coroutine).loop") {
			return true
		}
		if !more {
			return false
		}
	}
}
