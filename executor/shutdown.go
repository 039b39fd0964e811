package executor

import (
	"context"
	"time"
)

// Shutdown ends the runtime in good order.
//
//  1. The drain begins. Spawns from outside are refused from now on, with core.ErrShutdown: those of
//     [Runtime.Spawn] and [Runtime.On]. [Runtime.Draining] is closed, and what awaits [Draining] is woken.
//  2. The tasks run on, and spawn through their own Context or Co, until the last has ended or ctx is done.
//  3. Those that are left are aborted, and have Options.CleanupGrace for shielded clean-up, which may spawn
//     as well. A task that is made by one that does not know of its abort yet is aborted with it.
//  4. Every spawn is refused. The workers stop; what is still left is dropped, shielded or not.
//  5. The blocking pool ends: functions that have not begun are forgotten. Those that run are
//     waited for until ctx is done and the grace is over.
//
// It returns nil if every task ended by itself in time, and otherwise ctx's cause; or a
// [*BusyError] if functions on the blocking pool still run. In any case every future has been
// dropped, every join resolved, every descriptor of the runtime closed and every goroutine gone,
// but for those of the BusyError. Nothing can stop a poll that never ends, such as a body that blocks in a
// system call or computes without an await: Shutdown waits for it, and the watchdog has reported it. A second
// call returns ErrClosed, once the first is through; a task that calls it gets core.ErrNested.
func (rt *Runtime) Shutdown(ctx context.Context) error {
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
		rt.phase.Store(uint32(aborting))
		rt.abortAll()
		select {
		case <-rt.empty:
		case <-grace.C:
			grace.Reset(0)
		}
	}
	rt.phase.Store(uint32(closing)) // 4
	rt.stopWorkers()
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

// Done returns a channel that is closed when the runtime has ended.
func (rt *Runtime) Done() <-chan struct{} { return rt.closed }

// beginEnd leaves the running phase for p, closes draining and wakes the drain's hooks. If the runtime ends
// already, it returns false once the other call has returned.
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
}

func (rt *Runtime) finish(err error) error {
	close(rt.closed)
	return err
}
