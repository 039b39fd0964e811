package task_test

import (
	"slices"
	"testing"

	"github.com/moduvex/moduvex-go/core/task"
)

// TestAnEventThatLosesItsSwapStillHappens: an actor loads the word, another actor changes it, and the swap
// of the first is lost. The outcome is that of the table: first the other event, then this one. All words that a
// task may have, and every two events, are tried.
func TestAnEventThatLosesItsSwapStillHappens(t *testing.T) {
	var lost, changed [task.Events]int
	for old := range task.Word(1 << task.WordBits) {
		if s := old.State(); s > task.Cancelled || old.Has(task.Finished) && s < task.Completed {
			continue
		}
		for other := range task.Event(task.Events) {
			between, act := task.Next(old, other)
			if act == task.ActInvalid || between == old {
				continue
			}
			for e := range task.Event(task.Events) {
				want, wantAct := task.Next(between, e)
				if undisturbed := actsAtOnce(old, e); undisturbed != nil {
					want, wantAct = between, *undisturbed
				} else {
					lost[e]++
					if _, act := task.Next(old, e); act != wantAct {
						changed[e]++
					}
				}
				var a task.AtomicWord
				a.Birth(between)
				if act := a.ApplyFrom(old, e); a.Load() != want || act != wantAct {
					t.Errorf("%v, then %v, which finds %v: have %v: %v, want %v: %v", state{word: old}, e,
						state{word: between}, state{word: a.Load()}, act, state{word: want}, wantAct)
				}
			}
		}
	}
	for e := range task.Event(task.Events) {
		if lost[e] == 0 {
			t.Errorf("%v: no swap was lost", e)
		}
		if changed[e] == 0 {
			t.Errorf("%v: no swap that was lost made a difference", e)
		}
	}
	t.Logf("lost swaps of each event: %v, those with another action than without: %v", lost, changed)
}

// actsAtOnce returns the action of an event that changes nothing, so that it has no swap to lose: it comes before
// the other event. It returns nil for events that swap. A wake that changes nothing swaps too, unless the
// task has finished.
func actsAtOnce(old task.Word, e task.Event) *task.Action {
	w, act := task.Next(old, e)
	if w != old || e == task.EvWake && !old.Has(task.Finished) {
		return nil
	}
	return &act
}

// TestAWakeThatChangesNothingComesBeforeThePollThatItIsFor: the task is Scheduled when the waker loads the word,
// and runs before its swap. The poll that has begun may have missed the reason of the wake.
func TestAWakeThatChangesNothingComesBeforeThePollThatItIsFor(t *testing.T) {
	var a task.AtomicWord
	a.Birth(task.Word(task.Scheduled))
	old := a.Load()
	a.Apply(task.EvRun)
	if act := a.ApplyFrom(old, task.EvWake); act != task.ActNone {
		t.Errorf("the wake of a running task: have %v, want none", act)
	}
	if act := a.Apply(task.EvPending); act != task.ActPush {
		t.Errorf("the end of the poll: have %v, want push", act)
	}
}

// TestAPushThatLosesItsSwapIsStillMade: the pusher has loaded the head, which changes
// before its swap.
func TestAPushThatLosesItsSwapIsStillMade(t *testing.T) {
	type steps = func(in *task.Inbox, ts []*task.Task)
	var (
		nothing   = func(*task.Inbox, []*task.Task) {}
		push0     = func(in *task.Inbox, ts []*task.Task) { in.Push(ts[0]) }
		push1     = func(in *task.Inbox, ts []*task.Task) { in.Push(ts[1]) }
		park      = func(in *task.Inbox, _ []*task.Task) { in.Park() }
		unpark    = func(in *task.Inbox, _ []*task.Task) { in.Unpark() }
		interrupt = func(in *task.Inbox, _ []*task.Task) { in.Interrupt() }
		take      = func(in *task.Inbox, _ []*task.Task) { in.TakeAll(new(task.Queue)) }
		closes    = func(in *task.Inbox, _ []*task.Task) { in.Close(new(task.Queue)) }
	)
	all := func(ss ...steps) steps {
		return func(in *task.Inbox, ts []*task.Task) {
			for _, s := range ss {
				s(in, ts)
			}
		}
	}
	const pushed = 9 // the number of the task
	for _, c := range []struct {
		name       string
		before     steps
		other      steps
		notify, ok bool
		left       []uint64
		same       bool // the head is again what it was, so no swap is lost
	}{
		{"empty, another push", nothing, push0, false, true, []uint64{0, pushed}, false},
		{"empty, the owner parks", nothing, park, true, true, []uint64{pushed}, false},
		{"empty, the owner parks and another push notifies", nothing, all(park, push0), false, true, []uint64{0, pushed}, false},
		{"empty, the owner closes", nothing, closes, false, false, nil, false},
		{"parked, another push", park, push0, false, true, []uint64{0, pushed}, false},
		{"parked, the owner has slept", park, unpark, false, true, []uint64{pushed}, false},
		{"parked, an interrupt", park, interrupt, false, true, []uint64{pushed}, false},
		{"parked, the owner has slept and closes", park, all(unpark, closes), false, false, nil, false},
		{"parked, the owner parks again", park, all(interrupt, park), true, true, []uint64{pushed}, true},
		{"a task, another push", push0, push1, false, true, []uint64{0, 1, pushed}, false},
		{"a task, which the owner takes", push0, take, false, true, []uint64{pushed}, false},
		{"a task, which the owner takes and parks", push0, all(take, park), true, true, []uint64{pushed}, false},
		{"a task, which the owner takes and closes", push0, all(take, closes), false, false, nil, false},
		{"a task, the owner closes", push0, closes, false, false, nil, false},
		{"two tasks, the last of which comes back alone", all(push0, push1), all(take, push1), false, true, []uint64{1, pushed}, true},
		{"two tasks, the first of which comes back", all(push0, push1), all(take, push0), false, true, []uint64{0, pushed}, false},
		{"closed", closes, nothing, false, false, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var in task.Inbox
			ts := makeTasks(2, 0)
			c.before(&in, ts)
			old := in.Head()
			c.other(&in, ts)
			if same := in.Head() == old; same != c.same {
				t.Fatalf("the head is what it was: %t", same)
			}
			last := makeTasks(1, pushed)[0]
			if notify, ok := in.PushOn(old, last); notify != c.notify || ok != c.ok {
				t.Errorf("have %t, %t, want %t, %t", notify, ok, c.notify, c.ok)
			}
			if !c.ok && last.Behind() != nil {
				t.Error("a task that was refused refers to another")
			}
			var q task.Queue
			in.TakeAll(&q)
			if left := drain(&q); !slices.Equal(left, c.left) {
				t.Errorf("the inbox has %v, want %v", left, c.left)
			}
		})
	}
}
