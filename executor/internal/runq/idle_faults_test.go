package runq_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core/coretest/explore"
	"github.com/moduvex/moduvex-go/executor/internal/racetest"
	"github.com/moduvex/moduvex-go/executor/internal/runq"
)

// A mistake is one of the agents of a model.
type mistake uint8

const (
	noMistake mistake = iota
	pollsWhileCounted
	workComesBeforeTheTask
	onlyTaskNeedsNoWork
	notifyIsNotKept
	notifyWithoutInterrupt
	interruptsBeforeWork
	sendDoesNotNotify
	noticeComesAfterTheInterrupt
	exposesSilently
	exposesAfterWork
	reserveIsNotAnnounced
	foundReplacesNobody
	looksBeforeGiveUp
	looksAtRingsOnly
	looksAtTheInjectorOnly
	looksAtTheWordBeforePark
	doesNotLookAtTheWord
	sleepForgetsTheSearch
	sleepsUnannounced
	failedParkDoesNotWake
	inboxStaysParked
)

// An idleFault is a mistake in the function, or one of the agents.
type idleFault struct {
	name  string
	law   idleLaw // which the exploration finds broken first
	wrong mistake
	// change gets what nextIdle returns, unless that is invalid, and returns what is to take its place.
	event  runq.IdleEvent
	change func(old runq.IdleWord, worker int, a idleAnswer) idleAnswer
}

type idleAnswer struct {
	to     runq.IdleWord
	act    runq.IdleAction
	chosen int
}

// acts replaces the action from by another.
func acts(from, instead runq.IdleAction) func(runq.IdleWord, int, idleAnswer) idleAnswer {
	return func(_ runq.IdleWord, _ int, a idleAnswer) idleAnswer {
		if a.act == from {
			a.act = instead
		}
		return a
	}
}

// moves changes the new word, if it differs from the old one.
func moves(to func(old, to runq.IdleWord, worker int) runq.IdleWord) func(runq.IdleWord, int, idleAnswer) idleAnswer {
	return func(old runq.IdleWord, worker int, a idleAnswer) idleAnswer {
		if a.to != old {
			a.to = to(old, a.to, worker)
		}
		return a
	}
}

