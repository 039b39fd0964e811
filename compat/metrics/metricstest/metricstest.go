// Package metricstest provides what the tests of a publisher of metrics need: a runtime whose numbers are known and stand still,
// and durations that show whether a histogram of another format is exact.
//
//	m, err := metricstest.Work(ctx, rt) // then publish rt, and compare the result with m
//
//	durations := metricstest.Durations()
//	h := metricstest.Count(durations) // then convert h, and compare the result with a histogram of the durations themselves
package metricstest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// yields is how often the body on worker 0 yields, which is more than the number of polls of which a worker times one. That on
// worker i yields i+1 times as often, so that no two workers have the same numbers.
const yields = 300

// Work runs tasks on each worker of rt, and functions on its blocking pool, and returns the metrics of rt when nothing runs any
// more: a reading after that is the same, until another task is spawned. The error is that of a task, or the cause of ctx if it is
// done before. On an ordinary goroutine; it blocks. Nothing else may use rt.
func Work(ctx context.Context, rt *executor.Runtime) (executor.Metrics, error) {
	for _, h := range executor.GoEach(rt, body) {
		if _, err := h.Wait(ctx); err != nil {
			return executor.Metrics{}, fmt.Errorf("metricstest: %w", err)
		}
	}
	for last := rt.Metrics(); ; {
		select {
		case <-ctx.Done():
			return executor.Metrics{}, fmt.Errorf("metricstest: the runtime is not at rest: %w", context.Cause(ctx))
		case <-time.After(time.Millisecond):
		}
		now := rt.Metrics()
		if now.Stats == last.Stats && atRest(&now) {
			return now, nil
		}
		last = now
	}
}

func atRest(m *executor.Metrics) bool {
	for i := range m.Workers {
		if !m.Workers[i].Parked {
			return false
		}
	}
	return m.Live == 0 && m.BlockingRunning == 0
}

func body(co *coro.Co, worker int) (int, error) {
	for range yields * (worker + 1) {
		if err := co.Yield(); err != nil {
			return 0, err
		}
	}
	return executor.Blocking(co, func() (int, error) { return 0, nil })
}

// Durations returns those at each bound of the buckets of an executor.Histogram, just below and just above, and others, which
// differ from call to call. All are shorter than 2^44 ns, which other formats have as the end of the last bucket.
func Durations() (all []time.Duration) {
	for i := range executor.HistogramBuckets - 1 {
		b := executor.HistogramBound(i)
		all = append(all, b-1, b, b, b, b+1, time.Duration(rand.Int64N(int64(b))))
	}
	return append(all, 1<<44-1)
}

// Count returns the histogram in which the executor has counted these durations. It looks at the bounds of all buckets, and
// computes none.
func Count(durations []time.Duration) *executor.Histogram {
	h := &executor.Histogram{}
	for _, d := range durations {
		i := 0
		for i < executor.HistogramBuckets-1 && d >= executor.HistogramBound(i) {
			i++
		}
		h.Counts[i]++
		h.Sum += d
	}
	return h
}
