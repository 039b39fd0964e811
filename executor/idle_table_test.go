package executor_test

import (
	"math/bits"
	"testing"

	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/internal/modetest"
)

// An idleRow is one of the table above nextIdle.
type idleRow struct {
	event executor.IdleEvent
	when  func(w executor.IdleWord, worker, n int) bool
	to    func(w executor.IdleWord, worker int) executor.IdleWord
	act   executor.IdleAction
}

func isAsleep(w executor.IdleWord, worker, _ int) bool { return w.Asleep(worker) }

// searchers is a condition on how many search, for a worker that is awake.
func searchers(ok func(k, n int) bool) func(executor.IdleWord, int, int) bool {
	return func(w executor.IdleWord, worker, n int) bool { return !w.Asleep(worker) && ok(w.Searchers(), n) }
}

func stay(w executor.IdleWord, _ int) executor.IdleWord  { return w }
func begin(w executor.IdleWord, _ int) executor.IdleWord { return w + executor.OneSearcher }
func end(w executor.IdleWord, _ int) executor.IdleWord   { return w - executor.OneSearcher }
func lie(w executor.IdleWord, worker int) executor.IdleWord {
	return w | 1<<worker
}
func endAndLie(w executor.IdleWord, worker int) executor.IdleWord {
	return lie(end(w, worker), worker)
}
func rise(w executor.IdleWord, worker int) executor.IdleWord { return w &^ (1 << worker) }

// choose wakes the sleeper with the lowest number.
func choose(w executor.IdleWord, _ int) executor.IdleWord {
	return w - executor.IdleWord(1)<<bits.TrailingZeros64(w.Sleepers()) + executor.OneSearcher
}

func isWanted(w executor.IdleWord, _, _ int) bool { return w.Searchers() == 0 && w.Sleepers() != 0 }

// idleTable is what nextIdle is meant to do; the rows exclude each other, and what no row has is
// invalid.
var idleTable = []idleRow{
	{executor.IdleSearch, searchers(func(k, n int) bool { return k < n-k }), begin, executor.IdleSteal},
	{executor.IdleSearch, searchers(func(k, n int) bool { return k >= n-k }), stay, executor.IdleNone},
	{executor.IdleFound, searchers(func(k, _ int) bool { return k > 1 }), end, executor.IdleNone},
	{executor.IdleFound, searchers(func(k, _ int) bool { return k == 1 }), end, executor.IdleReplace},
	{executor.IdleSleep, searchers(func(k, _ int) bool { return k > 0 }), lie, executor.IdleNone},
	{executor.IdleSleep, searchers(func(k, _ int) bool { return k == 0 }), lie, executor.IdleLook},
	{executor.IdleGiveUp, searchers(func(k, _ int) bool { return k > 1 }), endAndLie, executor.IdleNone},
	{executor.IdleGiveUp, searchers(func(k, _ int) bool { return k == 1 }), endAndLie, executor.IdleLook},
	{executor.IdleWake, isAsleep, rise, executor.IdleNone},
	{executor.IdleWake, searchers(func(k, _ int) bool { return k > 0 }), stay, executor.IdleSteal},
	{executor.IdleWork, isWanted, choose, executor.IdleNotify},
	{executor.IdleWork, func(w executor.IdleWord, worker, n int) bool { return !isWanted(w, worker, n) }, stay, executor.IdleNone},
}

// checkIdleTable compares nextIdle, and the transitions that idleState makes of it, with the table in
// every word of reached and for every event and worker. Every row must have been used by the agents.
func checkIdleTable(t *testing.T, reached idleMade) {
	t.Helper()
	type place struct {
		word executor.IdleWord
		n    int
	}
	places := make(map[place]bool)
	for use := range reached {
		places[place{use.word, use.n}] = true
	}
	used := make([]bool, len(idleTable))
	for p := range places {
		for worker := range p.n {
			for e := range executor.IdleEvent(executor.IdleEvents) {
				_, made := reached[idleUse{p.word, e, worker, p.n}]
				checkIdleEvent(t, p.word, e, worker, p.n, made, used)
			}
		}
	}
	for i, used := range used {
		if !used {
			t.Errorf("no agent has used row %d, of %v", i, idleTable[i].event)
		}
	}
}

