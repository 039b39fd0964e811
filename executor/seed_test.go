package executor_test

import (
	"slices"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
)

// winners runs races that nobody has to win, on a runtime with this seed.
func winners(t *testing.T, seed uint64) []int {
	t.Helper()
	rt := startRuntime(t, executor.Options{Workers: 1, Seed: seed})
	defer rt.Close()
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

func TestTheSameSeedRepeatsARun(t *testing.T) {
	first := winners(t, 7)
	if again := winners(t, 7); !slices.Equal(first, again) {
		t.Errorf("the seed 7 gave %v, and then %v", first, again)
	}
	if other := winners(t, 8); slices.Equal(first, other) {
		t.Errorf("the seeds 7 and 8 both gave %v", first)
	}
}
