package taskctx_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/moduvex/moduvex-go/compat/taskctx"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A task that ends with a context is one allocation more than one that does not: the scope of the context. The first one of
// a worker on a context adds what package context allocates.
func TestATaskAllocatesItsScopeBesides(t *testing.T) {
	if !modetest.First() {
		return
	}
	const n = 1000
	rt := startRuntime(t, executor.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	body := func(co *coro.Co) error { return co.Yield() }
	measure := func(start func(co *coro.Co) joinhandle.JoinHandle[struct{}]) (least float64) {
		least = 1e9
		h := taskctx.Do(ctx, rt, func(co *coro.Co) error { // so the worker knows ctx
			for range 6 {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				for range n {
					if _, err := start(co).Join(co); err != nil {
						return err
					}
				}
				runtime.ReadMemStats(&after)
				least = min(least, float64(after.Mallocs-before.Mallocs)/n)
			}
			return nil
		})
		if _, err := join(t, h); err != nil {
			t.Fatal(err)
		}
		return least
	}
	plain := measure(func(co *coro.Co) joinhandle.JoinHandle[struct{}] { return executor.Do(co, body) })
	known := measure(func(co *coro.Co) joinhandle.JoinHandle[struct{}] { return taskctx.Do(ctx, co, body) })
	value := func(co *coro.Co) (struct{}, error) { return struct{}{}, co.Yield() }
	valued := measure(func(co *coro.Co) joinhandle.JoinHandle[struct{}] { return taskctx.Go(ctx, co, value) })
	endless := measure(func(co *coro.Co) joinhandle.JoinHandle[struct{}] {
		return taskctx.Do(context.Background(), co, body)
	})
	if known > plain+1.1 || valued > plain+1.1 || endless > plain+1.1 {
		t.Errorf("%.2f and %.2f allocations with a context, %.2f with one that cannot end, %.2f without", known, valued, endless, plain)
	}
}
