package executor_test

import (
	"errors"
	"fmt"
	"iter"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A turns step yields so many times.
type turns int

func (n turns) sum() int { return 0 }
func (n turns) run(_ *stress, co *coro.Co) (int, error) {
	for range n {
		if err := co.Yield(); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

type sleeps time.Duration

func (d sleeps) sum() int                                { return 0 }
func (d sleeps) run(_ *stress, co *coro.Co) (int, error) { return 0, coro.Sleep(co, time.Duration(d)) }

// locks leaves the goroutine locked to its thread.
type locks int

func (n locks) sum() int { return 0 }
func (n locks) run(_ *stress, co *coro.Co) (int, error) {
	for range n {
		runtime.LockOSThread()
	}
	return 0, co.Yield()
}

// A deep step suspends far down its stack.
type deep int

func (n deep) sum() int { return int(n * (n + 1) / 2) }
func (n deep) run(_ *stress, co *coro.Co) (int, error) {
	return descend(int(n), co.Yield)
}

// A pulls step suspends in an iterator that the body drives.
type pulls int

func (n pulls) sum() int { return int(n) }
func (n pulls) run(_ *stress, co *coro.Co) (sum int, err error) {
	next, stop := iter.Pull(func(yield func(int) bool) {
		for range n {
			if err = co.Yield(); err != nil || !yield(1) {
				return
			}
		}
	})
	defer stop()
	for v, ok := next(); ok; v, ok = next() {
		sum += v
	}
	return sum, err
}

// A blocks step waits for the blocking pool.
type blocks int

func (n blocks) sum() int { return int(n) }
func (n blocks) run(s *stress, co *coro.Co) (int, error) {
	return executor.SpawnBlocking(s.rt, func() (int, error) { return int(n), nil }).Join(co)
}

// A joins step spawns a task somewhere, and waits for its end.
type joins struct {
	plan *plan
	on   int // a worker, or the own one, or whichever the runtime chooses
	s    *stress
}

func (j *joins) sum() int { return j.plan.adds() }

func (j *joins) place(own core.Spawner) core.Spawner {
	switch n := j.s.rt.Workers(); {
	case j.on < n:
		return executor.On(own, j.on)
	case j.on == n:
		return j.s.rt
	}
	return own
}

func (j *joins) run(s *stress, co *coro.Co) (int, error) {
	v, err := s.spawn(j.place(co), j.plan).Join(co)
	if e := co.Interrupted(); e != nil {
		return 0, e
	}
	s.check(j.plan.check(v, err))
	return j.sum(), nil
}

// An aborts step aborts the task that it has spawned. One that ends by itself may be quicker.
type aborts struct {
	joins
	after turns
}

func (a *aborts) sum() int { return 0 }

func (a *aborts) run(s *stress, co *coro.Co) (int, error) {
	h := s.spawn(a.place(co), a.plan)
	_, err := a.after.run(s, co)
	h.Abort()
	if err != nil {
		return 0, err
	}
	v, err := h.Join(co)
	if e := co.Interrupted(); e != nil {
		return 0, e
	}
	if a.plan.end >= endsWhenAborted || !errors.Is(err, core.ErrCancelled) {
		s.check(a.plan.check(v, err))
	}
	return 0, nil
}

// A sets step joins tasks in the order of their ends.
type sets []*plan

func (ps sets) sum() (n int) {
	for _, p := range ps {
		n += p.adds()
	}
	return n
}

func (ps sets) run(s *stress, co *coro.Co) (int, error) {
	set := joinhandle.NewJoinSet[int](co)
	defer set.Drop()
	plans := map[uint64]*plan{}
	for _, p := range ps {
		if p.poll {
			plans[set.Spawn(&pollPlan{s: s, plan: p}).ID()] = p
		} else {
			plans[set.Go(s.body(p)).ID()] = p
		}
	}
	for range ps {
		j, err := set.Join(co)
		if err != nil {
			return 0, err
		}
		s.check(plans[j.ID].check(j.Value, j.Err))
	}
	return ps.sum(), nil
}

// A groups step runs tasks in a group. If one of them fails, the others wait until they are aborted.
type groups struct {
	limit int
	plans []*plan
}

func (g *groups) sum() (n int) {
	for _, p := range g.plans {
		if p.end <= endsWithPanic {
			n += p.adds()
		}
	}
	return n
}

func (g *groups) run(s *stress, co *coro.Co) (n int, err error) {
	var sum atomic.Int64
	var failed *plan
	err = recovered(func() error {
		return coro.WithGroup(co, coro.GroupOptions{Limit: g.limit}, func(co *coro.Co, group *coro.Group) error {
			for _, p := range g.plans {
				if p.end == endsWithError || p.end == endsWithPanic {
					failed = p
				}
				err := group.Do(co, func(co *coro.Co) error {
					v, err := s.body(p)(co)
					sum.Add(int64(v))
					return err
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
	if e := co.Interrupted(); e != nil {
		return 0, e
	}
	if failed == nil {
		return int(sum.Load()), err
	}
	var child *coro.ChildPanic
	var failure planSum
	if failed.end == endsWithPanic && !errors.As(err, &child) || !errors.As(err, &failure) || failure != planSum(failed.sum()) {
		s.check(fmt.Errorf("a group whose child ends in way %d with the sum %d: %v", failed.end, failed.sum(), err))
	}
	return g.sum(), nil
}

// recovered returns the error of f, or that which it panicked with.
func recovered(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = v.(error)
		}
	}()
	return f()
}

// A scopes step runs others in a scope.
type scopes struct {
	kind  scopeKind
	inner []step
}

type scopeKind uint8

const (
	inShield scopeKind = iota
	inTimeout
	inNoTime // its deadline passes
	scopeKinds
)

func (sc *scopes) sum() (n int) {
	for _, st := range sc.inner {
		n += st.sum()
	}
	return n
}

func (sc *scopes) run(s *stress, co *coro.Co) (sum int, err error) {
	inner := func(co *coro.Co) error {
		for _, st := range sc.inner {
			n, err := st.run(s, co)
			if err != nil {
				return err
			}
			sum += n
		}
		if sc.kind == inNoTime {
			return waitForAbort(co)
		}
		return nil
	}
	switch sc.kind {
	case inShield:
		err = coro.Shield(co, inner)
	case inTimeout:
		err = coro.WithTimeout(co, time.Hour, inner)
	case inNoTime:
		err = coro.WithTimeout(co, 100*time.Microsecond, inner)
		if errors.Is(err, core.ErrDeadlineExceeded) {
			err = co.Interrupted()
		}
	}
	return sum, err
}
