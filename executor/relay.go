package executor

import (
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// A relay is the worker as its coroutines see it when they hand it on to each other within the polls of a round. The
// worker's goroutine goes on after the last poll of the round, for a task in poll style, for a poll that is timed, and
// for everything that is out of the ordinary: a wake during the poll, a panic, joiners that are no tasks of the worker.
type relay worker

var _ coro.Relay = (*relay)(nil)

func (r *relay) worker() *worker { return (*worker)(r) }

// Next implements coro.Relay.
func (r *relay) Next() *task.Task {
	w := r.worker()
	if !w.mayPass() {
		return nil
	}
	if w.next == nil {
		w.next = w.takeReady()
	}
	return w.next
}

// mayPass reports whether the poll that follows is for a coroutine to begin.
func (w *worker) mayPass() bool {
	return w.pollsLeft > 0 && w.timing.began == 0 && (w.counts.polls+1)&w.timing.mask != 0
}

// Pass implements coro.Relay.
func (r *relay) Pass(cx *core.Context, suspended, next *task.Task) (ended, begun bool) {
	outcome, ended := suspended.ForHost().End(cx)
	if !ended {
		return false, false
	}
	if outcome == core.Again {
		r.worker().again(suspended)
	}
	return true, r.Begin(cx, next)
}

// Continue implements coro.Relay.
func (r *relay) Continue(cx *core.Context, t *task.Task) (ended, begun bool) {
	w := r.worker()
	if w.next != nil || !w.mayPass() {
		return false, false
	}
	if _, ended := t.ForHost().End(cx); !ended {
		return false, false
	}
	if cx.ForHost().Exhausted() {
		w.counts.budgetYields++
	}
	w.next = t
	return true, r.Begin(cx, t)
}

// Begin implements coro.Relay.
func (r *relay) Begin(cx *core.Context, next *task.Task) bool {
	if !next.ForHost().Begin(cx) {
		return false
	}
	w := r.worker()
	w.next = nil
	w.counts.handedOn++
	w.pollBegins(next)
	return true
}

// End implements coro.Relay. A joiner that is no task of the worker may be code that panics, so pollTasks wakes it, and
// counts t as ended after that.
func (r *relay) End(t *task.Task, end task.Poll) bool {
	w := r.worker()
	joiners := t.ForHost().EndBody(end)
	if joiners.Empty() {
		w.done(t)
		return true
	}
	if joiners.Len() > 1 {
		w.unwoken = joiners
		return false
	}
	joiner := w.asOwnTask(joiners.First())
	if watcher, ok := joiners.First().(task.Watcher); ok {
		if joiners = watcher.Ended(); joiners.Len() == 1 {
			joiner = w.asOwnTask(joiners.First())
		}
	}
	if joiner == nil && !joiners.Empty() {
		w.unwoken = joiners
		return false
	}
	w.done(t)
	if joiner != nil {
		w.WakeLater(joiner)
	}
	return true
}
