package workload

import (
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// W1: each driver spawns a batch of tasks of which the i-th returns i, joins them all, and again.

// result is a trivial future with a typed result.
type result struct{ v int }

func (r *result) Poll(*core.Context) (int, bool) { return r.v, true }

func w1Poll(c spec.Case, m *meter) error {
	return w1Runtime(c, m, func(batches int) runtimeDriver {
		return runtimeDriver{future: func(int) core.Future[int] {
			return &batcher{joiner: joiner{handles: make([]handle, 0, c.Live)}, batches: batches}
		}}
	})
}

// A batcher is a driver of W1.
type batcher struct {
	joiner
	batches int
}

func (b *batcher) Poll(cx *core.Context) (int, bool) {
	for {
		if !b.poll(cx) {
			return 0, false
		}
		if b.batches == 0 {
			must(b.err)
			return b.sum, true
		}
		b.batches--
		b.handles, b.at = b.handles[:0], 0
		for i := range cap(b.handles) {
			b.handles = append(b.handles, executor.SpawnValue[int](cx, result{i}))
		}
	}
}

func w1Direct(c spec.Case, m *meter) error {
	return w1Runtime(c, m, func(batches int) runtimeDriver {
		return runtimeDriver{body: func(co *coro.Co, _ int) (int, error) {
			handles := make([]handle, c.Live)
			sum := 0
			for range batches {
				for i := range handles {
					handles[i] = executor.Go(co, func(*coro.Co) (int, error) { return i, nil })
				}
				s, err := joinAll(co, handles)
				if err != nil {
					return 0, err
				}
				sum += s
			}
			return sum, nil
		}}
	})
}

func w1Runtime(c spec.Case, m *meter, driver func(batches int) runtimeDriver) error {
	return withRuntime(c, func(rt *executor.Runtime) error {
		return w1(c, m, func(batches int) (int, error) { return drive(rt, drivers(c), driver(batches)) })
	})
}

// w1 measures f, which does so many batches with each driver, and checks the sum of the results.
func w1(c spec.Case, m *meter, f func(batches int) (sum int, err error)) error {
	n := drivers(c)
	return m.repeated(c.Units, func(units int) (int, error) {
		batches := max(1, units/c.Live/n)
		sum, err := f(batches)
		if err != nil {
			return 0, err
		}
		return n * batches * c.Live, want("sum of the results", sum, n*batches*c.Live*(c.Live-1)/2)
	})
}

func w1Goroutines(c spec.Case, m *meter) error {
	return w1(c, m, func(batches int) (int, error) {
		return goDrivers(drivers(c), func(int) (sum int) {
			chans := make([]chan int, c.Live)
			for range batches {
				for i := range chans {
					ch := make(chan int, 1)
					chans[i] = ch
					go func() { ch <- i }()
				}
				for _, ch := range chans {
					sum += <-ch
				}
			}
			return sum
		}), nil
	})
}

// w1WaitGroup has no results of tasks: it puts them into a slice.
func w1WaitGroup(c spec.Case, m *meter) error {
	return w1(c, m, func(batches int) (sum int, err error) {
		results := make([]int, c.Live)
		var wg sync.WaitGroup
		for range batches {
			for i := range results {
				wg.Go(func() { results[i] = i })
			}
			wg.Wait()
			for _, r := range results {
				sum += r
			}
		}
		return sum, nil
	})
}
