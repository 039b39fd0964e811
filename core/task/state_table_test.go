package task_test

import (
	"fmt"
	"testing"

	"github.com/moduvex/moduvex-go/core/task"
)

// A row is one of the table above next: words in one of the states from, with all the flags of has
// and none of those of hasNot, go to the state to, gain set and lose clear.
type row struct {
	event       task.Event
	from        []task.State
	has, hasNot task.Word
	to          task.State
	set, clear  task.Word
	act         task.Action
}

const same task.State = 0xff

var (
	idle      = []task.State{task.Idle}
	scheduled = []task.State{task.Scheduled}
	running   = []task.State{task.Running}
	cancelled = []task.State{task.Cancelled}
	over      = []task.State{task.Completed, task.Cancelled}
	waiting   = []task.State{task.Idle, task.Scheduled}
	active    = []task.State{task.Scheduled, task.Running}
	anywhere  = []task.State{task.Idle, task.Scheduled, task.Running, task.Completed, task.Cancelled}
)

const (
	abort  = task.AbortRequested
	ends   = task.Finished
	toldOf = task.Unwinding
)

// table is what next must do; if several rows match, the first one counts.
var table = []row{
	{task.EvWake, idle, 0, 0, task.Scheduled, 0, 0, task.ActPush},
	{task.EvWake, running, 0, 0, same, task.Notified, 0, task.ActNone},
	{task.EvWake, scheduled, 0, 0, same, 0, 0, task.ActNone},
	{task.EvWake, over, 0, 0, same, 0, 0, task.ActNone},

	{task.EvAbort, over, 0, 0, same, 0, 0, task.ActNone},
	{task.EvAbort, anywhere, abort, 0, same, 0, 0, task.ActNone},
	{task.EvAbort, idle, 0, 0, task.Scheduled, abort, 0, task.ActAbortPush},
	{task.EvAbort, active, 0, 0, same, abort, 0, task.ActAbortMark},

	{task.EvRun, scheduled, 0, abort, task.Running, 0, 0, task.ActPoll},
	{task.EvRun, scheduled, abort, task.Graceful, task.Cancelled, 0, 0, task.ActDrop},
	{task.EvRun, scheduled, abort | task.Graceful, toldOf, task.Running, toldOf, 0, task.ActUnwind},
	{task.EvRun, scheduled, abort | task.Graceful | toldOf, 0, task.Running, 0, 0, task.ActPoll},
	{task.EvRun, over, 0, 0, same, 0, 0, task.ActNone},

	{task.EvPending, running, abort, task.Graceful, task.Cancelled, 0, task.Notified, task.ActDrop},
	{task.EvPending, running, abort | task.Graceful, toldOf, task.Scheduled, 0, task.Notified, task.ActPush},
	{task.EvPending, running, task.Notified, 0, task.Scheduled, 0, task.Notified, task.ActPush},
	{task.EvPending, running, 0, 0, task.Idle, 0, 0, task.ActNone},

	{task.EvYield, running, abort, task.Graceful, task.Cancelled, 0, task.Notified, task.ActDrop},
	{task.EvYield, running, 0, 0, task.Scheduled, 0, task.Notified, task.ActPush},

	{task.EvReady, running, task.Watched, 0, task.Completed, ends, task.Notified | task.Watched, task.ActWakeJoiners},
	{task.EvReady, running, 0, 0, task.Completed, ends, task.Notified, task.ActNone},
	{task.EvPanic, running, task.Watched, 0, task.Completed, ends, task.Notified | task.Watched, task.ActWakeJoiners},
	{task.EvPanic, running, 0, 0, task.Completed, ends, task.Notified, task.ActNone},
	{task.EvCancelled, running, task.Watched, 0, task.Cancelled, ends, task.Notified | task.Watched, task.ActWakeJoiners},
	{task.EvCancelled, running, 0, 0, task.Cancelled, ends, task.Notified, task.ActNone},
	{task.EvFinish, cancelled, task.Watched, ends, same, ends, task.Watched, task.ActWakeJoiners},
	{task.EvFinish, cancelled, 0, ends, same, ends, 0, task.ActNone},

	{task.EvKill, waiting, 0, 0, task.Cancelled, abort, 0, task.ActDrop},
	{task.EvKill, over, 0, 0, same, 0, 0, task.ActNone},

	{task.EvClaim, anywhere, ends, 0, same, 0, 0, task.ActOutput},
	{task.EvClaim, anywhere, task.Claimed, 0, same, 0, 0, task.ActRetry},
	{task.EvClaim, anywhere, 0, 0, same, task.Claimed, task.Watched, task.ActNone},
	{task.EvRelease, anywhere, task.Claimed | ends, 0, same, 0, task.Claimed, task.ActOutput},
	{task.EvRelease, anywhere, task.Claimed, 0, same, task.Watched, task.Claimed, task.ActNone},
	{task.EvTake, anywhere, ends | task.Taken, 0, same, 0, 0, task.ActAlreadyJoined},
	{task.EvTake, anywhere, ends, 0, same, task.Taken, 0, task.ActOutput},
	{task.EvTake, anywhere, 0, 0, same, 0, 0, task.ActPending},
}

func (r *row) matches(w task.Word, e task.Event) bool {
	in := false
	for _, s := range r.from {
		in = in || s == w.State()
	}
	return in && e == r.event && w&r.has == r.has && w&r.hasNot == 0
}

func (r *row) apply(w task.Word) (task.Word, task.Action) {
	w = w&^r.clear | r.set
	if r.to != same {
		w = w.To(r.to)
	}
	return w, r.act
}

// checkTable compares next, and the transitions of atomicWord, with the table for every word
// of reached and every event: an event without a row is invalid. The agents must have used every
// row.
func checkTable(t *testing.T, reached *made) {
	t.Helper()
	used := make([]bool, len(table))
	for w := range task.Word(len(reached)) {
		if reached[w] == ([task.Events]bool{}) {
			continue
		}
		for e := range task.Event(task.Events) {
			want, act := w, task.ActInvalid
			for i := range table {
				if r := &table[i]; r.matches(w, e) {
					want, act = r.apply(w)
					used[i] = used[i] || reached[w][e]
					break
				}
			}
			if have, did := task.Next(w, e); have != want || did != act {
				t.Errorf("next: %v, %v: have %v: %v, want %v: %v",
					state{word: w}, e, state{word: have}, did, state{word: want}, act)
			}
			var a task.AtomicWord
			a.Birth(w)
			if did := a.Apply(e); a.Load() != want || did != act {
				t.Errorf("transition: %v, %v: have %v: %v, want %v: %v",
					state{word: w}, e, state{word: a.Load()}, did, state{word: want}, act)
			}
		}
	}
	for i, r := range table {
		if !used[i] {
			t.Errorf("no agent has used the row %v", fmt.Sprint(r))
		}
	}
}
