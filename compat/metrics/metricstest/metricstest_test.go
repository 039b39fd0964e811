package metricstest_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/moduvex/moduvex-go/compat/metrics/metricstest"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(modetest.In(m)) }

func startRuntime(t *testing.T, opts executor.Options) *executor.Runtime {
	t.Helper()
	rt, err := executor.New(modetest.Options(opts))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rt.Close() })
	return rt
}

func TestTheMetricsStandStill(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	m, err := metricstest.Work(context.Background(), rt)
	if err != nil {
		t.Fatal(err)
	}
	n := uint64(rt.Workers())
	if m.Completed != n || m.BlockingFinished != n || m.Polls < 300*n*(n+1)/2+2*n {
		t.Errorf("have %+v", m.Stats)
	}
	if now := rt.Stats(); now != m.Stats {
		t.Errorf("have %+v, and later %+v", m.Stats, now)
	}
}

func TestWorkEndsWithItsContext(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	stuck := executor.Go(rt, func(co *coro.Co) (int, error) { return 0, coro.Sleep(co, time.Hour) })
	cause := errors.New("enough")
	ctx, cancel := context.WithTimeoutCause(context.Background(), 20*time.Millisecond, cause)
	defer cancel()
	if _, err := metricstest.Work(ctx, rt); !errors.Is(err, cause) {
		t.Errorf("while a task sleeps: have %v", err)
	}
	stuck.Abort()
	if err := rt.Close(); err != nil {
		t.Error(err)
	}
	if _, err := metricstest.Work(context.Background(), rt); !errors.Is(err, core.ErrShutdown) {
		t.Errorf("after the end: have %v", err)
	}
}

// The reference searches the bounds from the other end.
func TestEachDurationIsCountedBetweenTheBoundsAroundIt(t *testing.T) {
	if !modetest.First() {
		return
	}
	var want executor.Histogram
	durations := metricstest.Durations()
	for _, d := range durations {
		i := executor.HistogramBuckets - 1
		for i > 0 && d < executor.HistogramBound(i-1) {
			i--
		}
		want.Counts[i]++
		want.Sum += d
	}
	if have := metricstest.Count(durations); !reflect.DeepEqual(*have, want) {
		t.Errorf("have %v, want %v", have, want)
	}
}
