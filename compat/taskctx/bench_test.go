package taskctx_test

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/taskctx"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// Spawn and join of a task, with a context and without.
func BenchmarkDo(b *testing.B) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	body := func(co *coro.Co) error { return nil }
	for _, bench := range []struct {
		name  string
		start func(co *coro.Co) joinhandle.JoinHandle[struct{}]
	}{
		{"executor", func(co *coro.Co) joinhandle.JoinHandle[struct{}] { return executor.Do(co, body) }},
		{"endless", func(co *coro.Co) joinhandle.JoinHandle[struct{}] { return taskctx.Do(context.Background(), co, body) }},
		{"known", func(co *coro.Co) joinhandle.JoinHandle[struct{}] { return taskctx.Do(ctx, co, body) }},
		{"new", func(co *coro.Co) joinhandle.JoinHandle[struct{}] { return taskctx.Do(ctx, co, body) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			rt := startRuntime(b, executor.Options{Workers: 1})
			b.ReportAllocs()
			loop := func(co *coro.Co) error {
				for range b.N {
					if _, err := bench.start(co).Join(co); err != nil {
						return err
					}
				}
				return nil
			}
			if bench.name == "known" {
				join(b, taskctx.Do(ctx, rt, loop))
			} else {
				join(b, executor.Do(rt, loop))
			}
		})
	}
}

// The end of a context that 100,000 tasks end with: from cancel to the end of the last one, and the most goroutines beside
// those of the tasks meanwhile. The twin registers a function for each task, which aborts it.
func BenchmarkEnd(b *testing.B) {
	const n = 100_000
	for _, bench := range []struct {
		name  string
		start func(ctx context.Context, rt *executor.Runtime, body func(co *coro.Co) error) joinhandle.JoinHandle[struct{}]
	}{
		{"taskctx", func(ctx context.Context, rt *executor.Runtime, body func(co *coro.Co) error) joinhandle.JoinHandle[struct{}] {
			return taskctx.Do(ctx, rt, body)
		}},
		{"twin=context.AfterFunc", func(ctx context.Context, rt *executor.Runtime, body func(co *coro.Co) error) joinhandle.JoinHandle[struct{}] {
			h := executor.Do(rt, body)
			stop := context.AfterFunc(ctx, func() { h.Abort() })
			h.OnEnd(func() { stop() })
			return h
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			rt := startRuntime(b, executor.Options{})
			most := 0
			for range b.N {
				b.StopTimer()
				ctx, cancel := context.WithCancel(context.Background())
				var waiting, ended atomic.Int64
				done := make(chan struct{})
				for range n {
					bench.start(ctx, rt, func(co *coro.Co) error {
						waiting.Add(1)
						err := co.Suspend()
						if ended.Add(1) == n {
							close(done)
						}
						return err
					})
				}
				eventually(b, "all tasks wait", func() bool { return waiting.Load() == n })
				before := runtime.NumGoroutine()
				b.StartTimer()
				go cancel()
				for open := true; open; {
					select {
					case <-done:
						open = false
					case <-time.After(time.Millisecond):
						most = max(most, runtime.NumGoroutine()-before)
					}
				}
			}
			b.ReportMetric(float64(most), "goroutines")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/task")
		})
	}
}

// A context for a goroutine, and one that is derived from it.
func BenchmarkStd(b *testing.B) {
	for _, bench := range []struct {
		name string
		ctx  func(co *coro.Co) context.Context
	}{
		{"Co", func(co *coro.Co) context.Context { return co }},
		{"Std", taskctx.Std},
	} {
		b.Run("derive/"+bench.name, func(b *testing.B) {
			rt := startRuntime(b, executor.Options{Workers: 1})
			b.ReportAllocs()
			join(b, executor.Do(rt, func(co *coro.Co) error {
				ctx := bench.ctx(co)
				for range b.N {
					_, cancel := context.WithCancel(ctx)
					cancel()
				}
				return nil
			}))
		})
	}
}
