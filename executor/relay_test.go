package executor_test

import (
	"runtime"
	"sync"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// counted returns what f adds to the counters of rt.
func counted(t *testing.T, rt *executor.Runtime, f func()) executor.Counters {
	t.Helper()
	settled(t, rt)
	before := rt.Stats().Counters
	f()
	settled(t, rt)
	return less(rt.Stats().Counters, before)
}

// together runs n bodies on worker 0, which all begin before the first of them goes on.
func together(t *testing.T, rt *executor.Runtime, n int, body func(co *coro.Co) error) {
	t.Helper()
	joinOK(t, executor.Go(rt.On(0), func(co *coro.Co) (int, error) {
		return 0, coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, g *coro.Group) error {
			for range n {
				if err := g.Do(co, body); err != nil {
					return err
				}
			}
			return nil
		})
	}))
}

func yields(n int) func(co *coro.Co) error {
	return func(co *coro.Co) error {
		for range n {
			if err := co.Yield(); err != nil {
				return err
			}
		}
		return nil
	}
}

// Of the 61 polls of a round, all but the first may be handed on, and one of 256 is timed.
func TestBodiesHandTheWorkerOnToEachOther(t *testing.T) {
	for _, bodies := range []int{1, 2, 100} {
		rt := startRuntime(t, executor.Options{})
		c := counted(t, rt, func() { together(t, rt, bodies, yields(1000)) })
		if c.HandedOn < c.Polls*9/10 {
			t.Errorf("%d bodies: %d of %d polls were handed on, want nine of ten", bodies, c.HandedOn, c.Polls)
		}
		closeRuntime(t, rt)
	}
}

// A body that begins is run by the coroutine whose body has ended, also where tasks move.
func TestBodiesThatEndHandTheWorkerOn(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	const bodies = 1000
	var done sync.WaitGroup
	var chain func(n int) func(co *coro.Co) error
	chain = func(n int) func(co *coro.Co) error {
		return func(co *coro.Co) error {
			defer done.Done()
			if n > 1 {
				executor.Do(co, chain(n-1))
			}
			return nil
		}
	}
	done.Add(bodies)
	c := counted(t, rt, func() {
		executor.Do(rt.On(0), chain(bodies))
		done.Wait()
	})
	if c.HandedOn < c.Polls*9/10 {
		t.Errorf("%d of %d polls were handed on, want nine of ten", c.HandedOn, c.Polls)
	}
}

// The end of a body is noted for its group or set by its coroutine, which then runs the next body.
func TestBodiesOfGroupsAndSetsHandTheWorkerOn(t *testing.T) {
	const bodies = 1000
	for name, run := range map[string]func(co *coro.Co) error{
		"Group": func(co *coro.Co) error {
			return coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, g *coro.Group) error {
				for range bodies {
					if err := g.Do(co, func(*coro.Co) error { return nil }); err != nil {
						return err
					}
				}
				return nil
			})
		},
		"Group with a limit": func(co *coro.Co) error {
			return coro.WithGroup(co, coro.GroupOptions{Limit: 8}, func(co *coro.Co, g *coro.Group) error {
				for range bodies {
					if err := g.Do(co, func(*coro.Co) error { return nil }); err != nil {
						return err
					}
				}
				return nil
			})
		},
		"JoinSet": func(co *coro.Co) error {
			set := joinhandle.NewJoinSet[int](co)
			for range bodies {
				set.Go(func(*coro.Co) (int, error) { return 0, nil })
			}
			for range bodies {
				if _, err := set.Join(co); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		rt := startRuntime(t, executor.Options{})
		c := counted(t, rt, func() { joinOK(t, executor.Do(rt.On(0), run)) })
		want := c.Polls * 9 / 10
		if modetest.Stealing() {
			want = c.Polls / 3 // a worker that has stolen a child does not wake the waiter itself, which is bound
		}
		if c.Completed < bodies || c.HandedOn < want {
			t.Errorf("%s: %d of %d polls were handed on, want %d", name, c.HandedOn, c.Polls, want)
		}
		closeRuntime(t, rt)
	}
}

// Tasks that are timed, and those in poll style, are polled by the worker's own goroutine.
func TestPollsThatAreNotHandedOn(t *testing.T) {
	rt := startRuntime(t, executor.Options{Instrument: true})
	if c := counted(t, rt, func() { together(t, rt, 2, yields(100)) }); c.HandedOn != 0 {
		t.Errorf("instrumented: %d polls were handed on", c.HandedOn)
	}
	closeRuntime(t, rt)

	rt = startRuntime(t, executor.Options{})
	c := counted(t, rt, func() {
		for range 100 {
			joinOK(t, executor.Spawn(rt.On(0), future.Func(func(*core.Context) (int, bool) { return 0, true })))
		}
	})
	if c.HandedOn != 0 {
		t.Errorf("in poll style: %d polls were handed on", c.HandedOn)
	}
}

// A body that yields to a task in poll style, and the other way round.
func TestBothStylesAlternate(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	const turns = 1000
	var order []byte // of worker 0 only
	left := turns
	var poll, direct joinhandle.JoinHandle[int]
	joinOK(t, executor.Go(rt.On(0), func(co *coro.Co) (int, error) {
		on := executor.On(co, 0) // both begin after this body
		poll = executor.Spawn(on, future.Func(func(cx *core.Context) (int, bool) {
			order = append(order, 'p')
			cx.Yield()
			left--
			return 0, left == 0
		}))
		direct = executor.Go(on, func(co *coro.Co) (int, error) {
			for range turns {
				order = append(order, 'd')
				if err := co.Yield(); err != nil {
					return 0, err
				}
			}
			return 0, nil
		})
		return 0, nil
	}))
	joinOK(t, poll)
	joinOK(t, direct)
	together := 0
	for i := range order[:len(order)-1] {
		if order[i] == order[i+1] {
			together++
		}
	}
	if len(order) != 2*turns || together > turns/10 {
		t.Errorf("%d turns, and %d times one style had two in a row", len(order), together)
	}
}

// The coroutines beyond Options.IdleCoroutines end, although after a pass few are parked where they can.
func TestIdleCoroutinesEndAfterPasses(t *testing.T) {
	rt := startRuntime(t, executor.Options{IdleCoroutines: 3})
	most := runtime.NumGoroutine() + 3*rt.Workers()
	if modetest.Stealing() {
		most += (3 + 1) * rt.Workers() // in the berth of each is one that is kept, or the goroutine of a worker
	}
	for range 2 { // the second time, those that are left are as good as new ones
		together(t, rt, 500, yields(10))
		eventually(t, "the coroutines have ended", func() bool { return runtime.NumGoroutine() <= most })
	}
}
