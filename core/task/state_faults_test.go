package task_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core/coretest/explore"
	"github.com/moduvex/moduvex-go/core/task"
)

// A fault is a possible mistake in the state machine: another result of next, a runner's event that is
// stored without a compare, or another treatment of the slot by a joiner that gives up. change returns
// false where it leaves next as it is.
type fault struct {
	name   string
	law    law // which the explorer finds broken first
	change func(w task.Word, e task.Event) (task.Word, task.Action, bool)
	torn   task.Event
	leave  func(s *state, j *joiner, own uint8)
}

// in changes next for the words with one state and all of some flags, at one event.
func in(s task.State, flags task.Word, e task.Event, to func(task.Word) (task.Word, task.Action)) func(task.Word, task.Event) (task.Word, task.Action, bool) {
	return func(w task.Word, at task.Event) (task.Word, task.Action, bool) {
		if at != e || w.State() != s || w&flags != flags {
			return w, task.ActNone, false
		}
		w, act := to(w)
		return w, act, true
	}
}

// after changes what next returns for one event, where that is legal.
func after(e task.Event, to func(old, w task.Word, act task.Action) (task.Word, task.Action)) func(task.Word, task.Event) (task.Word, task.Action, bool) {
	return func(old task.Word, at task.Event) (task.Word, task.Action, bool) {
		w, act := task.Next(old, e)
		if at != e || act == task.ActInvalid {
			return old, task.ActNone, false
		}
		w, act = to(old, w, act)
		return w, act, true
	}
}

// stays leaves the word as it is.
func stays(act task.Action) func(task.Word) (task.Word, task.Action) {
	return func(w task.Word) (task.Word, task.Action) { return w, act }
}

// drops cancels the task and makes the runner drop its future.
func drops(w task.Word) (task.Word, task.Action) {
	return w.To(task.Cancelled) &^ task.Notified, task.ActDrop
}

// goes moves the word to another state and sets a flag.
func goes(s task.State, flags task.Word, act task.Action) func(task.Word) (task.Word, task.Action) {
	return func(w task.Word) (task.Word, task.Action) { return w.To(s) | flags, act }
}

