package coro_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// Each benchmark has a twin that does the same with goroutines. One worker is one thread, so compare with
// -cpu 1.

// twice is pending at every other poll.
type twice struct{ woken bool }

func (f *twice) Poll(cx *core.Context) (int, bool) {
	if f.woken = !f.woken; f.woken {
		cx.Yield()
	}
	return 0, !f.woken
}

// Many tasks yield to each other; a figure for each resume and suspension.
func BenchmarkYield(b *testing.B) {
	for _, tasks := range []int{2, 1000} {
		b.Run(fmt.Sprintf("body/tasks=%d", tasks), func(b *testing.B) {
			benchYield(b, tasks, (*coro.Co).Yield)
		})
		b.Run(fmt.Sprintf("twin=Gosched/tasks=%d", tasks), func(b *testing.B) {
			var wg sync.WaitGroup
			b.ReportAllocs()
			for i := range tasks {
				wg.Go(func() {
					for range share(b.N, tasks, i) {
						runtime.Gosched()
					}
				})
			}
			wg.Wait()
		})
	}
}

// The same with a future in between, that is pending once.
func BenchmarkAwait(b *testing.B) {
	f := new(twice)
	benchYield(b, 1, func(co *coro.Co) error { _, err := coro.Await(co, f); return err })
}

func benchYield(b *testing.B, tasks int, yield func(co *coro.Co) error) {
	w := newWorker(b, coro.NewPool(0, false))
	for i := range tasks {
		n := share(b.N, tasks, i)
		spawn(b, w, func(co *coro.Co) (int, error) {
			for range n {
				if err := yield(co); err != nil {
					return 0, err
				}
			}
			return 0, nil
		})
	}
	b.ReportAllocs()
	b.ResetTimer()
	w.run()
}

// share is the part of n that worker i of several does.
func share(n, of, i int) int { return (n + i) / of }

// A task with a typed result: spawned, run, joined, a thousand at a time.
func BenchmarkSpawnJoin(b *testing.B) {
	const batch = 1000
	b.Run("body", func(b *testing.B) {
		w := newWorker(b, coro.NewPool(0, false))
		slots := make([]*task.Slot[int], batch)
		body := func(*coro.Co) (int, error) { return 1, nil }
		sum := 0
		b.ReportAllocs()
		for i := 0; i < b.N; i += batch {
			for j := range slots {
				slots[j] = coro.New(body)
				w.Spawn(&slots[j].Task)
			}
			w.run()
			for _, s := range slots {
				v, _, _ := s.Take()
				sum += v
			}
		}
		if sum < b.N {
			b.Errorf("%d results", sum)
		}
	})
	b.Run("twin=channel", func(b *testing.B) {
		results := make([]chan int, batch)
		sum := 0
		b.ReportAllocs()
		for i := 0; i < b.N; i += batch {
			for j := range results {
				result := make(chan int, 1)
				results[j] = result
				go func() { result <- 1 }()
			}
			for _, result := range results {
				sum += <-result
			}
		}
		if sum < b.N {
			b.Errorf("%d results", sum)
		}
	})
	b.Run("twin=WaitGroup", func(b *testing.B) {
		results := make([]int, batch)
		sum := 0
		b.ReportAllocs()
		for i := 0; i < b.N; i += batch {
			var wg sync.WaitGroup
			for j := range results {
				wg.Go(func() { results[j] = 1 })
			}
			wg.Wait()
			for _, v := range results {
				sum += v
			}
		}
		if sum < b.N {
			b.Errorf("%d results", sum)
		}
	})
}

func BenchmarkSleep(b *testing.B) {
	w := newWorker(b, coro.NewPool(0, false))
	spawn(b, w, func(co *coro.Co) (int, error) {
		for range b.N {
			if err := coro.Sleep(co, time.Millisecond); err != nil {
				return 0, err
			}
		}
		return 0, nil
	})
	b.ReportAllocs()
	b.ResetTimer()
	for w.step() {
		w.Advance(time.Millisecond)
	}
}

func BenchmarkScope(b *testing.B) {
	b.Run("WithTimeout", func(b *testing.B) {
		w := newWorker(b, coro.NewPool(0, false))
		spawn(b, w, func(co *coro.Co) (int, error) {
			for range b.N {
				coro.WithTimeout(co, time.Second, (*coro.Co).Interrupted)
			}
			return 0, nil
		})
		b.ReportAllocs()
		b.ResetTimer()
		w.run()
	})
	b.Run("twin=context.WithTimeout", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			if ctx.Err() != nil {
				b.Error(ctx.Err())
			}
			cancel()
		}
	})
}