var idleFaults = []idleFault{
	{name: "work ignores the searchers", law: idleLawSearchers, event: runq.IdleWork,
		change: func(old runq.IdleWord, _ int, a idleAnswer) idleAnswer {
			if old.Sleepers() == 0 {
				return a
			}
			to, act, chosen := runq.NextIdle(runq.IdleWord(old.Sleepers()), runq.IdleWork, 0, 2)
			return idleAnswer{to + old - runq.IdleWord(old.Sleepers()), act, chosen}
		}},
	{name: "work does not count the one it chooses", law: idleLawCensus, event: runq.IdleWork,
		change: moves(func(_, to runq.IdleWord, _ int) runq.IdleWord { return to - runq.OneSearcher })},
	{name: "work leaves the one it chooses asleep", law: idleLawCensus, event: runq.IdleWork,
		change: moves(func(old, _ runq.IdleWord, _ int) runq.IdleWord { return old + runq.OneSearcher })},
	{name: "work does not notify", law: idleLawComing, event: runq.IdleWork,
		change: acts(runq.IdleNotify, runq.IdleNone)},
	{name: "work notifies another one than it has chosen", law: idleLawComing, event: runq.IdleWork,
		change: func(_ runq.IdleWord, _ int, a idleAnswer) idleAnswer { a.chosen = max(0, 1-a.chosen); return a }},
	{name: "work needs all workers asleep", law: idleLawLeft, event: runq.IdleWork,
		change: func(old runq.IdleWord, _ int, a idleAnswer) idleAnswer {
			if old.Sleepers()&1 == 0 {
				return idleAnswer{to: old}
			}
			return a
		}},

	{name: "search has no limit", law: idleLawSearchers, event: runq.IdleSearch,
		change: func(old runq.IdleWord, _ int, _ idleAnswer) idleAnswer {
			return idleAnswer{to: old + runq.OneSearcher, act: runq.IdleSteal}
		}},
	{name: "search is not counted", law: idleLawCensus, event: runq.IdleSearch,
		change: moves(func(old, _ runq.IdleWord, _ int) runq.IdleWord { return old })},
	{name: "found goes on being counted", law: idleLawCensus, event: runq.IdleFound,
		change: moves(func(old, _ runq.IdleWord, _ int) runq.IdleWord { return old })},
	{name: "found by the last one replaces nobody", law: idleLawLeft, event: runq.IdleFound,
		change: acts(runq.IdleReplace, runq.IdleNone)},
	{name: "sleep does not look where no worker searches", law: idleLawLeft, event: runq.IdleSleep,
		change: acts(runq.IdleLook, runq.IdleNone)},
	{name: "sleep does not mark the sleeper", law: idleLawCensus, event: runq.IdleSleep,
		change: moves(func(old, _ runq.IdleWord, _ int) runq.IdleWord { return old })},
	{name: "give up by the last one does not look", law: idleLawLost, event: runq.IdleGiveUp,
		change: acts(runq.IdleLook, runq.IdleNone)},
	{name: "give up goes on being counted", law: idleLawCensus, event: runq.IdleGiveUp,
		change: moves(func(old, to runq.IdleWord, _ int) runq.IdleWord { return to + runq.OneSearcher })},
	{name: "give up does not mark the sleeper", law: idleLawCensus, event: runq.IdleGiveUp,
		change: moves(func(_, to runq.IdleWord, worker int) runq.IdleWord { return to &^ (1 << worker) })},
	{name: "wake stays asleep", law: idleLawCensus, event: runq.IdleWake,
		change: moves(func(old, _ runq.IdleWord, _ int) runq.IdleWord { return old })},
	{name: "wake of the one that was chosen does not search", law: idleLawCensus, event: runq.IdleWake,
		change: acts(runq.IdleSteal, runq.IdleNone)},
	{name: "wake wakes all sleepers", law: idleLawCensus, event: runq.IdleWake,
		change: moves(func(old, _ runq.IdleWord, _ int) runq.IdleWord {
			return old - runq.IdleWord(old.Sleepers())
		})},

	{name: "a searcher polls what came before it searched", law: idleLawPolls, wrong: pollsWhileCounted},
	{name: "work is applied before the task is there", law: idleLawLost, wrong: workComesBeforeTheTask},
	{name: "a task that is alone in the injector needs no work", law: idleLawLost, wrong: onlyTaskNeedsNoWork},
	{name: "a notify between park and wait is lost", law: idleLawComing, wrong: notifyIsNotKept},
	{name: "the agent that chooses notifies without an interrupt", law: idleLawNotify, wrong: notifyWithoutInterrupt},
	{name: "the agent that chooses interrupts before it changes the word", law: idleLawComing, wrong: interruptsBeforeWork},
	{name: "a bound task does not notify", law: idleLawComing, wrong: sendDoesNotNotify},
	{name: "a notice is written after the interrupt", law: idleLawNotice, wrong: noticeComesAfterTheInterrupt},
	{name: "a task becomes stealable unannounced", law: idleLawLeft, wrong: exposesSilently},
	{name: "a task is announced before it becomes stealable", law: idleLawLeft, wrong: exposesAfterWork},
	{name: "a reserve is not announced", law: idleLawLeft, wrong: reserveIsNotAnnounced},
	{name: "found does not look for more", law: idleLawLeft, wrong: foundReplacesNobody},
	{name: "the second look comes before give up", law: idleLawLost, wrong: looksBeforeGiveUp},
	{name: "the second look leaves out the injector", law: idleLawLost, wrong: looksAtRingsOnly},
	{name: "the second look leaves out the rings", law: idleLawLeft, wrong: looksAtTheInjectorOnly},
	{name: "the sleeper looks at the word before it parks", law: idleLawLost, wrong: looksAtTheWordBeforePark},
	{name: "the sleeper does not look at the word", law: idleLawComing, wrong: doesNotLookAtTheWord},
	{name: "a searcher that gives up forgets that it is counted", law: idleLawCensus, wrong: sleepForgetsTheSearch},
	{name: "the sleeper does not announce itself", law: idleLawEnd, wrong: sleepsUnannounced},
	{name: "a park that fails does not wake", law: idleLawValid, wrong: failedParkDoesNotWake},
	{name: "the inbox stays parked", law: idleLawEnd, wrong: inboxStaysParked},
}

// TestIdleExplorerFindsEveryFault makes one mistake at a time. Under the race detector the models are too
// small for some.
func TestIdleExplorerFindsEveryFault(t *testing.T) {
	if racetest.Enabled {
		return
	}
	for _, f := range idleFaults {
		found, states := idleKept, 0
		for _, m := range idleModels() {
			m.wrong = f.wrong
			if f.change != nil {
				m.next = func(w runq.IdleWord, e runq.IdleEvent, worker, n int) (runq.IdleWord, runq.IdleAction, int) {
					to, act, chosen := runq.NextIdle(w, e, worker, n)
					if e != f.event || act == runq.IdleInvalid {
						return to, act, chosen
					}
					a := f.change(w, worker, idleAnswer{to, act, chosen})
					return a.to, a.act, a.chosen
				}
			}
			x := explore.Run(&m, idleLawEnd)
			if states += x.States; x.Broken != idleKept {
				if found = x.Broken; found != f.law {
					t.Errorf("%s: found %q in %s\n%s", f.name, found, m.name, x.Trace())
				}
				break
			}
		}
		if found == idleKept {
			t.Errorf("%s: not found in %d states", f.name, states)
		}
		t.Logf("%-58s %7d states: %v", f.name, states, found)
	}
}
