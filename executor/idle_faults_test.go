package executor_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/internal/modetest"
)

// A mistake is one that the agents of a model make.
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
	newsComeAfterTheInterrupt
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
	// change gets what nextIdle answers, unless that is invalid, and returns what is answered instead.
	event  executor.IdleEvent
	change func(old executor.IdleWord, worker int, a idleAnswer) idleAnswer
}

type idleAnswer struct {
	to     executor.IdleWord
	act    executor.IdleAction
	chosen int
}

// acts answers with another action where it would be from.
func acts(from, instead executor.IdleAction) func(executor.IdleWord, int, idleAnswer) idleAnswer {
	return func(_ executor.IdleWord, _ int, a idleAnswer) idleAnswer {
		if a.act == from {
			a.act = instead
		}
		return a
	}
}

// moves changes where the word goes, if it goes anywhere.
func moves(to func(old, to executor.IdleWord, worker int) executor.IdleWord) func(executor.IdleWord, int, idleAnswer) idleAnswer {
	return func(old executor.IdleWord, worker int, a idleAnswer) idleAnswer {
		if a.to != old {
			a.to = to(old, a.to, worker)
		}
		return a
	}
}

var idleFaults = []idleFault{
	{name: "work ignores who searches", law: idleLawSearchers, event: executor.IdleWork,
		change: func(old executor.IdleWord, _ int, a idleAnswer) idleAnswer {
			if old.Sleepers() == 0 {
				return a
			}
			to, act, chosen := executor.NextIdle(executor.IdleWord(old.Sleepers()), executor.IdleWork, 0, 2)
			return idleAnswer{to + old - executor.IdleWord(old.Sleepers()), act, chosen}
		}},
	{name: "work does not count the one it chooses", law: idleLawCensus, event: executor.IdleWork,
		change: moves(func(_, to executor.IdleWord, _ int) executor.IdleWord { return to - executor.OneSearcher })},
	{name: "work leaves the one it chooses asleep", law: idleLawCensus, event: executor.IdleWork,
		change: moves(func(old, _ executor.IdleWord, _ int) executor.IdleWord { return old + executor.OneSearcher })},
	{name: "work does not notify", law: idleLawComing, event: executor.IdleWork,
		change: acts(executor.IdleNotify, executor.IdleNone)},
	{name: "work notifies another one than it has chosen", law: idleLawComing, event: executor.IdleWork,
		change: func(_ executor.IdleWord, _ int, a idleAnswer) idleAnswer { a.chosen = max(0, 1-a.chosen); return a }},
	{name: "work needs everybody asleep", law: idleLawLeft, event: executor.IdleWork,
		change: func(old executor.IdleWord, _ int, a idleAnswer) idleAnswer {
			if old.Sleepers()&1 == 0 {
				return idleAnswer{to: old}
			}
			return a
		}},

	{name: "search has no limit", law: idleLawSearchers, event: executor.IdleSearch,
		change: func(old executor.IdleWord, _ int, _ idleAnswer) idleAnswer {
			return idleAnswer{to: old + executor.OneSearcher, act: executor.IdleSteal}
		}},
	{name: "search is not counted", law: idleLawCensus, event: executor.IdleSearch,
		change: moves(func(old, _ executor.IdleWord, _ int) executor.IdleWord { return old })},
	{name: "found goes on being counted", law: idleLawCensus, event: executor.IdleFound,
		change: moves(func(old, _ executor.IdleWord, _ int) executor.IdleWord { return old })},
	{name: "found by the last one replaces nobody", law: idleLawLeft, event: executor.IdleFound,
		change: acts(executor.IdleReplace, executor.IdleNone)},
	{name: "sleep does not look where nobody searches", law: idleLawLeft, event: executor.IdleSleep,
		change: acts(executor.IdleLook, executor.IdleNone)},
	{name: "sleep does not say who", law: idleLawCensus, event: executor.IdleSleep,
		change: moves(func(old, _ executor.IdleWord, _ int) executor.IdleWord { return old })},
	{name: "give up by the last one does not look", law: idleLawLost, event: executor.IdleGiveUp,
		change: acts(executor.IdleLook, executor.IdleNone)},
	{name: "give up goes on being counted", law: idleLawCensus, event: executor.IdleGiveUp,
		change: moves(func(old, to executor.IdleWord, _ int) executor.IdleWord { return to + executor.OneSearcher })},
	{name: "give up does not say who sleeps", law: idleLawCensus, event: executor.IdleGiveUp,
		change: moves(func(_, to executor.IdleWord, worker int) executor.IdleWord { return to &^ (1 << worker) })},
	{name: "wake stays asleep", law: idleLawCensus, event: executor.IdleWake,
		change: moves(func(old, _ executor.IdleWord, _ int) executor.IdleWord { return old })},
	{name: "wake of the one that was chosen does not search", law: idleLawCensus, event: executor.IdleWake,
		change: acts(executor.IdleSteal, executor.IdleNone)},
	{name: "wake wakes everybody", law: idleLawCensus, event: executor.IdleWake,
		change: moves(func(old, _ executor.IdleWord, _ int) executor.IdleWord {
			return old - executor.IdleWord(old.Sleepers())
		})},

	{name: "a searcher polls what came before it searched", law: idleLawPolls, wrong: pollsWhileCounted},
	{name: "work is applied before the task is there", law: idleLawLost, wrong: workComesBeforeTheTask},
	{name: "a task that is alone in the injector needs no work", law: idleLawLost, wrong: onlyTaskNeedsNoWork},
	{name: "a notify between park and wait is lost", law: idleLawComing, wrong: notifyIsNotKept},
	{name: "who chooses notifies without an interrupt", law: idleLawNotify, wrong: notifyWithoutInterrupt},
	{name: "who chooses interrupts before the word is changed", law: idleLawComing, wrong: interruptsBeforeWork},
	{name: "a bound task does not notify", law: idleLawComing, wrong: sendDoesNotNotify},
	{name: "news are written after the interrupt", law: idleLawNews, wrong: newsComeAfterTheInterrupt},
	{name: "what becomes stealable is not announced", law: idleLawLeft, wrong: exposesSilently},
	{name: "what becomes stealable is announced before", law: idleLawLeft, wrong: exposesAfterWork},
	{name: "a reserve is not announced", law: idleLawLeft, wrong: reserveIsNotAnnounced},
	{name: "found does not look for more", law: idleLawLeft, wrong: foundReplacesNobody},
	{name: "the second look comes before give up", law: idleLawLost, wrong: looksBeforeGiveUp},
	{name: "the second look leaves out the injector", law: idleLawLost, wrong: looksAtRingsOnly},
	{name: "the second look leaves out the rings", law: idleLawLeft, wrong: looksAtTheInjectorOnly},
	{name: "the sleeper looks at the word before it parks", law: idleLawLost, wrong: looksAtTheWordBeforePark},
	{name: "the sleeper does not look at the word", law: idleLawComing, wrong: doesNotLookAtTheWord},
	{name: "who gives up forgets that it is counted", law: idleLawCensus, wrong: sleepForgetsTheSearch},
	{name: "the sleeper does not announce itself", law: idleLawEnd, wrong: sleepsUnannounced},
	{name: "a park that fails does not wake", law: idleLawValid, wrong: failedParkDoesNotWake},
	{name: "the inbox stays parked", law: idleLawEnd, wrong: inboxStaysParked},
}

// TestIdleExplorerFindsEveryFault makes one mistake at a time. Under the race detector the models are too
// small for some.
func TestIdleExplorerFindsEveryFault(t *testing.T) {
	if !modetest.First() || raceDetector {
		return
	}
	for _, f := range idleFaults {
		found, states := idleKept, 0
		for _, m := range idleModels() {
			m.wrong = f.wrong
			if f.change != nil {
				m.next = func(w executor.IdleWord, e executor.IdleEvent, worker, n int) (executor.IdleWord, executor.IdleAction, int) {
					to, act, chosen := executor.NextIdle(w, e, worker, n)
					if e != f.event || act == executor.IdleInvalid {
						return to, act, chosen
					}
					a := f.change(w, worker, idleAnswer{to, act, chosen})
					return a.to, a.act, a.chosen
				}
			}
			x := exploreIdle(&m)
			if states += len(x.visited); x.broken != idleKept {
				if found = x.broken; found != f.law {
					t.Errorf("%s: found %q in %s\n%s", f.name, found, m.name, x.trace())
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
