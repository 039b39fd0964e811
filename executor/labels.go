package executor

import (
	"context"
	"runtime/pprof"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// WithLabels runs body with more profiler labels than the task has already: those of the worker, of Options.Profile, and of
// enclosing calls. When body returns, they are gone. It returns the error of body. WithLabels is pprof.Do for
// bodies: the labels that pprof.Do sets replace those of the worker, and do not move with the task, while these are
// set again at another worker if Options.Profile is set. Tasks that body spawns do not get them.
func WithLabels(co *coro.Co, labels pprof.LabelSet, body func(co *coro.Co) error) error {
	if body == nil {
		panic("executor: WithLabels with a nil body")
	}
	w := workerOf(co)
	if w == nil {
		panic("executor: WithLabels with a Co of no task of a runtime of this package")
	}
	t := co.Context().ForHost().Task().(*task.Task)
	outer, _ := co.Value(labelKey{}).(*labelScope)
	if outer != nil && outer.task != t {
		outer = nil // inherited with the other values of the spawner
	}
	defer func() { pprof.SetGoroutineLabels(outer.on(workerOf(co).baseLabels(t))) }()
	inner := &labelScope{t, outer, labels}
	pprof.SetGoroutineLabels(inner.on(w.baseLabels(t)))
	return coro.WithValue(co, labelKey{}, inner, body)
}

// labelKey is the key of a *labelScope among the values of a body.
type labelKey struct{}

// A labelScope has the labels of a call of WithLabels.
type labelScope struct {
	task   *task.Task
	outer  *labelScope // or nil
	labels pprof.LabelSet
}

// on returns the labels of base and those of the scopes, the outermost first.
func (s *labelScope) on(base context.Context) context.Context {
	if s == nil {
		return base
	}
	return pprof.WithLabels(s.outer.on(base), s.labels)
}

// baseLabels are the labels with which a body of t begins on w.
func (w *worker) baseLabels(t *task.Task) context.Context {
	if w.profiler == nil {
		return w.labels
	}
	return w.profiler.labels(t.ForHost().Description())
}

// labelsOf are the labels of t, which is a body, on w: those with which it begins, and those of its calls of WithLabels.
func (w *worker) labelsOf(t *task.Task) context.Context {
	base := w.baseLabels(t)
	if s, ok := t.LocalValue(labelKey{}).(*labelScope); ok && s.task == t {
		return s.on(base)
	}
	return base
}
