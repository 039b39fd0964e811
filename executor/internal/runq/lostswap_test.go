package runq_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor/internal/runq"
)

// The tests of this file lose a swap on demand: they give a loop the word that was there before another actor's
// step.

func someTasks(n int) (ts []*task.Task) {
	for range n {
		ts = append(ts, &task.New(future.Ready(0)).Task)
	}
	return ts
}

// If another worker changes the word between the read and the swap of an event, the event is applied to the changed word.
func TestAnIdleEventThatLosesItsSwapIsAppliedAgain(t *testing.T) {
	const workers = 3
	events := []runq.IdleEvent{runq.IdleSearch, runq.IdleFound, runq.IdleSleep,
		runq.IdleGiveUp, runq.IdleWake, runq.IdleWork}
	lost := 0
	for searchers := range runq.IdleWord(workers) {
		for asleep := range runq.IdleWord(1 << workers) {
			old := searchers*runq.OneSearcher | asleep
			for _, mine := range events {
				if to, _, _ := runq.NextIdle(old, mine, 0, workers); to == old {
					continue // no swap
				}
				for _, others := range events {
					between, act, _ := runq.NextIdle(old, others, 1, workers)
					if act == runq.IdleInvalid || between == old {
						continue
					}
					want, wantAct, wantChosen := runq.NextIdle(between, mine, 0, workers)
					if wantAct == runq.IdleInvalid {
						continue // the other's step has no such worker beside it
					}
					s := runq.NewIdleState(between, workers)
					act, chosen := s.ApplyFrom(old, mine, 0)
					if s.Load() != want || act != wantAct || chosen != wantChosen {
						t.Fatalf("%v, then %v by another: %v after %v: have %v, %v, %d, want %v, %v, %d", old, others,
							mine, between, s.Load(), act, chosen, want, wantAct, wantChosen)
					}
					lost++
				}
			}
		}
	}
	if lost < 50 {
		t.Errorf("only %d swaps were lost", lost)
	}
}

// filled is a ring with n tasks, and another that is empty.
func filled(n int) (ring, thief *runq.Ring, ts []*task.Task) {
	ring, thief, ts = runq.NewRing(8, 1<<32-3), runq.NewRing(8, 5), someTasks(n)
	var f runq.FIFO
	for _, t := range ts {
		f.Push(t)
	}
	ring.Fill(&f, n)
	return ring, thief, ts
}

func TestATakeThatLosesItsSwapToAThiefTakesWhatIsLeft(t *testing.T) {
	for _, complete := range []bool{false, true} {
		ring, thief, ts := filled(6)
		ends := ring.Ends()
		theft := thief.Claim(ring) // the first three
		if complete {
			theft.Copy()
			theft.Release()
			theft.Publish()
		}
		var got [8]*task.Task
		if n := ring.TakeFrom(ends, got[:]); n != 3 || got[0] != ts[3] || got[2] != ts[5] {
			t.Fatalf("the owner took %d tasks, want the three that the thief has left", n)
		}
		if !complete {
			theft.Copy()
			theft.Release()
			theft.Publish()
		}
		if thief.Pop() != ts[0] || thief.Pop() != ts[1] || thief.Pop() != ts[2] || thief.Len() != 0 || ring.Room() != 8 {
			t.Error("the thief has not got the first three, or places are lost")
		}
	}
}

func TestAClaimThatLosesItsSwapClaimsOfWhatIsLeft(t *testing.T) {
	ring, _, _ := filled(6)
	ends := ring.Ends()
	ring.Pop()
	ring.Pop()
	if n := ring.ClaimFrom(ends, 8); n != 2 { // half of four
		t.Errorf("the thief claimed %d, want 2", n)
	}
	ring, thief, _ := filled(6)
	ends = ring.Ends()
	thief.Claim(ring)
	if n := ring.ClaimFrom(ends, 8); n != 0 {
		t.Errorf("a second thief claimed %d while the first was at work", n)
	}
}

func TestAReleaseThatLosesItsSwapToTheOwnerGivesAllPlacesBack(t *testing.T) {
	ring, thief, ts := filled(6)
	theft := thief.Claim(ring)
	theft.Copy()
	ends := ring.Ends()
	if ring.Pop() != ts[3] {
		t.Fatal("the owner took another task")
	}
	ring.ReleaseFrom(ends)
	if ring.Len() != 2 || ring.Room() != 6 || ring.Pop() != ts[4] || ring.Pop() != ts[5] {
		t.Errorf("%d tasks and room for %d are left", ring.Len(), ring.Room())
	}
}

// A task that comes after a worker's last search, and before the worker announces its sleep, counts on the search, or
// meets no sleeper: so the worker looks once more, and chooses itself.
func TestASleeperSeesTheTaskThatCameBeforeItSaidSo(t *testing.T) {
	arrive := map[string]func(s *runq.Sleeper){
		"in the injector":          func(s *runq.Sleeper) { s.Schedule(someTasks(1)[0]) },
		"in the ring of another":   func(s *runq.Sleeper) { s.Offer(1, someTasks(1)[0]) },
		"in a ring, one of a pair": func(s *runq.Sleeper) { s.Offer(1, someTasks(1)[0]); s.Offer(1, someTasks(1)[0]) },
		"nowhere":                  func(*runq.Sleeper) {},
	}
	for name, come := range arrive {
		for _, searching := range []bool{false, true} {
			s := runq.NewSleeper(2)
			if searching {
				s.Search()
			}
			come(s)
			s.AnnounceSleep()
			if w := s.Word(); w.Asleep(0) != (name == "nowhere") || w.Asleep(0) == (w.Searchers() == 1) {
				t.Errorf("%s, searching %t: the word is %v", name, searching, w)
			}
		}
	}
}