var faults = []fault{
	{name: "a wake while running is forgotten", law: lawWake,
		change: in(task.Running, 0, task.EvWake, stays(task.ActNone))},
	{name: "a wake while running pushes at once", law: lawQueue,
		change: in(task.Running, 0, task.EvWake, goes(task.Running, task.Notified, task.ActPush))},
	{name: "a wake of a scheduled task pushes again", law: lawQueue,
		change: in(task.Scheduled, 0, task.EvWake, stays(task.ActPush))},
	{name: "a wake schedules without pushing", law: lawWake,
		change: in(task.Idle, 0, task.EvWake, goes(task.Scheduled, 0, task.ActNone))},
	{name: "a wake revives a completed task", law: lawOver,
		change: in(task.Completed, 0, task.EvWake, goes(task.Scheduled, 0, task.ActPush))},

	{name: "an abort of an idle task does not queue it", law: lawAbort,
		change: in(task.Idle, 0, task.EvAbort, goes(task.Idle, abort, task.ActAbortMark))},
	{name: "an abort of an idle task finishes it on the spot", law: lawJoinDrop,
		change: in(task.Idle, 0, task.EvAbort, goes(task.Cancelled, abort|ends, task.ActAbortMark))},
	{name: "an abort while running is forgotten", law: lawAbort,
		change: in(task.Running, 0, task.EvAbort, stays(task.ActNone))},
	{name: "an abort while running pushes at once", law: lawValid,
		change: after(task.EvAbort, func(old, w task.Word, act task.Action) (task.Word, task.Action) {
			if act == task.ActAbortMark && old.State() == task.Running {
				act = task.ActAbortPush
			}
			return w, act
		})},
	{name: "a second abort takes as well", law: lawAbortOnce,
		change: in(task.Scheduled, abort, task.EvAbort, stays(task.ActAbortMark))},
	{name: "an abort changes a completed task", law: lawOver,
		change: in(task.Completed, 0, task.EvAbort, goes(task.Cancelled, 0, task.ActAbortMark))},

	{name: "run overwrites an abort that came before", law: lawAbort,
		change: in(task.Scheduled, abort, task.EvRun, func(w task.Word) (task.Word, task.Action) {
			return w.To(task.Running) &^ abort, task.ActPoll
		})},
	{name: "run is stored without a compare", law: lawAbort, torn: task.EvRun},
	{name: "pending is stored without a compare", law: lawWake, torn: task.EvPending},
	{name: "yield is stored without a compare", law: lawAbortOnce, torn: task.EvYield},
	{name: "ready is stored without a compare", law: lawValid, torn: task.EvReady},
	{name: "an aborted task is finished before its drop", law: lawJoinDrop,
		change: in(task.Scheduled, abort, task.EvRun, goes(task.Cancelled, ends, task.ActDrop))},
	{name: "a task aborted in its poll is finished before its drop", law: lawJoinDrop,
		change: in(task.Running, abort, task.EvPending, goes(task.Cancelled, ends, task.ActDrop))},
	{name: "a run of an idle task is allowed", law: lawRefuse,
		change: in(task.Idle, 0, task.EvRun, goes(task.Running, 0, task.ActPoll))},
	{name: "a run of a running task is allowed", law: lawRefuse,
		change: in(task.Running, 0, task.EvRun, stays(task.ActPoll))},

	{name: "a yield is forgotten", law: lawWake,
		change: in(task.Running, 0, task.EvYield, goes(task.Idle, 0, task.ActNone))},
	{name: "pending does not clear notified", law: lawFlags,
		change: in(task.Running, task.Notified, task.EvPending, goes(task.Scheduled, 0, task.ActPush))},
	{name: "pending always schedules", law: lawExtraPoll,
		change: in(task.Running, 0, task.EvPending, func(w task.Word) (task.Word, task.Action) {
			return w.To(task.Scheduled) &^ task.Notified, task.ActPush
		})},
	{name: "pending schedules a woken task and does not push it", law: lawWake,
		change: in(task.Running, task.Notified, task.EvPending, func(w task.Word) (task.Word, task.Action) {
			return w.To(task.Scheduled) &^ task.Notified, task.ActNone
		})},

	{name: "ready after an abort drops", law: lawDropReady,
		change: in(task.Running, abort, task.EvReady, drops)},
	{name: "a panic drops once more", law: lawDropOnce,
		change: in(task.Running, 0, task.EvPanic, drops)},
	{name: "finishing wakes no joiner", law: lawJoinWoken,
		change: after(task.EvReady, func(_, w task.Word, _ task.Action) (task.Word, task.Action) { return w, task.ActNone })},
	{name: "finishing leaves watched set", law: lawFlags,
		change: after(task.EvReady, func(old, w task.Word, act task.Action) (task.Word, task.Action) {
			return w | old&task.Watched, act
		})},
	{name: "finishing wakes where no joiner watches", law: lawSlot,
		change: after(task.EvReady, func(_, w task.Word, _ task.Action) (task.Word, task.Action) {
			return w, task.ActWakeJoiners
		})},
	{name: "the drop of an aborted task does not finish it", law: lawStuck,
		change: in(task.Cancelled, 0, task.EvFinish, stays(task.ActNone))},

	{name: "a claim ignores that the slot is claimed", law: lawSlot,
		change: in(task.Idle, task.Claimed, task.EvClaim, stays(task.ActNone))},
	{name: "a claim leaves watched set", law: lawSlot,
		change: after(task.EvClaim, func(old, w task.Word, act task.Action) (task.Word, task.Action) {
			return w | old&task.Watched, act
		})},
	{name: "a joiner parks although the task has finished", law: lawJoinWoken,
		change: in(task.Completed, task.Claimed, task.EvRelease, func(w task.Word) (task.Word, task.Action) {
			return w &^ task.Claimed, task.ActNone
		})},
	{name: "a joiner releases the slot and does not watch", law: lawJoinWoken,
		change: in(task.Running, task.Claimed, task.EvRelease, func(w task.Word) (task.Word, task.Action) {
			return w &^ task.Claimed, task.ActNone
		})},
	{name: "a joiner that gives up stays in the slot", law: lawJoinWoken,
		leave: func(s *state, j *joiner, _ uint8) { j.before = s.slot }},
	{name: "a joiner that gives up takes the others along", law: lawJoinWoken,
		leave: func(s *state, _ *joiner, _ uint8) { s.slot = 0 }},
	{name: "a joiner that gives up does not wake those left", law: lawJoinWoken,
		leave: func(s *state, _ *joiner, own uint8) { s.slot &^= own }},
	{name: "a joiner that gives up wakes itself", law: lawJoinWoken,
		leave: func(s *state, j *joiner, own uint8) { j.before = s.slot; s.slot &^= own }},
	{name: "take gives the output to every joiner", law: lawOutput,
		change: in(task.Completed, task.Taken, task.EvTake, stays(task.ActOutput))},
	{name: "take gives the output before there is one", law: lawOutput,
		change: in(task.Cancelled, 0, task.EvTake, stays(task.ActOutput))},

	{name: "a graceful future is not told of its abort", law: lawTold,
		change: in(task.Scheduled, abort|task.Graceful, task.EvRun, goes(task.Running, 0, task.ActPoll))},
	{name: "a graceful future is told twice", law: lawTold,
		change: in(task.Scheduled, abort|task.Graceful, task.EvRun, goes(task.Running, toldOf, task.ActUnwind))},
	{name: "a graceful task aborted in its poll goes idle", law: lawAbort,
		change: in(task.Running, abort|task.Graceful, task.EvPending, goes(task.Idle, 0, task.ActNone))},
	{name: "a graceful future is dropped by its abort", law: lawUnwind,
		change: in(task.Running, abort|task.Graceful, task.EvPending, goes(task.Cancelled, 0, task.ActDrop))},

	{name: "kill spares what is in a queue", law: lawStuck,
		change: in(task.Scheduled, 0, task.EvKill, stays(task.ActNone))},
	{name: "a kill of a running task is allowed", law: lawRefuse,
		change: in(task.Running, 0, task.EvKill, goes(task.Cancelled, 0, task.ActDrop))},
}

// TestExplorerFindsEveryFault puts one fault at a time into the state machine.
func TestExplorerFindsEveryFault(t *testing.T) {
	for _, f := range faults {
		found, states := kept, 0
		for _, m := range models() {
			if m.torn = f.torn; f.leave != nil {
				if !m.leavers {
					continue
				}
				m.leave = f.leave
			}
			if f.change != nil {
				m.next = func(w task.Word, e task.Event) (task.Word, task.Action) {
					if w, act, wrong := f.change(w, e); wrong {
						return w, act
					}
					return task.Next(w, e)
				}
			}
			x := explore.Run(&m, kept)
			if states += x.States; x.Broken != kept {
				found = x.Broken
				if found != f.law {
					t.Errorf("%s: found %q\n%s", f.name, found, x.Trace())
				}
				break
			}
		}
		if found == kept {
			t.Errorf("%s: not found in %d states", f.name, states)
		}
		t.Logf("%-58s %7d states: %v", f.name, states, found)
	}
}
