package runq_test

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor/internal/runq"
)

func TestInjectorIsFirstInFirstOut(t *testing.T) {
	var in runq.Injector
	var q task.Queue
	if in.Take(&q, 4); !in.Empty() || q.Len() != 0 {
		t.Fatal("not empty in the beginning")
	}
	ts := numberedTasks(100)
	for _, x := range ts[:50] {
		if in.Push(x); in.Empty() {
			t.Fatal("empty after a push")
		}
	}
	f := new(runq.FIFO)
	for _, x := range ts[50:] {
		f.Push(x)
	}
	if in.PushAll(f); f.Len() != 0 {
		t.Fatal("tasks were left behind")
	}
	for takes := 0; !in.Empty(); takes++ {
		if in.Take(&q, 3); takes > len(ts) {
			t.Fatal("it does not become empty")
		}
	}
	if got := popAll(&q); !slices.Equal(got, ts) {
		t.Error("not in order")
	}
}

func TestInjectorGivesEachWorkerItsShare(t *testing.T) {
	for workers := 1; workers <= 5; workers++ {
		for n := range 12 {
			var in runq.Injector
			for _, x := range numberedTasks(n) {
				in.Push(x)
			}
			for left := n; left > 0; {
				var q task.Queue
				in.Take(&q, workers)
				want := (left + workers - 1) / workers
				if left -= want; q.Len() != want || in.Empty() != (left == 0) {
					t.Fatalf("%d tasks, %d workers, %d left: took %d, want %d", n, workers, left, q.Len(), want)
				}
			}
		}
	}
}

func TestClosedInjectorForgets(t *testing.T) {
	var in runq.Injector
	var q task.Queue
	ts := numberedTasks(3)
	in.Push(ts[0])
	in.Push(ts[1])
	in.Close()
	in.Push(ts[2])
	f := new(runq.FIFO)
	f.Push(ts[2])
	in.PushAll(f)
	in.Close() // each worker does so
	if in.Take(&q, 1); q.Len() != 0 || !in.Empty() || f.Len() != 0 {
		t.Errorf("took %d tasks from a closed injector", q.Len())
	}
}

// TestInjectorUnderStress has several goroutines push and take at once.
func TestInjectorUnderStress(t *testing.T) {
	const pushers, takers, each = 3, 3, 5000
	var in runq.Injector
	var wg sync.WaitGroup
	var total atomic.Int64
	tasks := numberedTasks(pushers * each)
	seen := make([]atomic.Int32, len(tasks))
	for p := range pushers {
		wg.Go(func() {
			for _, x := range tasks[p*each : (p+1)*each] {
				in.Push(x)
			}
		})
	}
	deadline := time.Now().Add(testTimeout)
	for range takers {
		wg.Go(func() {
			var q task.Queue
			last := make([]int, pushers) // one more than the last number of each
			for total.Load() < int64(len(tasks)) && time.Now().Before(deadline) {
				in.Take(&q, takers)
				for _, x := range popAll(&q) {
					id := int(x.ID())
					if seen[id].Add(1) != 1 {
						t.Errorf("task %d was taken twice", id)
					}
					if p := id / each; id < last[p] {
						t.Errorf("task %d came after task %d", id, last[p]-1)
					} else {
						last[p] = id + 1
					}
					total.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if total.Load() != int64(len(tasks)) || !in.Empty() {
		t.Errorf("%d of %d tasks were taken", total.Load(), len(tasks))
	}
}
