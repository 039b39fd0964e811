package executor_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// Polling is true inside a task, in a body and in what it calls, and false once the workers have nothing to do.
func TestPollingIsTrueInsideATask(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	eventually(t, "nothing is polled", func() bool { return !rt.Polling() })
	for range 20 {
		h := executor.Go(rt, func(co *coro.Co) (bool, error) {
			first := rt.Polling()
			err := co.Yield()
			return first && rt.Polling(), err
		})
		if inside, err := h.Wait(within(t)); !inside || err != nil {
			t.Fatalf("inside a task Polling is %v, %v", inside, err)
		}
	}
	eventually(t, "nothing is polled again", func() bool { return !rt.Polling() })
}

func TestNextWorkerNamesAllWorkers(t *testing.T) {
	rt := startRuntime(t, executor.Options{Workers: 3})
	seen := map[int]int{}
	for range 30 {
		seen[rt.NextWorker()]++
	}
	if len(seen) != 3 || seen[0] != 10 || seen[1] != 10 || seen[2] != 10 {
		t.Errorf("of 30 calls, the workers have %v, want 10 each", seen)
	}
}
