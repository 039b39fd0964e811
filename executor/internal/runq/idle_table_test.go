package runq_test

import (
	"math/bits"
	"testing"

	"github.com/moduvex/moduvex-go/executor/internal/runq"
)

// An idleRow is one of the table above nextIdle.
type idleRow struct {
	event runq.IdleEvent
	when  func(w runq.IdleWord, worker, n int) bool
	to    func(w runq.IdleWord, worker int) runq.IdleWord
	act   runq.IdleAction
}

func isAsleep(w runq.IdleWord, worker, _ int) bool { return w.Asleep(worker) }

// searchers is a condition on how many search, for a worker that is awake.
func searchers(ok func(k, n int) bool) func(runq.IdleWord, int, int) bool {
	return func(w runq.IdleWord, worker, n int) bool { return !w.Asleep(worker) && ok(w.Searchers(), n) }
}

func stay(w runq.IdleWord, _ int) runq.IdleWord  { return w }
func begin(w runq.IdleWord, _ int) runq.IdleWord { return w + runq.OneSearcher }
func end(w runq.IdleWord, _ int) runq.IdleWord   { return w - runq.OneSearcher }
func lie(w runq.IdleWord, worker int) runq.IdleWord {
	return w | 1<<worker
}
func endAndLie(w runq.IdleWord, worker int) runq.IdleWord {
	return lie(end(w, worker), worker)
}
func rise(w runq.IdleWord, worker int) runq.IdleWord { return w &^ (1 << worker) }

// choose wakes the sleeper with the lowest number.
func choose(w runq.IdleWord, _ int) runq.IdleWord {
	return w - runq.IdleWord(1)<<bits.TrailingZeros64(w.Sleepers()) + runq.OneSearcher
}

func isWanted(w runq.IdleWord, _, _ int) bool { return w.Searchers() == 0 && w.Sleepers() != 0 }

// idleTable says what nextIdle must do. The rows exclude each other, and an event without a row is invalid.
var idleTable = []idleRow{
	{runq.IdleSearch, searchers(func(k, n int) bool { return k < n-k }), begin, runq.IdleSteal},
	{runq.IdleSearch, searchers(func(k, n int) bool { return k >= n-k }), stay, runq.IdleNone},
	{runq.IdleFound, searchers(func(k, _ int) bool { return k > 1 }), end, runq.IdleNone},
	{runq.IdleFound, searchers(func(k, _ int) bool { return k == 1 }), end, runq.IdleReplace},
	{runq.IdleSleep, searchers(func(k, _ int) bool { return k > 0 }), lie, runq.IdleNone},
	{runq.IdleSleep, searchers(func(k, _ int) bool { return k == 0 }), lie, runq.IdleLook},
	{runq.IdleGiveUp, searchers(func(k, _ int) bool { return k > 1 }), endAndLie, runq.IdleNone},
	{runq.IdleGiveUp, searchers(func(k, _ int) bool { return k == 1 }), endAndLie, runq.IdleLook},
	{runq.IdleWake, isAsleep, rise, runq.IdleNone},
	{runq.IdleWake, searchers(func(k, _ int) bool { return k > 0 }), stay, runq.IdleSteal},
	{runq.IdleWork, isWanted, choose, runq.IdleNotify},
	{runq.IdleWork, func(w runq.IdleWord, worker, n int) bool { return !isWanted(w, worker, n) }, stay, runq.IdleNone},
}

// checkIdleTable compares nextIdle, and the transitions that idleState makes of it, with the table in
// every word of reached and for every event and worker. Every row must have been used by the agents.
func checkIdleTable(t *testing.T, reached idleMade) {
	t.Helper()
	type place struct {
		word runq.IdleWord
		n    int
	}
	places := make(map[place]bool)
	for use := range reached {
		places[place{use.word, use.n}] = true
	}
	used := make([]bool, len(idleTable))
	for p := range places {
		for worker := range p.n {
			for e := range runq.IdleEvent(runq.IdleEvents) {
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

func checkIdleEvent(t *testing.T, w runq.IdleWord, e runq.IdleEvent, worker, n int, made bool, used []bool) {
	t.Helper()
	want, act, rows := w, runq.IdleInvalid, 0
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
	have, did, chosen := runq.NextIdle(w, e, worker, n)
	if have != want || did != act {
		t.Errorf("%v, %v of worker %d: have %v: %v, want %v: %v", w, e, worker, have, did, want, act)
	}
	if did == runq.IdleNotify && (!w.Asleep(chosen) || have.Asleep(chosen)) {
		t.Errorf("%v, %v: chose %d", w, e, chosen)
	}
	s := runq.NewIdleState(w, n)
	if nobody := s.WakesNobody(); e == runq.IdleWork && nobody != (act == runq.IdleNone) {
		t.Errorf("%v: wakesNobody is %t", w, nobody)
	}
	if anyIdle := s.AnyIdle(); anyIdle != (w.Sleepers() != 0 || w.Searchers() != 0) {
		t.Errorf("%v: anyIdle is %t", w, anyIdle)
	}
	if act == runq.IdleInvalid {
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

// TestIdleWordHasRoomForAllThatMaySteal tests the limits of the word, for which the models are too small.
func TestIdleWordHasRoomForAllThatMaySteal(t *testing.T) {
	const n = runq.MaxStealing
	s := runq.NewIdleState(0, n)
	for i := range n {
		if act, _ := s.Apply(runq.IdleSleep, i); act != runq.IdleLook {
			t.Fatalf("worker %d: %v", i, act)
		}
	}
	if w := s.Load(); bits.OnesCount64(w.Sleepers()) != n || w.Searchers() != 0 {
		t.Fatalf("all sleep: %v", w)
	}
	for i := range n {
		if act, chosen := s.Apply(runq.IdleWork, 0); act != runq.IdleNotify || chosen != i {
			t.Fatalf("have %v of %d, want the lowest sleeper, %d", act, chosen, i)
		}
		if act, _ := s.Apply(runq.IdleWork, 0); act != runq.IdleNone {
			t.Fatalf("a second one was woken: %v", s.Load())
		}
		if act, _ := s.Apply(runq.IdleWake, i); act != runq.IdleSteal {
			t.Fatalf("worker %d: %v", i, act)
		}
		s.Apply(runq.IdleFound, i)
	}
	if w := s.Load(); w != 0 {
		t.Fatalf("a worker sleeps or searches: %v", w)
	}
	for i := range n {
		want := runq.IdleSteal
		if i >= n/2 {
			want = runq.IdleNone
		}
		if act, _ := s.Apply(runq.IdleSearch, i); act != want {
			t.Fatalf("search of worker %d: %v, want %v", i, act, want)
		}
	}
	if k := s.Load().Searchers(); k != n/2 {
		t.Errorf("%d search, want %d", k, n/2)
	}
}
