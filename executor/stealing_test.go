package executor_test

import (
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/internal/modetest"
)

// Regression: a worker that was chosen to search, and met the task in the injector before it searched,
// polled while it was counted as a searcher; so nobody else was woken until its poll was over.
func TestStealingWorkerThatPollsKeepsNobodyAsleep(t *testing.T) {
	if !modetest.First() {
		return
	}
	rt := startRuntime(t, executor.Options{Scheduling: executor.WorkStealing, Workers: 2, LongPoll: -1})
	eventually(t, "all workers sleep", func() bool { return executor.Parked(rt) })
	began, second := make(chan struct{}), make(chan struct{})
	first := executor.Go(rt, func(*coro.Co) (bool, error) {
		close(began)
		select {
		case <-second:
			return true, nil
		case <-time.After(patience / 2):
			return false, nil
		}
	})
	receive(t, "the first poll begins", began)
	executor.Go(rt, func(*coro.Co) (int, error) { close(second); return 0, nil })
	if ok, err := join(t, first); !ok || err != nil {
		t.Errorf("the second task did not run during the first poll (%v)", err)
	}
}
