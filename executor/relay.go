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

// End implements coro.Relay.
func (r *relay) End(t *task.Task, end task.Poll) bool {
	w := r.worker()
	joiners := t.ForHost().EndBody(end)
	w.done(t)
	if joiners.Len() == 1 && w.asOwnTask(joiners.First()) == nil {
		if watcher, ok := joiners.First().(task.Watcher); ok {
			joiners = watcher.Ended()
		}
	}
	switch {
	case joiners.Empty():
		return true
	case joiners.Len() == 1 && w.asOwnTask(joiners.First()) != nil:
		w.WakeLater(joiners.First())
		return true
	}
	w.unwoken = joiners
	return false
}
