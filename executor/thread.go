package executor

import (
	"context"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strings"
)

// start is where the worker's goroutine begins. It gets its labels and its thread, and sends to settled whether that
// has worked.
func (w *worker) start(settled chan<- error) {
	w.label()
	err := w.bindThread()
	settled <- err
	runtime.Gosched() // New runs first: a worker that parks keeps its processor for a while
	w.run()
}

// label gives the calling goroutine the labels of the worker.
func (w *worker) label() { pprof.SetGoroutineLabels(w.labels) }

// workerLabels returns the labels that the goroutines of worker id have in profiles: its own goroutine, and those of
// its bodies when they begin.
func (rt *Runtime) workerLabels(id int) context.Context {
	return labels(rt.workerName(id))
}

func (rt *Runtime) workerName(id int) string { return fmt.Sprintf("%s/%d", rt.opts.Name, id) }

func labels(worker string) context.Context { return withLabel(context.Background(), "worker", worker) }

// withLabel adds a label to those of ctx. A profile is a message of protocol buffers, and many readers refuse one with a text
// that is not UTF-8.
func withLabel(ctx context.Context, key, value string) context.Context {
	return pprof.WithLabels(ctx, pprof.Labels(key, strings.ToValidUTF8(value, "_")))
}

// bindThread locks the goroutine to its thread and the thread to its processors, if the options say so. It is never
// unlocked, so the thread ends with the goroutine, and no other goroutine gets a thread that is bound.
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
