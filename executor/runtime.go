package executor

import (
	"context"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
)

// A Runtime runs tasks. It is made by [New], and whoever made it calls [Runtime.Shutdown] or
// [Runtime.Close], once. All methods may be called from any goroutine unless they say otherwise.
type Runtime struct {
	opts     Options
	epoch    time.Time
	workers  []*worker
	blocking *blockingPool
	watchdog *watchdog
	lastID   atomic.Uint64

	closing   atomic.Bool   // no more spawns; set once
	aborting  atomic.Bool   // what comes from an inbox now is aborted; set once
	empty     chan struct{} // closed when closing and no task is left
	emptyOnce sync.Once
	closed    chan struct{} // closed when everything is gone
}

// New makes a runtime and starts its workers. A wrong option is answered with an [*OptionError];
// otherwise the error is that of making a poller.
func New(opts Options) (*Runtime, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	for opts.Seed == 0 {
		opts.Seed = rand.Uint64()
	}
	rt := &Runtime{
		opts:     opts,
		epoch:    time.Now(),
		blocking: newBlockingPool(opts.BlockingThreads, opts.BlockingKeepAlive),
		empty:    make(chan struct{}),
		closed:   make(chan struct{}),
	}
	for id := range opts.Workers {
		w, err := newWorker(rt, id)
		if err != nil {
			for _, w := range rt.workers {
				w.close()
			}
			return nil, err
		}
		rt.workers = append(rt.workers, w)
	}
	rt.watchdog = startWatchdog(rt, opts.LongPoll)
	for _, w := range rt.workers {
		go w.run()
	}
	return rt, nil
}

// Spawn schedules r, which must be a *task.Task, on a worker. Package functions Spawn and Go are
// the convenient way. It returns core.ErrShutdown once Shutdown or Close has been called;
// a task that is accepted in the instant before may still be dropped by them, and its join says so.
func (rt *Runtime) Spawn(r core.Runnable) error {
	t := asTask(r)
	if rt.closing.Load() {
		return core.ErrShutdown
	}
	w := rt.workers[0]
	t.Bind(&w.home, rt.lastID.Add(1))
	notify, ok := w.inbox.Push(t)
	if !ok {
		return core.ErrShutdown
	}
	if notify {
		w.notify()
	}
	return nil
}

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
	if onWorker() {
		return ErrNested
	}
	if !rt.beginClosing() { // 1
		return ErrClosed
	}
	var err error
	select { // 2
	case <-rt.empty:
	case <-ctx.Done():
		err = context.Cause(ctx)
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
	if _, n := rt.blocking.load(); n > 0 {
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
	if onWorker() {
		return ErrNested
	}
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
	for _, w := range rt.workers {
		w.interrupt()
	}
	return true
}

// drained is called by a worker that has no task left while the runtime is closing.
func (rt *Runtime) drained() { rt.emptyOnce.Do(func() { close(rt.empty) }) }

func (rt *Runtime) abortAll() {
	rt.aborting.Store(true)
	for _, w := range rt.workers {
		for _, t := range w.live.Tasks() {
			t.Abort()
		}
	}
}

func (rt *Runtime) stopWorkers() {
	for _, w := range rt.workers {
		w.stop.Store(true)
		w.interrupt()
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

// idBlock hands out task numbers without touching the shared counter each time.
type idBlock struct{ last, end uint64 }

const idsAtOnce = 1024

func (b *idBlock) next(shared *atomic.Uint64) uint64 {
	if b.last == b.end {
		b.end = shared.Add(idsAtOnce)
		b.last = b.end - idsAtOnce
	}
	b.last++
	return b.last
}

// onWorker reports whether the caller is inside a task: its stack starts in a worker or in a
// coroutine. It is for calls that would block the worker for ever; a microsecond does not matter
// to them.
func onWorker() bool {
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
