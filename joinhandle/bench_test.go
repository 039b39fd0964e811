package joinhandle_test

import (
	"context"
	"sync"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// Spawn, run and join of a task that ends in its first poll.
func BenchmarkSpawnAndTryJoin(b *testing.B) {
	h := newHost(b)
	f := new(one)
	b.ReportAllocs()
	for b.Loop() {
		j := spawn(h, f)
		h.Step()
		if r, ok := j.TryJoin(); !ok || r.Value != 1 {
			b.Fatal(r, ok)
		}
	}
}

// The join alone: what a body pays for a task that has ended.
func BenchmarkJoinOfAFinishedTask(b *testing.B) {
	h := newHost(b)
	j := spawn(h, new(one))
	h.Run()
	b.ReportAllocs()
	spawnBody(h, func(co *coro.Co) (int, error) {
		for b.Loop() {
			j.Join(co)
		}
		return 0, nil
	})
	h.Run()
}

// A body spawns a task and joins it: two switches and a wake between them.
func BenchmarkJoinOfARunningTask(b *testing.B) {
	h := newHost(b)
	f := new(one)
	b.ReportAllocs()
	spawnBody(h, func(co *coro.Co) (int, error) {
		for b.Loop() {
			if v, err := spawn(co, f).Join(co); v != 1 || err != nil {
				b.Error(v, err)
			}
		}
		return 0, nil
	})
	h.Run()
}

// A goroutine waits for a task on a worker; the twin does the same with a goroutine and a channel.
func BenchmarkWait(b *testing.B) {
	b.Run("task", func(b *testing.B) {
		c := newWorkers(b, 1)
		f := new(one)
		b.ReportAllocs()
		for b.Loop() {
			if v, err := spawn(c, f).Wait(context.Background()); v != 1 || err != nil {
				b.Fatal(v, err)
			}
		}
	})
	b.Run("twin=goroutine", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ch := make(chan int, 1)
			go func() { ch <- 1 }()
			if v := <-ch; v != 1 {
				b.Fatal(v)
			}
		}
	})
}

// A batch of tasks and their outputs; a figure for each batch.
func BenchmarkJoinSet(b *testing.B) {
	const tasks = 1000
	b.Run("set", func(b *testing.B) {
		h := newHost(b)
		f := new(one)
		b.ReportAllocs()
		spawnBody(h, func(co *coro.Co) (int, error) {
			for b.Loop() {
				set := joinhandle.NewJoinSet[int](co)
				for range tasks {
					set.Spawn(f)
				}
				sum := 0
				for j, err := range set.All(co) {
					if err != nil || j.Err != nil {
						b.Error(err, j.Err)
					}
					sum += j.Value
				}
				if sum != tasks {
					b.Errorf("sum %d", sum)
				}
			}
			return 0, nil
		})
		h.Run()
	})
	b.Run("twin=WaitGroup", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var wg sync.WaitGroup
			outputs := make([]int, tasks)
			for i := range outputs {
				wg.Go(func() { outputs[i] = 1 })
			}
			wg.Wait()
			sum := 0
			for _, v := range outputs {
				sum += v
			}
			if sum != tasks {
				b.Fatalf("sum %d", sum)
			}
		}
	})
}