func checkIdleEvent(t *testing.T, w executor.IdleWord, e executor.IdleEvent, worker, n int, made bool, used []bool) {
	t.Helper()
	want, act, rows := w, executor.IdleInvalid, 0
	for i, r := range idleTable {
		if r.event == e && r.when(w, worker, n) {
			want, act = r.to(w, worker), r.act
			rows++
			used[i] = used[i] || made
		}
	}
	if rows > 1 {
		t.Errorf("%v, %v of worker %d: %d rows", w, e, worker, rows)
	}
	have, did, chosen := executor.NextIdle(w, e, worker, n)
	if have != want || did != act {
		t.Errorf("%v, %v of worker %d: have %v: %v, want %v: %v", w, e, worker, have, did, want, act)
	}
	if did == executor.IdleNotify && (!w.Asleep(chosen) || have.Asleep(chosen)) {
		t.Errorf("%v, %v: chose %d", w, e, chosen)
	}
	s := executor.NewIdleState(w, n)
	if quiet := s.Quiet(); e == executor.IdleWork && quiet != (act == executor.IdleNone) {
		t.Errorf("%v: quiet is %t", w, quiet)
	}
	if hungry := s.Hungry(); hungry != (w.Sleepers() != 0 || w.Searchers() != 0) {
		t.Errorf("%v: hungry is %t", w, hungry)
	}
	if act == executor.IdleInvalid {
		defer func() {
			if recover() == nil {
				t.Errorf("%v, %v of worker %d: did not panic", w, e, worker)
			}
		}()
	}
	if did, by := s.Apply(e, worker); s.Load() != want || did != act || by != chosen {
		t.Errorf("%v, %v of worker %d, applied: have %v: %v", w, e, worker, s.Load(), did)
	}
}

// TestIdleWordHasRoomForAllThatMaySteal goes to the limits of the word, which the models are too small
// for.
func TestIdleWordHasRoomForAllThatMaySteal(t *testing.T) {
	if !modetest.First() {
		return
	}
	const n = executor.MaxStealing
	s := executor.NewIdleState(0, n)
	for i := range n {
		if act, _ := s.Apply(executor.IdleSleep, i); act != executor.IdleLook {
			t.Fatalf("worker %d: %v", i, act)
		}
	}
	if w := s.Load(); bits.OnesCount64(w.Sleepers()) != n || w.Searchers() != 0 {
		t.Fatalf("all sleep: %v", w)
	}
	for i := range n {
		if act, chosen := s.Apply(executor.IdleWork, 0); act != executor.IdleNotify || chosen != i {
			t.Fatalf("have %v of %d, want the lowest sleeper, %d", act, chosen, i)
		}
		if act, _ := s.Apply(executor.IdleWork, 0); act != executor.IdleNone {
			t.Fatalf("a second one was woken: %v", s.Load())
		}
		if act, _ := s.Apply(executor.IdleWake, i); act != executor.IdleSteal {
			t.Fatalf("worker %d: %v", i, act)
		}
		s.Apply(executor.IdleFound, i)
	}
	if w := s.Load(); w != 0 {
		t.Fatalf("nobody sleeps nor searches: %v", w)
	}
	for i := range n {
		want := executor.IdleSteal
		if i >= n/2 {
			want = executor.IdleNone
		}
		if act, _ := s.Apply(executor.IdleSearch, i); act != want {
			t.Fatalf("search of worker %d: %v, want %v", i, act, want)
		}
	}
	if k := s.Load().Searchers(); k != n/2 {
		t.Errorf("%d search, want %d", k, n/2)
	}
}
