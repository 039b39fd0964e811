package executor

import (
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor/internal/runq"
)

// pollsPerRound is how many tasks a worker polls in a round of its loop.
const pollsPerRound = runq.PollsPerRound

// timing says which polls are timed.
type timing struct {
	all   bool          // Options.Instrument: tasks time themselves
	mask  uint64        // a poll is timed if its number has none of these bits
	look  uint64        // as mask, for the polls that call beginLooked: those that are timed, or all under Options.Profile
	began time.Duration // when the poll under way began, if it is timed; untimed if it is in a region of a trace only; else 0
}

// untimed is no time of a poll.
const untimed = -1

// pollTasks polls up to pollsPerRound tasks. A task that panics ends the polls of the round, and nothing else. One
// recover serves all polls, so a poll pays nothing for it.
//
// A Run may include polls of other tasks, if coroutines hand the worker on. It ends the last of them, that of w.polling.
// A poll is written out here, since the processor mispredicts each return between here and the switch to a coroutine.
func (w *worker) pollTasks() {
	defer w.contain()
	for w.pollsLeft = pollsPerRound; w.pollsLeft > 0; {
		t := w.next
		w.next = nil
		if t == nil {
			if t = w.takeReady(); t == nil {
				return
			}
		}
		w.pollBegins(t)
		if w.counts.polls&w.timing.look == 0 {
			w.beginLooked(t)
		}
		outcome := t.ForHost().Run(w.cx)
		if !w.unwoken.Empty() {
			outcome = core.Done
			joiners := w.unwoken.TakeAll()
			joiners.WakeLater(w)
		}
		t, w.polling = w.polling, nil
		if w.timing.began != 0 {
			w.endLooked()
		}
		if outcome == core.Again {
			w.again(t)
		} else if outcome == core.Done {
			w.done(t)
		}
	}
}

// beginLooked begins what few polls have: a time, labels, a region. endLooked ends it, if began is not 0.
func (w *worker) beginLooked(t *task.Task) {
	if w.profiler != nil && w.profiler.pollBegins(t) {
		w.timing.began = untimed
	}
	if w.counts.polls&w.timing.mask == 0 {
		w.timing.began = w.Now()
	}
}

func (w *worker) endLooked() {
	if w.timing.began != untimed {
		w.stats.pollTime.add(w.Now() - w.timing.began)
	}
	w.timing.began = 0
	if w.profiler != nil {
		w.profiler.pollEnds()
	}
}

// takeReady takes the next task from the queues, or returns nil if there is none.
func (w *worker) takeReady() *task.Task {
	if !w.ready.Slot.Empty() {
		return w.ready.TakeSlot()
	}
	w.ready.Slot.Skip()
	if w.ready.Stealer == nil {
		if t := w.ready.Bound.PopRing(); t != nil { // as in Next, to save a call
			return t
		}
	}
	return w.ready.Next()
}

// pollBegins notes that a poll of t begins.
func (w *worker) pollBegins(t *task.Task) {
	w.pollsLeft--
	w.counts.polls++
	w.current.Store(pollMark(w.counts.polls, t.ID()))
	w.polling = t
}

// again queues t, which was woken during its poll. Its Trace counts from the end of the poll.
func (w *worker) again(t *task.Task) {
	if w.cx.ForHost().Exhausted() {
		w.counts.budgetYields++
	}
	if !w.plain || !w.ready.Bound.PushIfRoom(t) {
		w.ready.Push(t)
	}
}

// pollMark tells each poll from all others and names its task: the number of the poll, modulo 2^24, above the number
// of the task, modulo 2^40, which is far more than there are at a time.
func pollMark(poll, id uint64) uint64 { return poll<<taskBits | id&taskMask }

const (
	taskBits = 40
	taskMask = 1<<taskBits - 1
)

// done notes that t has ended. Until the end of the round it is one of the live tasks.
func (w *worker) done(t *task.Task) {
	if w.shut != open {
		if w.rt.setOf(t.ID()).Remove(t) { // its spawner may take it back this instant
			w.counts.ended(t)
		}
	} else {
		w.counts.ended(t)
		w.ended.add(w.rt.setOf(t.ID()), t.ForHost().IndexInSet())
	}
	if w.fatal != nil {
		w.escaped = false
		panic(w.fatal)
	}
}

// contain ends the task that has just left its poll by a panic or by Goexit. recover cannot tell for sure which of
// them it was: a Goexit goes on after the recovery of a panic that a deferred function added to it. So contain sets
// escaped, which the worker resets if it goes on. A panic of the runtime itself, when no task is polled, is
// not recovered.
func (w *worker) contain() {
	t := w.polling
	if t == nil {
		return
	}
	w.polling = nil
	if w.profiler != nil {
		w.profiler.pollEnds()
	}
	w.timing.began = 0
	w.escaped = true
	defer w.done(t) // whether or not its Drop exits the goroutine
	v := recover()
	if err := task.Recovered(v); err != nil {
		t.ForHost().Panicked(w.cx, v, err.Stack)
		return
	}
	t.ForHost().Exited(w.cx)
}

// endPolls ends the polls of a round: no task is being polled or about to be, and those that have ended are no longer
// live.
func (w *worker) endPolls() {
	w.current.Store(0)
	if w.next != nil { // a panic or a Goexit has come between
		w.ready.Push(w.next)
		w.next = nil
	}
	w.label() // a future may have left others
	w.ended.forget()
}
