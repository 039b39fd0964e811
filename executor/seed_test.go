package executor_test

import (
	"slices"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
)

// winners runs races that any task may win, on a runtime with this seed, whose worker has slept a number of
// times before.
func winners(t *testing.T, seed uint64, sleeps int) []int {
	t.Helper()
	rt := startRuntime(t, executor.Options{Workers: 1, Seed: seed})
	defer rt.Close()
	for range sleeps {
		settled(t, rt)
		joinOK(t, executor.Spawn(rt, future.Ready(0)))
	}
	h := executor.Go(rt, func(co *coro.Co) (order []int, err error) {
		for range 64 {
			var racers []core.Future[int]
			for i := range 8 {
				racers = append(racers, future.Ready(i))
			}
			w, err := coro.Await(co, future.Race(racers...))
			if err != nil {
				return nil, err
			}
			order = append(order, w.Index)
		}
		return order, nil
	})
	order, err := join(t, h)
	if err != nil {
		t.Fatal(err)
	}
	return order
}

// Regression: searches drew from the source of the tasks, before each sleep.
func TestTheSameSeedRepeatsARun(t *testing.T) {
	first := winners(t, 7, 0)
	for sleeps := range 5 {
		if again := winners(t, 7, sleeps); !slices.Equal(first, again) {
			t.Errorf("the seed 7 gave %v, and after %d sleeps %v", first, sleeps, again)
		}
	}
	if other := winners(t, 8, 0); slices.Equal(first, other) {
		t.Errorf("the seeds 7 and 8 both gave %v", first)
	}
}
