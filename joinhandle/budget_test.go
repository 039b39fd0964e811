package joinhandle_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A loop over awaits that are ready at once yields to the other tasks: each poll has a budget, and joins and timers
// spend from it.
func TestAwaitsThatAreReadyTakeFromTheBudget(t *testing.T) {
	const rounds = 10 * core.DefaultBudget
	loops := map[string]func(co *coro.Co) error{
		"joins": func(co *coro.Co) error {
			var handles []joinhandle.JoinHandle[int]
			for range rounds {
				handles = append(handles, spawn[int](co, future.Ready(1)))
			}
			if err := co.Yield(); err != nil { // all of them end
				return err
			}
			for _, h := range handles {
				if _, err := h.Join(co); err != nil {
					return err
				}
			}
			return nil
		},
		"join set": func(co *coro.Co) error {
			set := joinhandle.NewJoinSet[int](co)
			for range rounds {
				set.Spawn(future.Ready(1))
			}
			if err := co.Yield(); err != nil { // all of them end
				return err
			}
			for range rounds {
				if _, err := set.Join(co); err != nil {
					return err
				}
			}
			return nil
		},
		"sleeps of no length": func(co *coro.Co) error {
			for range rounds {
				if _, err := coro.Await(co, timer.Sleep(0)); err != nil {
					return err
				}
			}
			return nil
		},
	}
	for name, loop := range loops {
		h := coretest.New(1)
		over, turns := false, 0
		main := spawnBody(h, func(co *coro.Co) (int, error) {
			defer func() { over = true }()
			return 0, loop(co)
		})
		spawnBody(h, func(co *coro.Co) (int, error) {
			for !over {
				turns++
				if err := co.Yield(); err != nil {
					return 0, err
				}
			}
			return 0, nil
		})
		h.Run()
		if r, ok := main.TryJoin(); !ok || r.Err != nil {
			t.Errorf("%s: the loop ended with %v, %t", name, r.Err, ok)
		}
		if turns < rounds/core.DefaultBudget-1 { // the last poll may end with the loop
			t.Errorf("%s: the neighbour had %d turns in %d rounds", name, turns, rounds)
		}
		h.Close()
	}
}

// A poll that has to wait takes nothing from the budget; one that is ready takes one operation.
func TestWaitingTakesNothingFromTheBudget(t *testing.T) {
	h := newHost(t)
	set := joinhandle.NewJoinSet[int](h)
	set.Spawn(future.Pending[int]())
	handle := spawn(h, future.Pending[int]())
	ended := joinhandle.NewJoinSet[int](h)
	ended.Spawn(future.Ready(1))
	h.Run()
	cx := h.Context()
	cx.ForHost().Begin(&counter{})
	for range 2 * core.DefaultBudget {
		if _, ready, err := set.PollJoin(cx); ready || err != nil {
			t.Fatal("the set answered")
		}
		if _, ok := handle.Poll(cx); ok {
			t.Fatal("the handle answered")
		}
	}
	if have := cx.Budget(); have != core.DefaultBudget {
		t.Errorf("the budget is %d, want all %d", have, core.DefaultBudget)
	}
	if _, ready, err := ended.PollJoin(cx); !ready || err != nil {
		t.Fatal("the set has an output and is pending")
	}
	if have := cx.Budget(); have != core.DefaultBudget-1 {
		t.Errorf("the budget is %d after a ready poll, want %d", have, core.DefaultBudget-1)
	}
}