// A scope of a context: one that cannot end, one that the worker waits for already, and one that is new to the worker. The
// twin makes package context call a function at the end, and takes it back.
func BenchmarkContextScope(b *testing.B) {
	shared, cancel := context.WithCancel(context.Background())
	defer cancel()
	bench := func(name string, within bool, ctx func(co *coro.Co) context.Context) {
		b.Run(name, func(b *testing.B) {
			w := newWorker(b, coro.NewPool(0, false))
			loop := func(co *coro.Co) error {
				ctx := ctx(co)
				for range b.N {
					coro.WithContext(co, ctx, (*coro.Co).Interrupted)
				}
				return nil
			}
			spawn(b, w, func(co *coro.Co) (int, error) {
				if within {
					return 0, coro.WithContext(co, shared, loop)
				}
				return 0, loop(co)
			})
			b.ReportAllocs()
			b.ResetTimer()
			w.run()
		})
	}
	bench("endless", false, func(*coro.Co) context.Context { return context.Background() })
	bench("values", false, func(co *coro.Co) context.Context { return context.WithValue(co, valueKey{}, 1) })
	bench("known", true, func(*coro.Co) context.Context { return shared })
	bench("new", false, func(*coro.Co) context.Context { return shared })
	b.Run("twin=context.AfterFunc", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			context.AfterFunc(shared, func() {})()
		}
	})
}

// What a parked task costs: the memory that 100,000 of them add, stacks and heap, by task. Run one
// at a time (-benchtime 1x, in its own process): Go's runtime keeps some 440 bytes of each ended
// goroutine, and does not count them again.
func BenchmarkParked(b *testing.B) {
	const n = 100_000
	report := func(b *testing.B, park func()) {
		before := inUse()
		park()
		b.ReportMetric(float64(inUse()-before)/n, "B/task")
		b.ReportMetric(0, "ns/op")
	}
	bodies := map[string]func(co *coro.Co) (int, error){
		"await": func(co *coro.Co) (int, error) { return coro.Await(co, new(gate)) },
		"sleep": func(co *coro.Co) (int, error) { return 0, coro.Sleep(co, time.Hour) },
		"scope": func(co *coro.Co) (int, error) { return 0, coro.WithTimeout(co, time.Hour, forever) },
	}
	for _, name := range []string{"await", "sleep", "scope"} {
		b.Run("body="+name, func(b *testing.B) {
			for range b.N {
				w := newWorker(b, coro.NewPool(0, false))
				slots := make([]*task.Slot[int], n)
				report(b, func() {
					for i := range slots {
						slots[i] = spawn(b, w, bodies[name])
					}
					w.run()
				})
				for _, s := range slots {
					s.Abort()
				}
				w.run()
			}
		})
	}
	b.Run("twin=goroutine", func(b *testing.B) {
		for range b.N {
			gate := make(chan struct{})
			results := make([]chan int, n)
			report(b, func() {
				for i := range results {
					result := make(chan int, 1)
					results[i] = result
					go func() {
						<-gate
						result <- 1
					}()
				}
				time.Sleep(100 * time.Millisecond) // for all of them to park
			})
			close(gate)
			for _, result := range results {
				<-result
			}
		}
	})
}

func inUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.StackInuse + m.HeapInuse
}

// A group with children that end at once, and the same with goroutines and a WaitGroup.
func BenchmarkChildren(b *testing.B) {
	const n = 100
	b.Run("children", func(b *testing.B) {
		w := newWorker(b, coro.NewPool(2*n, false))
		child := func(co *coro.Co) error { return nil }
		s := coro.New(func(co *coro.Co) (int, error) {
			b.ReportAllocs()
			for b.Loop() {
				coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, s *coro.Group) error {
					for range n {
						s.Do(co, child)
					}
					return nil
				})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/child")
			return 0, nil
		})
		w.Spawn(&s.Task)
		w.run()
	})
	b.Run("twin=goroutines", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var wg sync.WaitGroup
			for range n {
				wg.Go(func() {})
			}
			wg.Wait()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/child")
	})
}
