package executor

import (
	"context"
	"time"
)

// Shutdown ends the runtime in good order.
//
//  1. The drain begins. Spawns from outside fail with core.ErrShutdown from now on: those of
//     [Runtime.Spawn] and [Runtime.On]. [Runtime.Draining] is closed, and the tasks that await [Draining] are woken.
//  2. The tasks run on, and spawn through their own Context or Co, until the last has ended or ctx is done.
//  3. The tasks that are left are aborted, and have Options.CleanupGrace for shielded clean-up, which may spawn
//     as well. A task that is spawned by one that does not know of its abort yet is aborted with it.
//  4. Every spawn is refused. The workers stop; tasks that are still left are dropped, shielded or not.
//  5. The blocking pool ends: functions that have not begun are discarded. Those that run are
//     waited for until ctx is done and the grace is over.
//
// It returns nil if every task ended by itself in time. Otherwise the error wraps ctx's cause: it is an
// [*AbortedError], which names the tasks that were aborted; if step 4 has dropped tasks, an [*UnfinishedError], which
// names them and wraps the AbortedError; if functions on the blocking pool still run, a [*BusyError], which wraps the
// error that Shutdown would have returned otherwise. In any case every future has been dropped, every join resolved,
// every descriptor of the runtime closed and every goroutine has ended, but for those of the BusyError.
//
// Nothing can stop a poll that never ends, such as a body that blocks in a system call or computes without an
// await: Shutdown waits for it, and the watchdog has reported it. A second call returns [ErrClosed], once the first
// has returned; a call inside a task returns core.ErrNested.
func (rt *Runtime) Shutdown(ctx context.Context) error {
	rt.assertMade()
	if insideTask() {
		return errNested("Runtime.Shutdown", "call it on a goroutine of its own")
	}
	if inBubble() {
		return ErrBubble // whose clock the grace would wait for
	}
	over := ctx.Done()          // of a nil ctx it panics, while nothing has begun
	if !rt.beginEnd(draining) { // 1
		return ErrClosed
	}
	err := rt.drain(ctx, over) // 2
	grace := time.NewTimer(rt.opts.CleanupGrace)
	defer grace.Stop()
	if err != nil {
		err = rt.abort(grace, err) // 3
	}
	rt.phase.Store(uint32(closing)) // 4
	rt.stopWorkers()
	return rt.finish(rt.endPool(over, grace, err)) // 5
}

// drain waits until no task is left, and returns nil, or until ctx is done, and returns its cause.
func (rt *Runtime) drain(ctx context.Context, over <-chan struct{}) error {
	select {
	case <-rt.empty:
		return nil
	case <-over:
	}
	select {
	case <-rt.empty: // in time, if only just
		return nil
	default:
		return context.Cause(ctx)
	}
}

// abort aborts the tasks and waits until no task is left or the grace is over. It returns the error of Shutdown.
func (rt *Runtime) abort(grace *time.Timer, cause error) error {
	rt.phase.Store(uint32(aborting))
	err := rt.aborted(cause) // while they still are what they were
	rt.abortAll()
	select {
	case <-rt.empty:
		return err
	case <-grace.C:
		grace.Reset(0) // for endPool
		return rt.unfinished(err)
	}
}

// endPool ends the blocking pool. It returns err, or a BusyError if functions still run when ctx is done, which
// closes over, and the grace has passed.
func (rt *Runtime) endPool(over <-chan struct{}, grace *time.Timer, err error) error {
	pool := rt.blocking.close()
	select {
	case <-pool:
		return err
	case <-over:
	}
	select {
	case <-pool:
		return err
	case <-grace.C:
	}
	if n := rt.blocking.load(); n > 0 {
		return &BusyError{Blocking: n, Cause: err}
	}
	<-pool // between two steps of their end
	return err
}

// Close ends the runtime at once: spawns are refused, every task is dropped, shielded or not, and
// every join resolves. Functions on the blocking pool that have not begun are discarded. Close
// waits for those that run, because nothing can stop them; so such a function must not call it.
// A second call returns [ErrClosed], as that of Shutdown does; a call inside a task returns core.ErrNested.
func (rt *Runtime) Close() error {
	rt.assertMade()
	if insideTask() {
		return errNested("Runtime.Close", "call it on a goroutine of its own")
	}
	return rt.closeNow()
}

func (rt *Runtime) closeNow() error {
	if !rt.beginEnd(closing) {
		return ErrClosed
	}
	rt.stopWorkers()
	<-rt.blocking.close()
	return rt.finish(nil)
}

// Done returns a channel that is closed when the runtime has ended. Any goroutine.
func (rt *Runtime) Done() <-chan struct{} {
	rt.assertMade()
	return rt.closed
}

// beginEnd leaves the running phase for p, closes draining and wakes the drain's hooks. If another call has begun
// the end already, it waits for the end and returns false.
func (rt *Runtime) beginEnd(p phase) bool {
	if !rt.phase.CompareAndSwap(uint32(running), uint32(p)) {
		<-rt.closed
		return false
	}
	close(rt.draining)
	rt.drains.Begin()
	rt.checkDrained()
	return true
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
	live.remove(rt)
}

func (rt *Runtime) finish(err error) error {
	close(rt.closed)
	return err
}
