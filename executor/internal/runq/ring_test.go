package runq_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor/internal/racetest"
	"github.com/moduvex/moduvex-go/executor/internal/runq"
)

// Where the numbers of a ring begin: at 0, and shortly before they wrap around.
var ringStarts = []uint32{0, math.MaxUint32 - 5, math.MaxUint32, math.MaxInt32 - 2}

// numberedTasks makes n tasks with the numbers from 0 on.
func numberedTasks(n int) []*task.Task {
	ts := make([]*task.Task, n)
	for i := range ts {
		ts[i] = new(task.Task)
		ts[i].ForHost().Bind(nil, uint64(i))
	}
	return ts
}

// fill puts ts into q and returns what does not fit.
func fill(q *runq.Ring, ts ...*task.Task) *runq.FIFO {
	f := new(runq.FIFO)
	refill(q, f, ts...)
	return f
}

// refill is fill by way of f, and returns how many are left in it.
func refill(q *runq.Ring, f *runq.FIFO, ts ...*task.Task) int {
	for _, t := range ts {
		f.Push(t)
	}
	q.Fill(f, len(ts))
	return f.Len()
}

// popAll empties q.
func popAll(q interface{ Pop() *task.Task }) (ts []*task.Task) {
	for t := q.Pop(); t != nil; t = q.Pop() {
		ts = append(ts, t)
	}
	return ts
}

// holdsOnly checks that the slots of q hold these tasks and nothing else.
func holdsOnly(t *testing.T, what string, q *runq.Ring, want ...*task.Task) {
	t.Helper()
	n := 0
	for _, held := range q.Slots() {
		if held == nil {
			continue
		}
		if n++; !slices.Contains(want, held) {
			t.Errorf("%s: task %d is still held", what, held.ID())
		}
	}
	if n != len(want) {
		t.Errorf("%s: %d tasks are held, want %d", what, n, len(want))
	}
}

func TestStealingRingIsFirstInFirstOut(t *testing.T) {
	for _, start := range ringStarts {
		q := runq.NewRing(4, start)
		for round := range 5 {
			ts := numberedTasks(3)
			if rest := fill(q, ts...); rest.Len() != 0 || q.Len() != 3 || q.Room() != 1 {
				t.Fatalf("from %d, round %d: len %d, room %d, %d left", start, round, q.Len(), q.Room(), rest.Len())
			}
			if got := popAll(q); !slices.Equal(got, ts) {
				t.Fatalf("from %d, round %d: not in order", start, round)
			}
			if q.Pop() != nil || q.Len() != 0 || q.Room() != 4 {
				t.Fatalf("from %d, round %d: not empty", start, round)
			}
		}
	}
}

func TestStealingRingTakesWhatFits(t *testing.T) {
	for _, start := range ringStarts {
		q, ts := runq.NewRing(4, start), numberedTasks(7)
		rest := fill(q, ts...)
		if q.Len() != 4 || q.Room() != 0 || rest.Len() != 3 {
			t.Fatalf("from %d: len %d, room %d, %d left", start, q.Len(), q.Room(), rest.Len())
		}
		if q.Fill(rest, 4); rest.Len() != 3 {
			t.Fatalf("from %d: a full ring took something", start)
		}
		if q.Pop() != ts[0] {
			t.Fatalf("from %d: not in order", start)
		}
		if q.Fill(rest, 4); rest.Len() != 2 {
			t.Fatalf("from %d: %d are left, want 2", start, rest.Len())
		}
		if got := append(popAll(q), popAll(rest)...); !slices.Equal(got, ts[1:]) {
			t.Fatalf("from %d: not in order", start)
		}
	}
}

func TestStealingRingGivesSeveralAtOnce(t *testing.T) {
	for _, start := range ringStarts {
		for n := range 5 {
			for some := range 6 {
				q, ts, got := runq.NewRing(4, start), numberedTasks(n), make([]*task.Task, some)
				fill(q, ts...)
				want := min(n, some)
				if taken := q.Take(got); taken != want || q.Len() != n-want || q.Room() != 4-n+want {
					t.Fatalf("from %d, %d of %d: took %d; len %d, room %d", start, some, n, taken, q.Len(), q.Room())
				}
				if !slices.Equal(got[:want], ts[:want]) {
					t.Fatalf("from %d, %d of %d: not in order", start, some, n)
				}
				holdsOnly(t, "the ring", q, ts[want:]...)
			}
		}
	}
}

func TestStealTakesHalfRoundedUpFromTheFront(t *testing.T) {
	for _, start := range ringStarts {
		for n := range 9 {
			for room := range 9 {
				victim, thief := runq.NewRing(8, start), runq.NewRing(8, ^start)
				ts := numberedTasks(n)
				fill(victim, ts...)
				own := numberedTasks(8 - room)
				fill(thief, own...)
				want := min((n+1)/2, room)
				if got := thief.StealFrom(victim); got != want || thief.Len() != 8-room+want || victim.Len() != n-want {
					t.Fatalf("%d tasks, room for %d: stole %d, want %d; %d and %d are there", n, room, got, want, thief.Len(), victim.Len())
				}
				holdsOnly(t, "the victim", victim, ts[want:]...)
				holdsOnly(t, "the thief", thief, append(own, ts[:want]...)...)
				if got := popAll(thief); !slices.Equal(got, append(own, ts[:want]...)) {
					t.Fatalf("%d tasks, room for %d: the loot is not in order", n, room)
				}
				if got := popAll(victim); !slices.Equal(got, ts[want:]) {
					t.Fatalf("%d tasks, room for %d: the rest is not in order", n, room)
				}
				holdsOnly(t, "the victim", victim)
				holdsOnly(t, "the thief", thief)
			}
		}
	}
}

