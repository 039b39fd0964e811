package metricstest_test

import (
	"context"
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/compat/metrics/metricstest"
	"github.com/moduvex/moduvex-go/executor"
)

// After Work, what a publisher says can be compared with the metrics.
func ExampleWork() {
	rt, err := executor.New(executor.Options{Workers: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	m, err := metricstest.Work(context.Background(), rt)
	fmt.Println(m.Spawned, m.BlockingFinished, m.Live, err)
	// Output: 2 2 0 <nil>
}

// A histogram of another format is exact if it has counted each duration in the bucket that is around it.
func ExampleCount() {
	h := metricstest.Count([]time.Duration{0, 1, 1, 1000})
	all, _ := h.Quantile(1)
	fmt.Println(h.Count(), h.Sum, all)
	// Output: 4 1.002µs 1.024µs
}

// Each bound of the executor's buckets is among the durations.
func ExampleDurations() {
	seen := map[time.Duration]bool{}
	for _, d := range metricstest.Durations() {
		seen[d] = true
	}
	fmt.Println(seen[executor.HistogramBound(7)], seen[executor.HistogramBound(7)-1])
	// Output: true true
}
