package executor

import (
	"context"
	"runtime/pprof"
	"runtime/trace"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// A profiler puts the names of a worker's tasks into profiles and traces: see Options.Profile. The holder of the worker
// uses it.
//
// A poll in poll style runs on the worker's goroutine, whose labels are set for it. A body has the goroutine of its
// coroutine, which keeps its labels while the body is suspended. So they are set when it begins, and again only when it
// goes on at another worker: in between, the body may have added labels of its own.
//
// The regions of a goroutine must nest: a trace in which one ends inside another cannot be read. A body may await inside
// a region that it has begun itself, so its region is its whole run, and not each poll; the trace has the polls anyway, as
// the times at which the goroutine runs.
type profiler struct {
	w      *worker
	named  map[string]context.Context // labels by name of the task
	marked bool                       // the worker's goroutine has the labels of a task
	region *trace.Region              // of the poll under way, in poll style; or nil
}

var _ coro.Observer = (*profiler)(nil)

// maxNamed bounds named: a program may give each of its tasks a name of its own.
const maxNamed = 1024

// labels returns the labels of the task with this name.
func (p *profiler) labels(name string) context.Context {
	if ctx, ok := p.named[name]; ok {
		return ctx
	}
	if len(p.named) >= maxNamed {
		clear(p.named)
	}
	ctx := withLabel(p.w.labels, "task", name)
	p.named[name] = ctx
	return ctx
}

// pollBegins is called on the worker's goroutine before it polls t, and reports whether pollEnds has something to end. If t
// is a body, its goroutine is told by Begins and Resumed.
func (p *profiler) pollBegins(t *task.Task) (ends bool) {
	if _, direct := t.ForHost().Body().(task.GracefulBody); direct {
		if p.marked {
			p.marked = false
			p.w.label()
		}
		return false
	}
	p.marked = true
	name := t.ForHost().Description()
	pprof.SetGoroutineLabels(p.labels(name))
	if trace.IsEnabled() {
		p.region = trace.StartRegion(context.Background(), name)
	}
	return p.region != nil
}

// pollEnds is called on the worker's goroutine when the poll is over, however it has ended.
func (p *profiler) pollEnds() {
	if p.region != nil {
		p.region.End()
		p.region = nil
	}
}

// Begins implements coro.Observer.
func (p *profiler) Begins(t *task.Task) (ends func()) {
	pprof.SetGoroutineLabels(p.w.labelsOf(t))
	if !trace.IsEnabled() {
		return nil
	}
	name := t.ForHost().Description()
	region := trace.StartRegion(context.Background(), name)
	logPoll(name)
	return region.End
}

// Ended implements coro.Observer: a coroutine that is idle has the labels of its worker.
func (p *profiler) Ended() { p.w.label() }

// Resumed implements coro.Observer.
func (p *profiler) Resumed(t *task.Task, moved bool) {
	if moved {
		pprof.SetGoroutineLabels(p.w.labelsOf(t))
	}
	if trace.IsEnabled() {
		logPoll(t.ForHost().Description())
	}
}

// profileFunction is called on a goroutine of the blocking pool, whose labels are given, before it runs a function of the task
// with this name. The caller calls the result after that.
func profileFunction(pool context.Context, name string) (ends func()) {
	pprof.SetGoroutineLabels(withLabel(pool, "task", name))
	return trace.StartRegion(context.Background(), name).End
}

// logPoll notes in the trace that a poll of a body begins: bodies that have begun before the trace have no region.
func logPoll(name string) { trace.Log(context.Background(), "task", name) }