// While a thief copies, the owner goes on behind its share, no other thief steals, and the places are not reused.
func TestStealInProgressHoldsItsPlaces(t *testing.T) {
	for _, start := range ringStarts {
		victim, thief, other := runq.NewRing(4, start), runq.NewRing(4, 0), runq.NewRing(4, 0)
		ts := numberedTasks(6)
		fill(victim, ts[:4]...)
		theft := thief.Claim(victim)
		if theft.Claimed() != 2 || victim.Len() != 2 || victim.Room() != 0 {
			t.Fatalf("claimed %d; len %d, room %d", theft.Claimed(), victim.Len(), victim.Room())
		}
		if other.StealFrom(victim) != 0 || other.Claim(victim).Claimed() != 0 {
			t.Error("a second thief stole during the theft")
		}
		if victim.Pop() != ts[2] || victim.Room() != 0 {
			t.Errorf("the owner did not go on behind the claim, or has room for %d", victim.Room())
		}
		if rest := fill(victim, ts[4]); rest.Len() != 1 {
			t.Error("the owner has used a place of the theft")
		}
		theft.Copy()
		if victim.Pop() != ts[3] || victim.Pop() != nil || victim.Room() != 0 {
			t.Errorf("the owner did not go on, or has room for %d", victim.Room())
		}
		theft.Release()
		if victim.Room() != 4 || victim.Len() != 0 || thief.Len() != 0 {
			t.Errorf("room %d, want all; len %d; the thief has %d", victim.Room(), victim.Len(), thief.Len())
		}
		theft.Publish()
		if got := popAll(thief); !slices.Equal(got, ts[:2]) {
			t.Error("the loot is not what was claimed")
		}
		fill(victim, ts[4:]...)
		if other.StealFrom(victim) != 1 || victim.Pop() != ts[5] {
			t.Error("no theft after a theft")
		}
	}
}

// TestStealUnderStress has an owner that fills and pops, and thieves that rob it and each other, while the numbers of the
// rings wrap around.
func TestStealUnderStress(t *testing.T) {
	const thieves, size = 3, 4
	n := 20000
	if racetest.Enabled {
		n = 4000
	}
	tasks := numberedTasks(n)
	seen := make([]atomic.Int32, n)
	var total, stolen atomic.Int64
	count := func(x *task.Task) {
		if seen[x.ID()].Add(1) != 1 {
			t.Errorf("task %d was seen twice", x.ID())
		}
		total.Add(1)
	}
	rings := make([]*runq.Ring, 1+thieves)
	for i := range rings {
		rings[i] = runq.NewRing(size, uint32(-n/8))
	}
	deadline := time.Now().Add(testTimeout)
	over := func() bool { return total.Load() == int64(n) || time.Now().After(deadline) }
	var wg sync.WaitGroup
	for i := range thieves {
		own := rings[1+i]
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(i), 0))
			for !over() {
				if victim := rings[rng.IntN(len(rings))]; victim != own {
					n := own.StealFrom(victim)
					if stolen.Add(int64(n)); n == 0 {
						runtime.Gosched()
					}
				}
				if rng.IntN(4) == 0 { // else the others may rob it, too
					for _, x := range popAll(own) {
						count(x)
					}
					runtime.Gosched() // there are more thieves than processors
				}
			}
		})
	}
	var hand [2]*task.Task
	f, next, rng := new(runq.FIFO), 0, rand.New(rand.NewPCG(0, 1))
	for !over() {
		for ; f.Len() < size && next < n; next++ {
			f.Push(tasks[next])
		}
		rings[0].Fill(f, size)
		switch rng.IntN(16) {
		case 0, 1, 2:
			for _, x := range hand[:rings[0].Take(hand[:1+rng.IntN(2)])] {
				count(x)
			}
		default:
			runtime.Gosched() // to the thieves
		}
	}
	wg.Wait()
	if total.Load() != int64(n) {
		t.Fatalf("%d of %d tasks were seen", total.Load(), n)
	}
	for _, q := range rings {
		holdsOnly(t, "in the end", q)
	}
	t.Logf("%d tasks, %d times stolen", n, stolen.Load())
}

func BenchmarkStealingRing(b *testing.B) {
	b.Run("fill and pop", func(b *testing.B) {
		q, f, ts := runq.NewRing(256, 0), new(runq.FIFO), numberedTasks(128)
		b.ReportAllocs()
		for i := 0; i < b.N; i += len(ts) {
			for _, t := range ts {
				f.Push(t)
			}
			q.Fill(f, len(ts))
			for q.Pop() != nil {
			}
		}
	})
	// A theft of half of n, and its loot popped, which is the price of "fill and pop" without the fill.
	for _, n := range []int{2, 16, 256} {
		b.Run(fmt.Sprintf("steal %d and pop", n/2), func(b *testing.B) {
			victim, thief, f, ts := runq.NewRing(256, 0), runq.NewRing(256, 0), new(runq.FIFO), numberedTasks(n/2)
			refill(victim, f, numberedTasks(n-n/2)...)
			b.ReportAllocs()
			for range b.N {
				refill(victim, f, ts...)
				thief.StealFrom(victim)
				for i := range ts {
					ts[i] = thief.Pop()
				}
			}
		})
	}
}
