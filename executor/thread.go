package executor

import (
	"context"
	"fmt"
	"runtime"
	"runtime/pprof"
)

// start is the beginning of the worker's goroutine: it gets its name and its thread, and says so.
func (w *worker) start(settled chan<- error) {
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("worker", w.name())))
	err := w.bindThread()
	settled <- err
	runtime.Gosched() // New first: a worker that parks keeps its processor for a while
	w.run()
}

func (w *worker) name() string { return fmt.Sprintf("%s/%d", w.rt.opts.Name, w.id) }

// bindThread locks the goroutine to its thread and the thread to its processors, if that is wanted.
// Nobody unlocks it, so the thread ends with the goroutine, and nobody else gets one that is bound.
func (w *worker) bindThread() error {
	if !w.rt.opts.LockOSThread {
		return nil
	}
	runtime.LockOSThread()
	if w.rt.opts.Affinity == nil {
		return nil
	}
	cpus := w.rt.opts.Affinity(w.id)
	if len(cpus) == 0 {
		return nil
	}
	if err := bindTo(cpus); err != nil {
		return &OptionError{"Affinity", cpus, err.Error()}
	}
	return nil
}
