package task_test

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"weak"

	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
)

// A bell notes in a log that it was woken, and can be over.
type bell struct {
	log  *[]int
	n    int
	over bool
}

func (b *bell) Wake()          { *b.log = append(*b.log, b.n) }
func (b *bell) Finished() bool { return b.over }

// A model of a WakerSet is a slice. A waker that is over may be in the set or not.
func TestAWakerSetIsWhatAListWouldBe(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		most := 1 + r.IntN(200)
		var log []int
		var set task.WakerSet
		var model []*bell
		fresh := 0
		for range 2000 {
			switch k := r.IntN(10); {
			case k < 5 || len(model) == 0:
				if len(model) >= most {
					break
				}
				b := &bell{log: &log, n: fresh}
				fresh++
				if !set.Add(b) {
					t.Fatal("a new waker was there already")
				}
				model = append(model, b)
			case k == 5:
				if b := model[r.IntN(len(model))]; !b.over && set.Add(b) {
					t.Fatal("a waker was added twice")
				}
			case k < 9:
				i := r.IntN(len(model))
				b := model[i]
				model = slices.Delete(model, i, i+1)
				if removed := set.Remove(b); !removed && !b.over {
					t.Fatal("a waker was not there")
				}
				if set.Remove(b) {
					t.Fatal("a waker was there after its removal")
				}
			default:
				model[r.IntN(len(model))].over = true
			}
			if wrong := set.Invariant(); wrong != "" {
				t.Fatalf("seed %d: %s", seed, wrong)
			}
			live := 0
			for _, b := range model {
				if !b.over {
					live++
				}
			}
			if n := set.Len(); n < live || n > len(model) || set.Empty() != (n == 0) {
				t.Fatalf("seed %d: Len %d, empty %t; there are %d, %d of them not over", seed, n, set.Empty(), len(model), live)
			}
			first := set.First()
			if (first == nil) != set.Empty() {
				t.Fatalf("seed %d: First is %v of %d", seed, first, set.Len())
			}
			for _, b := range model {
				if first == b {
					break
				} else if !b.over {
					t.Fatalf("seed %d: First is not the first, nor over", seed)
				}
			}
		}
		var want []int
		over := map[int]bool{}
		for _, b := range model {
			want = append(want, b.n)
			over[b.n] = b.over
		}
		all := set.TakeAll()
		if !set.Empty() {
			t.Fatal("it is not empty after TakeAll")
		}
		all.Wake()
		live := func(ns []int) []int {
			return slices.DeleteFunc(slices.Clone(ns), func(n int) bool { return over[n] })
		}
		if !slices.Equal(live(log), live(want)) {
			t.Fatalf("seed %d: woken %v, want %v", seed, log, want)
		}
		if !slices.IsSorted(log) {
			t.Fatal("they were not woken in the order in which they came")
		}
	}
}

// A set releases memory when wakers leave, and does not grow while as many come as leave.
func TestAWakerSetGivesItsRoomBack(t *testing.T) {
	var log []int
	var set task.WakerSet
	set.Add(&bell{log: &log})
	const n = 10_000
	for range 5 {
		var crowd []*bell
		for range n {
			b := &bell{log: &log}
			crowd = append(crowd, b)
			set.Add(b)
		}
		if room := set.Room(); room < n || room > 4*n {
			t.Errorf("room for %d, there are %d", room, n)
		}
		for _, b := range crowd {
			set.Remove(b)
		}
		if room := set.Room(); room > 8*task.FewWakers {
			t.Errorf("room for %d, there is one", room)
		}
	}
	for range n {
		b := &bell{log: &log}
		set.Add(b)
		set.Remove(b)
		c := &bell{log: &log, over: true}
		set.Add(c)
		if room := set.Room(); room > 8*task.FewWakers {
			t.Fatalf("room for %d, there is one", room)
		}
	}
}

// The joiners of a task are woken in the order in which they came, however the task ends; a joiner that was
// removed is not woken.
func TestJoinersAreWokenInTheOrderInWhichTheyCame(t *testing.T) {
	for name, end := range map[string]func(h *coretest.Host, s *task.Slot[int]){
		"run":   func(h *coretest.Host, s *task.Slot[int]) { h.Run() },
		"abort": func(h *coretest.Host, s *task.Slot[int]) { s.Abort(); h.Run() },
		"kill":  func(h *coretest.Host, s *task.Slot[int]) { s.ForHost().Kill(nil) },
	} {
		for _, n := range []int{1, 2, task.FewWakers + 1, 100} {
			h := newHost(t)
			s := task.New(future.Ready(1))
			h.Spawn(&s.Task)
			var log, want []int
			for i := range n {
				b, gone := &bell{log: &log, n: i}, &bell{log: &log, n: -1}
				s.Watch(b)
				s.Watch(gone)
				s.Watch(b)
				s.Unwatch(gone)
				want = append(want, i)
			}
			end(h, s)
			if !slices.Equal(log, want) {
				t.Errorf("%s, %d joiners: woken %v", name, n, log)
			}
		}
	}
}

func TestASingleJoinerAllocatesNothing(t *testing.T) {
	s := task.New(future.Pending[int]())
	var log []int
	b := &bell{log: &log}
	if n := testing.AllocsPerRun(100, func() {
		if !s.Watch(b) {
			t.Error("the task has finished")
		}
		s.Unwatch(b)
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

// A flag is a waker of which a task needs only one.
type flag struct {
	up bool
	_  [64]byte
}

func (f *flag) Wake() { f.up = true }

func TestAWakerThatIsSharedIsMadeOnce(t *testing.T) {
	for before := range 4 {
		for after := range 4 {
			s := task.New(future.Ready(1))
			h := newHost(t)
			h.Spawn(&s.Task)
			var log []int
			for range before {
				s.Watch(&bell{log: &log})
			}
			f, ok := task.WatchShared(&s.Task, func() *flag { return new(flag) })
			if !ok {
				t.Fatal("the task has finished")
			}
			for range after {
				s.Watch(&bell{log: &log})
			}
			g, ok := task.WatchShared(&s.Task, func() *flag { return new(flag) })
			if !ok || f != g {
				t.Fatalf("%d before, %d after: there are two", before, after)
			}
			s.Unwatch(f)
			made, _ := task.WatchShared(&s.Task, func() *flag { return new(flag) })
			if made == f {
				t.Fatal("one that was taken back is shared")
			}
			h.Run()
			if f.up || !made.up || len(log) != before+after {
				t.Errorf("%d before, %d after: woken %t, %t, %d others", before, after, f.up, made.up, len(log))
			}
			if _, ok := task.WatchShared(&s.Task, func() *flag { t.Error("made for nothing"); return nil }); ok {
				t.Error("it watches a task that has ended")
			}
			gone := weak.Make(made)
			made = nil
			for n := 0; gone.Value() != nil && n < 10; n++ {
				runtime.GC()
			}
			if gone.Value() != nil {
				t.Error("it is kept by the task")
			}
			runtime.KeepAlive(s)
		}
	}
}
