package executor

import (
	"github.com/moduvex/moduvex-go/core"
)

// A stage says how far the close of a worker has come. A Goexit on the way makes close begin again, on another
// goroutine, which skips the steps that are done.
type stage uint8

const (
	open    stage = iota
	halted        // polls no more
	emptied       // its tasks are killed
)

// close ends what is left of the worker.
//
//  1. The inbox is closed, and the injector: no task comes in any more, and a caller that pushes one learns so.
//  2. The worker waits until no other polls, because a task may hold what another worker's tasks use.
//  3. Every live task that was spawned on this worker is killed, one worker at a time: its future
//     dropped, its join resolved. A drop may use the worker that polled last, whichever that was.
//  4. The worker waits until all have done so.
//  5. The timers that are still in the wheel fire. Those of goroutines go on.
//  6. The idle coroutines end.
//  7. The reactor is closed, and with it the poller's descriptors.
func (w *worker) close() {
	w.current.Store(0) // a task that has left the loop is not being polled any more
	if w.shut == open {
		w.ended.forget()
		w.inbox.Close(&w.arrived) // 1
		for w.arrived.Pop() != nil {
		}
		w.ready.Stealer.CloseInjector()
		w.shut = halted
		w.rt.stopped.Done()
	}
	w.rt.stopped.Wait() // 2
	for w.live() != 0 { // 3
		w.kill()
		w.escaped = false
	}
	if w.shut == halted {
		w.shut = emptied
		w.rt.killed.Done()
	}
	w.rt.killed.Wait() // 4
	w.release()
	w.publish()
	close(w.exited)
}

// live counts the tasks that were spawned on this worker, or given to it, and have not ended.
func (w *worker) live() int {
	return w.rt.sets[w.id].Len() + w.rt.sets[len(w.rt.workers)+w.id].Len()
}

// kill kills the live tasks. As in pollTasks, a panic or a Goexit on the way, in a Drop or in the waker of a joiner,
// ends one task only.
func (w *worker) kill() {
	w.rt.killing.Lock()
	defer w.rt.killing.Unlock()
	defer w.current.Store(0)
	defer w.contain()
	for _, set := range []int{w.id, len(w.rt.workers) + w.id} {
		for _, t := range w.rt.sets[set].Tasks() {
			w.current.Store(pollMark(0, t.ID()))
			w.polling = t
			t.ForHost().KillOn(w.cx, core.ErrShutdown)
			w.polling = nil
			w.done(t)
		}
	}
}

// release is the part of close after the last task, or before the first.
func (w *worker) release() {
	w.ready.Clear()
	w.cx.ForHost().Clear()
	w.timers.release() // 5
	w.outside.close()
	w.pool.Close()                            // 6
	if err := w.reactor.Close(); err != nil { // 7
		w.rt.opts.Logger.Error("executor: closing the poller failed", "err", err)
	}
}
