package task_test

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"weak"

	"github.com/moduvex/moduvex-go/core/task"
)

// The model of a WaitQueue is two slices: the wakers that wait, in order, and those that were woken.
func TestAWaitQueueWakesInOrderOneForEachItem(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 2))
		var log []int
		bells := make([]*bell, 1+r.IntN(60))
		for i := range bells {
			bells[i] = &bell{log: &log, n: i}
		}
		var queue task.WaitQueue
		var waiting, woken []int
		without := func(ns []int, n int) []int {
			return slices.DeleteFunc(ns, func(m int) bool { return m == n })
		}
		items := 0
		for range 2000 {
			n := r.IntN(len(bells))
			switch r.IntN(5) {
			case 0, 1:
				queue.Wait(bells[n])
				if woken = without(woken, n); !slices.Contains(waiting, n) {
					waiting = append(waiting, n)
				}
			case 2:
				if waited := queue.Leave(bells[n]); waited != slices.Contains(waiting, n) {
					t.Fatalf("seed %d: Leave says %t of a waker that waits, or does not", seed, waited)
				}
				waiting, woken = without(waiting, n), without(woken, n)
			case 3:
				items++
			case 4:
				items = max(0, items-1)
			}
			var want []int
			for len(woken) < items && len(waiting) > 0 {
				want = append(want, waiting[0])
				woken, waiting = append(woken, waiting[0]), waiting[1:]
			}
			log = nil
			wake := queue.Next(items)
			if wake.Wake(); !slices.Equal(log, want) {
				t.Fatalf("seed %d: %v are woken, want %v", seed, log, want)
			}
		}
		log = nil
		all := queue.TakeAll()
		if all.Wake(); !slices.Equal(log, waiting) {
			t.Fatalf("seed %d: %v are woken at the end, want %v", seed, log, waiting)
		}
		queue.Wait(bells[0])
		if wake := queue.Next(1); wake.Len() != 1 {
			t.Fatalf("seed %d: woken wakers from before TakeAll are left", seed)
		}
	}
}

// A waker that is finished is not woken, and if it was woken before, the next one is woken in its place.
func TestAWaitQueuePassesOverFinishedWakers(t *testing.T) {
	var log []int
	var queue task.WaitQueue
	bells := make([]*bell, 4)
	for i := range bells {
		bells[i] = &bell{log: &log, n: i}
		queue.Wait(bells[i])
	}
	next := func(items int, want ...int) {
		t.Helper()
		log = nil
		wake := queue.Next(items)
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
	if queue.Leave(bells[3]) {
		t.Error("a waker that is finished waits")
	}
}

// A WaitQueue keeps no reference to wakers that have left.
func TestAWaitQueueKeepsNothingThatHasLeft(t *testing.T) {
	const n = 40 // more than are searched one by one
	queue := new(task.WaitQueue)
	left := func() (all []weak.Pointer[bell]) {
		var bells []*bell
		for i := range n {
			b := &bell{n: i, log: new([]int)}
			bells = append(bells, b)
			all = append(all, weak.Make(b))
			queue.Wait(b)
		}
		queue.Next(n / 2)
		for _, b := range bells[:n-1] {
			queue.Leave(b)
		}
		queue.Next(1)
		queue.TakeAll()
		return all
	}()
	runtime.GC()
	for i, b := range left {
		if b.Value() != nil {
			t.Errorf("waker %d is kept", i)
		}
	}
	runtime.KeepAlive(queue)
}

// A long queue of waiters is emptied in linear time.
func BenchmarkWaitQueue(b *testing.B) {
	var log []int
	var queue task.WaitQueue
	bells := make([]*bell, 10_000)
	for i := range bells {
		bells[i] = &bell{log: &log, n: i}
	}
	b.ReportAllocs()
	for i := range b.N {
		w := bells[i%len(bells)]
		if i%len(bells) == 0 {
			for _, w := range bells {
				queue.Wait(w)
			}
		}
		queue.Next(1)
		queue.Leave(w)
	}
}
