package task_test

import (
	"fmt"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/task"
)

// forever is a future that never completes.
type forever struct{}

func (forever) Poll(*core.Context) (int, bool) { return 0, false }

// yields is a future that wakes itself in every poll.
type yields struct{}

func (yields) Poll(cx *core.Context) (int, bool) {
	cx.Yield()
	return 0, false
}

// once is a future that completes at once.
type once struct{}

func (once) Poll(*core.Context) (int, bool) { return 1, true }

// latch is a scheduler for one task: it notes that the task is scheduled.
type latch struct{ pushed int }

func (l *latch) Schedule(*task.Task) { l.pushed++ }

// parkedTask returns a task that was polled once, with what wakes and runs it.
func parkedTask(tb testing.TB) (*task.Slot[int], *core.Context) {
	h := coretest.New(1)
	tb.Cleanup(h.Close)
	s := task.New[int](&forever{})
	s.ForHost().Bind(&task.Home{Scheduler: &latch{}}, 1)
	cx := core.NewContext(h)
	if out := s.ForHost().Run(cx); out != core.Parked {
		tb.Fatalf("have %v, want Parked", out)
	}
	return s, cx
}

func TestNewIsOneAllocation(t *testing.T) {
	f := &once{} // the future is the caller's
	var keep *task.Slot[int]
	if have := testing.AllocsPerRun(1000, func() { keep = task.New[int](f) }); have != 1 {
		t.Errorf("%v allocations, want 1", have)
	}
	_ = keep
}

func TestWakeRunAndPendingAllocateNothing(t *testing.T) {
	s, cx := parkedTask(t)
	if have := testing.AllocsPerRun(1000, func() {
		s.Wake()
		s.ForHost().Run(cx)
	}); have != 0 {
		t.Errorf("%v allocations, want none", have)
	}
}

// TestSpawnRunJoinIsOneAllocation: the whole life beside the future, on a host.
func TestSpawnRunJoinIsOneAllocation(t *testing.T) {
	h := newHost(t)
	f := &once{}
	if have := testing.AllocsPerRun(1000, func() {
		s := task.New[int](f)
		h.Spawn(&s.Task)
		h.Step()
		s.Take()
	}); have != 1 {
		t.Errorf("%v allocations, want 1", have)
	}
}

func TestAbortAndDropAllocateNothing(t *testing.T) {
	const n = 1000
	h := newHost(t)
	slots := make([]*task.Slot[int], n+1) // AllocsPerRun calls once more, to warm up
	for i := range slots {
		slots[i] = task.New[int](&forever{})
		h.Spawn(&slots[i].Task)
	}
	h.Run()
	i := 0
	if have := testing.AllocsPerRun(n, func() {
		slots[i].Abort()
		h.Step()
		i++
	}); have != 0 {
		t.Errorf("%v allocations, want none", have)
	}
}

func BenchmarkNext(b *testing.B) {
	w := task.Word(task.Idle)
	for b.Loop() {
		w, _ = task.Next(w, task.EvWake)
		w, _ = task.Next(w, task.EvRun)
		w, _ = task.Next(w, task.EvPending)
	}
}

// BenchmarkTransitions is the word's part of a wake and a poll: three compare-and-swaps.
func BenchmarkTransitions(b *testing.B) {
	var w task.AtomicWord
	w.Birth(task.Word(task.Idle))
	for b.Loop() {
		w.Apply(task.EvWake)
		w.Apply(task.EvRun)
		w.Apply(task.EvPending)
	}
}

func BenchmarkWakeOfAScheduledTask(b *testing.B) {
	s, _ := parkedTask(b)
	s.Wake()
	for b.Loop() {
		s.Wake()
	}
}

func BenchmarkWakeRun(b *testing.B) {
	s, cx := parkedTask(b)
	b.ReportAllocs()
	for b.Loop() {
		s.Wake()
		s.ForHost().Run(cx)
	}
}

// BenchmarkYieldRun is a task that wakes itself: two transitions a poll.
func BenchmarkYieldRun(b *testing.B) {
	h := newHost(b)
	s := task.New[int](&yields{})
	s.ForHost().Bind(&task.Home{Scheduler: &latch{}}, 1)
	cx := core.NewContext(h)
	b.ReportAllocs()
	for b.Loop() {
		s.ForHost().Run(cx)
	}
}

// BenchmarkSpawnRunJoin is the life of a task without a host. The goroutine beside it does as
// much.
func BenchmarkSpawnRunJoin(b *testing.B) {
	b.Run("task", func(b *testing.B) {
		cx := core.NewContext(newHost(b))
		home := &task.Home{Scheduler: &latch{}}
		f := &once{}
		b.ReportAllocs()
		for b.Loop() {
			s := task.New[int](f)
			s.ForHost().Bind(home, 1)
			s.ForHost().Run(cx)
			s.Take()
		}
	})
	b.Run("goroutine", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			result := make(chan int, 1)
			go func() { result <- 1 }()
			<-result
		}
	})
}

func BenchmarkQueue(b *testing.B) {
	var q task.Queue
	ts := makeTasks(64, 0)
	for b.Loop() {
		for _, t := range ts {
			q.Push(t)
		}
		for q.Pop() != nil {
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(ts)), "ns/task")
}

func BenchmarkInbox(b *testing.B) {
	for _, n := range []int{1, 64} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var in task.Inbox
			var q task.Queue
			ts := makeTasks(n, 0)
			for b.Loop() {
				for _, t := range ts {
					in.Push(t)
				}
				in.TakeAll(&q)
				for q.Pop() != nil {
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/task")
		})
	}
}

func BenchmarkInboxParkPush(b *testing.B) {
	var in task.Inbox
	var q task.Queue
	t := makeTasks(1, 0)[0]
	for b.Loop() {
		in.Park()
		in.Push(t)
		in.Unpark()
		in.TakeAll(&q)
		q.Pop()
	}
}

// BenchmarkSet inserts and removes one task beside others.
func BenchmarkSet(b *testing.B) {
	for _, n := range []int{0, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var s task.Set
			for _, t := range makeTasks(n, 1) {
				s.Insert(t)
			}
			t := makeTasks(1, 0)[0]
			b.ReportAllocs()
			for b.Loop() {
				s.Insert(t)
				s.Remove(t)
			}
		})
	}
}
