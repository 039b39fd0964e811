package executor_test

import (
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

var (
	stressFor  = flag.Duration("stress.for", 0, "how long tasks with random plans run in each mode; 0 means a few rounds")
	stressSeed = flag.Uint64("stress.seed", 7, "the seed of the first plans")
)

// A stress is a runtime whose tasks follow plans.
type stress struct {
	t            *testing.T
	rt           *executor.Runtime
	begun, ended atomic.Int64 // tasks
	wrong        atomic.Int64
}

// check reports what is wrong with the output of a task.
func (s *stress) check(err error) {
	if err != nil && s.wrong.Add(1) <= 5 {
		s.t.Error(err)
	}
}

// drive spawns tasks from outside, some at a time, and waits for them.
func (s *stress) drive(r *rand.Rand, tasks int) {
	ctx, cancel := context.WithTimeout(context.Background(), 4*testTimeout)
	defer cancel()
	for tasks > 0 {
		plans := make([]*plan, 1+r.IntN(tasks))
		tasks -= len(plans)
		handles := make([]joinhandle.JoinHandle[int], len(plans))
		for i := range plans {
			plans[i] = s.newPlan(r, 3)
			var on core.Spawner = s.rt
			if i := r.IntN(2 * s.rt.Workers()); i < s.rt.Workers() {
				on = s.rt.On(i)
			}
			handles[i] = s.spawn(on, plans[i])
		}
		for i, p := range plans {
			v, err := handles[i].Wait(ctx)
			if ctx.Err() != nil {
				s.t.Errorf("a task does not end\n%s", stacks())
				return
			}
			s.check(p.check(v, err))
		}
	}
}

// park leaves bodies that wait, whose coroutines have handed their workers on to each other.
func (s *stress) park(r *rand.Rand, n int) (handles []joinhandle.JoinHandle[int]) {
	var parked atomic.Int64
	for range n {
		p := &plan{steps: []step{turns(r.IntN(20)), deep(r.IntN(20))}, end: endsWhenAborted}
		handles = append(handles, executor.Go(s.rt, func(co *coro.Co) (int, error) {
			for _, st := range p.steps {
				if _, err := st.run(s, co); err != nil {
					return 0, err
				}
			}
			parked.Add(1)
			p.steps = nil
			return s.body(p)(co)
		}))
	}
	eventually(s.t, "the bodies wait", func() bool { return parked.Load() == int64(n) })
	return handles
}

// round runs tasks from several goroutines, and then closes the runtime while bodies wait and tasks are spawned.
func (s *stress) round(seed uint64, tasks int) {
	r := rand.New(rand.NewPCG(seed, 1))
	before := runtime.NumGoroutine()
	s.rt = makeRuntime(s.t, executor.Options{
		IdleCoroutines: []int{-1, 1, 3, 0}[r.IntN(4)],
		Instrument:     r.IntN(8) == 0,
		CheckUses:      seed%8 == 0,
		OnPanic:        func(executor.TaskInfo, *task.PanicError) {},
		OnLongPoll:     func(executor.LongPoll) {},
	})
	if seed%8 == 0 {
		tasks /= 20 // for an iterator, the check lists all goroutines
	}
	var drivers sync.WaitGroup
	for i := range uint64(4) {
		drivers.Go(func() { s.drive(rand.New(rand.NewPCG(seed, 2+i)), tasks) })
	}
	drivers.Wait()
	eventually(s.t, "the tasks whose handles were dropped end", func() bool { return s.rt.Stats().Live == 0 })
	if b, e := s.begun.Load(), s.ended.Load(); b != e {
		s.t.Errorf("%d tasks have begun, and %d have ended", b, e)
	}
	parked := s.park(r, 200)
	var late sync.WaitGroup
	late.Go(func() {
		for i := range 200 {
			v, err := executor.Go(s.rt, s.body(&plan{value: i, steps: []step{turns(3)}})).Wait(context.Background())
			if v != i && !errors.Is(err, core.ErrShutdown) {
				s.t.Errorf("a task that is spawned while its runtime closes: %d, %v", v, err)
			}
		}
	})
	closeRuntime(s.t, s.rt)
	ends(s.t, "the spawns on a closed runtime", late.Wait)
	for _, h := range parked {
		if _, err := join(s.t, h); !errors.Is(err, core.ErrShutdown) {
			s.t.Errorf("the join of a body that waited at Close returned %v", err)
		}
	}
	if b, e := s.begun.Load(), s.ended.Load(); b != e {
		s.t.Errorf("after Close %d tasks have begun, and %d have ended", b, e)
	}
	eventually(s.t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before })
}

// Tasks in both styles spawn, join, abort and outlive each other, panic, exit, lock their threads, and wait in every
// way, on workers that coroutines hand on and between which they move. Each task ends as its plan says, and no goroutine
// is left.
func TestTasksEndAsTheirPlansSay(t *testing.T) {
	begin, rounds, tasks := time.Now(), 4, 100
	if testing.Short() {
		rounds = 2
	}
	var total, handed uint64
	for seed := *stressSeed; ; seed++ {
		done := time.Since(begin) >= *stressFor
		if *stressFor == 0 {
			done = seed-*stressSeed == uint64(rounds)
		}
		if done {
			t.Logf("%d rounds, %d tasks, %d polls handed on", seed-*stressSeed, total, handed)
			return
		}
		s := &stress{t: t}
		if s.round(seed, tasks); t.Failed() {
			t.Fatalf("with the seed %d", seed)
		}
		c := s.rt.Stats().Counters
		total, handed = total+c.Spawned, handed+c.HandedOn
	}
}
