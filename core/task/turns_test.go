package task_test

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"weak"

	"github.com/moduvex/moduvex-go/core/task"
)

// A model of Turns is two slices: those that wait, in order, and those that have a turn.
func TestTurnsAreGivenInOrderOneForEachThing(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 2))
		var log []int
		bells := make([]*bell, 1+r.IntN(60))
		for i := range bells {
			bells[i] = &bell{log: &log, n: i}
		}
		var turns task.Turns
		var waiting, woken []int
		without := func(ns []int, n int) []int {
			return slices.DeleteFunc(ns, func(m int) bool { return m == n })
		}
		things := 0
		for range 2000 {
			n := r.IntN(len(bells))
			switch r.IntN(5) {
			case 0, 1:
				turns.Wait(bells[n])
				if woken = without(woken, n); !slices.Contains(waiting, n) {
					waiting = append(waiting, n)
				}
			case 2:
				if waited := turns.Leave(bells[n]); waited != slices.Contains(waiting, n) {
					t.Fatalf("seed %d: Leave says %t of one that waits, or does not", seed, waited)
				}
				waiting, woken = without(waiting, n), without(woken, n)
			case 3:
				things++
			case 4:
				things = max(0, things-1)
			}
			var want []int
			for len(woken) < things && len(waiting) > 0 {
				want = append(want, waiting[0])
				woken, waiting = append(woken, waiting[0]), waiting[1:]
			}
			log = nil
			wake := turns.Next(things)
			if wake.Wake(); !slices.Equal(log, want) {
				t.Fatalf("seed %d: %v are woken, want %v", seed, log, want)
			}
		}
		log = nil
		all := turns.TakeAll()
		if all.Wake(); !slices.Equal(log, waiting) {
			t.Fatalf("seed %d: %v are woken at the end, want %v", seed, log, waiting)
		}
		turns.Wait(bells[0])
		if wake := turns.Next(1); wake.Len() != 1 {
			t.Fatalf("seed %d: turns from before TakeAll are left", seed)
		}
	}
}

// One that is over gets no turn, and the turn that it had is given to another.
func TestTurnsPassOverWhatIsOver(t *testing.T) {
	var log []int
	var turns task.Turns
	bells := make([]*bell, 4)
	for i := range bells {
		bells[i] = &bell{log: &log, n: i}
		turns.Wait(bells[i])
	}
	next := func(things int, want ...int) {
		t.Helper()
		log = nil
		wake := turns.Next(things)
		if wake.Wake(); !slices.Equal(log, want) {
			t.Errorf("%v are woken, want %v", log, want)
		}
	}
	bells[0].over = true
	next(1, 1)
	next(1)
	bells[1].over = true
	next(1, 2)
	bells[2].over, bells[3].over = true, true
	next(1)
	if turns.Leave(bells[3]) {
		t.Error("one that is over waits")
	}
}

// Turns keep nothing of those that have left.
func TestTurnsKeepNothingThatHasLeft(t *testing.T) {
	const n = 40 // more than are looked through one by one
	turns := new(task.Turns)
	left := func() (all []weak.Pointer[bell]) {
		var bells []*bell
		for i := range n {
			b := &bell{n: i, log: new([]int)}
			bells = append(bells, b)
			all = append(all, weak.Make(b))
			turns.Wait(b)
		}
		turns.Next(n / 2)
		for _, b := range bells[:n-1] {
			turns.Leave(b)
		}
		turns.Next(1)
		turns.TakeAll()
		return all
	}()
	runtime.GC()
	for i, b := range left {
		if b.Value() != nil {
			t.Errorf("waker %d is kept", i)
		}
	}
	runtime.KeepAlive(turns)
}

// A queue of waiters is gone through in linear time.
func BenchmarkTurns(b *testing.B) {
	var log []int
	var turns task.Turns
	bells := make([]*bell, 10_000)
	for i := range bells {
		bells[i] = &bell{log: &log, n: i}
	}
	b.ReportAllocs()
	for i := range b.N {
		w := bells[i%len(bells)]
		if i%len(bells) == 0 {
			for _, w := range bells {
				turns.Wait(w)
			}
		}
		turns.Next(1)
		turns.Leave(w)
	}
}
