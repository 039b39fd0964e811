package task_test

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/moduvex/moduvex-go/core/task"
)

// holds fails the test unless the set has exactly the tasks with these numbers.
func holds(t *testing.T, s *task.Set, want map[uint64]*task.Task) {
	t.Helper()
	have := s.Tasks()
	if len(have) != len(want) || s.Len() != len(want) {
		t.Fatalf("have %d tasks, Len is %d, want %d", len(have), s.Len(), len(want))
	}
	for _, x := range have {
		if want[x.ID()] != x {
			t.Fatalf("task %d is not in the set, or twice", x.ID())
		}
	}
	ids := make(map[uint64]bool)
	for _, x := range have {
		ids[x.ID()] = true
	}
	if len(ids) != len(want) {
		t.Fatal("a task is twice in the set")
	}
}

func TestTakingATaskOutTwicePanics(t *testing.T) {
	var s task.Set
	tasks := makeTasks(2, 1)
	s.Insert(tasks[0])
	s.Insert(tasks[1])
	indexes := []uint32{tasks[0].ForHost().IndexInSet()}
	s.RemoveAll(indexes)
	defer func() {
		if v := recover(); v != "task: a task was taken out of its Set twice" {
			t.Errorf("have %v", v)
		}
	}()
	s.RemoveAll(indexes)
}

func TestSetAgainstAMap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var s task.Set
	want := make(map[uint64]*task.Task)
	var in []*task.Task
	var indexes []uint32
	id := uint64(0)
	for round := range 200 {
		for range r.IntN(100) {
			id++
			x := makeTasks(1, id)[0]
			s.Insert(x)
			in, want[id] = append(in, x), x
		}
		for range r.IntN(100) {
			if len(in) == 0 {
				break
			}
			i := r.IntN(len(in))
			x := in[i]
			in[i] = in[len(in)-1]
			in = in[:len(in)-1]
			delete(want, x.ID())
			if r.IntN(2) == 0 {
				indexes = append(indexes, x.ForHost().IndexInSet())
				continue
			}
			s.Remove(x)
			s.Remove(x) // a second time does nothing
		}
		s.RemoveAll(indexes)
		indexes = indexes[:0]
		if round%50 == 49 {
			for _, x := range in {
				s.Remove(x)
				delete(want, x.ID())
			}
			in = in[:0]
		}
		holds(t, &s, want)
	}
}

func TestSetTakesATaskAgain(t *testing.T) {
	var s task.Set
	ts := makeTasks(3, 0)
	for range 5 {
		for _, x := range ts {
			s.Insert(x)
		}
		for _, x := range slices.Backward(ts) {
			s.Remove(x)
		}
	}
	holds(t, &s, nil)
}

// TestSetGivesItsMemoryBack: after a peak it keeps a few chunks, and still works.
func TestSetGivesItsMemoryBack(t *testing.T) {
	var s task.Set
	ts := makeTasks(20000, 0)
	for range 3 {
		for _, x := range ts {
			s.Insert(x)
		}
		for i := range ts { // in an order that is not that of the indexes
			s.Remove(ts[i*7919%len(ts)])
		}
		holds(t, &s, nil)
		if have := s.Chunks(); have > 8 {
			t.Errorf("an empty set keeps %d chunks", have)
		}
	}
}

// TestSetReusesIndexes: as long as it does not grow, it allocates nothing.
func TestSetReusesIndexes(t *testing.T) {
	var s task.Set
	ts := makeTasks(1000, 0)
	for _, x := range ts {
		s.Insert(x)
	}
	for _, x := range ts[:500] {
		s.Remove(x)
	}
	before := s.Chunks()
	if avg := testing.AllocsPerRun(100, func() {
		for _, x := range ts[:500] {
			s.Insert(x)
		}
		for _, x := range ts[:500] {
			s.Remove(x)
		}
	}); avg != 0 {
		t.Errorf("%v allocations a round, want none", avg)
	}
	if s.Chunks() != before {
		t.Errorf("have %d chunks, want %d", s.Chunks(), before)
	}
}

// TestSetIsListedWhileItChanges: every list has the tasks that are in the set all the time.
func TestSetIsListedWhileItChanges(t *testing.T) {
	var s task.Set
	stay := makeTasks(100, 0)
	for _, x := range stay {
		s.Insert(x)
	}
	var wg sync.WaitGroup
	for w := range 2 {
		wg.Go(func() {
			ts := makeTasks(600, uint64(1000*(w+1)))
			for range 20 {
				for _, x := range ts {
					s.Insert(x)
				}
				for _, x := range ts {
					s.Remove(x)
				}
			}
		})
	}
	for range 100 {
		n := 0
		for _, x := range s.Tasks() {
			if x.ID() < 100 {
				n++
			}
		}
		if n != len(stay) || s.Len() < n {
			t.Fatalf("listed %d tasks that are in it, want %d", n, len(stay))
		}
	}
	wg.Wait()
	if s.Len() != len(stay) {
		t.Errorf("have %d tasks, want %d", s.Len(), len(stay))
	}
}
