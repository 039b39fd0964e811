package executor_test

import (
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A plan says what a task does and how it ends. It comes from a seed, so the outcome of the task is known before.
type plan struct {
	poll  bool // in poll style: it yields, joins one task at most, and ends
	value int
	steps []step
	end   planEnd
}

type planEnd uint8

const (
	endsWell planEnd = iota
	endsWithError
	endsWithPanic
	endsWithGoexit
	endsWhenAborted
	endsByForce // its body ignores the abort
)

// A planSum is the error, or the panic, that a task ends with: its value, and those of its steps.
type planSum int

func (s planSum) Error() string { return fmt.Sprint("the sum is ", int(s)) }

// sum returns what the value of the task is, if it has one.
func (p *plan) sum() int {
	n := p.value
	for _, s := range p.steps {
		n += s.sum()
	}
	return n
}

// adds returns what the task contributes to the sum of the task that joins it.
func (p *plan) adds() int {
	switch p.end {
	case endsWell, endsWithError, endsWithPanic:
		return p.sum() + int(p.end)
	}
	return int(p.end)
}

// check returns what is wrong with the output of the task.
func (p *plan) check(v int, err error) error {
	var failure planSum
	var pe *task.PanicError
	ok := false
	switch p.end {
	case endsWell:
		ok = err == nil && v == p.sum()
	case endsWithError:
		ok = errors.As(err, &failure) && failure == planSum(p.sum()) && !errors.As(err, &pe)
	case endsWithPanic:
		ok = errors.As(err, &pe) && pe.Value == any(planSum(p.sum()))
	case endsWithGoexit:
		ok = errors.Is(err, core.ErrGoexit)
	case endsWhenAborted, endsByForce:
		ok = errors.Is(err, core.ErrCancelled)
	}
	if ok {
		return nil
	}
	return fmt.Errorf("a task that should end in way %d with the sum %d ended with %d, %v", p.end, p.sum(), v, err)
}

// A step is a part of a body. It returns the error of an await that has failed.
type step interface {
	run(s *stress, co *coro.Co) (int, error)
	sum() int
}

// spawn makes a task of the plan.
func (s *stress) spawn(on core.Spawner, p *plan) joinhandle.JoinHandle[int] {
	if p.poll {
		return executor.Spawn[int](on, &pollPlan{s: s, plan: p})
	}
	return executor.Go(on, s.body(p))
}

// body returns the body of the plan.
func (s *stress) body(p *plan) func(co *coro.Co) (int, error) {
	return func(co *coro.Co) (int, error) {
		s.begun.Add(1)
		defer s.ended.Add(1)
		sum := p.value
		for _, st := range p.steps {
			n, err := st.run(s, co)
			if err != nil {
				return 0, err
			}
			sum += n
		}
		switch p.end {
		case endsWithError:
			return 0, planSum(sum)
		case endsWithPanic:
			panic(planSum(sum))
		case endsWithGoexit:
			runtime.Goexit()
		case endsWhenAborted:
			defer coro.Shield(co, (*coro.Co).Yield)
			defer co.Yield()
			return 0, waitForAbort(co)
		case endsByForce:
			for {
				waitForAbort(co)
			}
		}
		return sum, nil
	}
}

// waitForAbort waits for an event that never comes.
func waitForAbort(co *coro.Co) error {
	_, err := coro.Await(co, &gate{})
	return err
}

// A pollPlan is the future of a plan.
type pollPlan struct {
	s      *stress
	plan   *plan
	begun  bool
	yields int
	next   int
	sum    int
	handle joinhandle.JoinHandle[int]
	joined bool
}

func (f *pollPlan) Poll(cx *core.Context) (int, bool) {
	if !f.begun {
		f.begun, f.sum = true, f.plan.value
		f.s.begun.Add(1)
	}
	for f.next < len(f.plan.steps) {
		switch st := f.plan.steps[f.next].(type) {
		case turns:
			if f.yields++; f.yields <= int(st) {
				cx.Yield()
				return 0, false
			}
			f.yields = 0
		case *joins:
			if !f.joined {
				f.handle, f.joined = f.s.spawn(st.place(cx), st.plan), true
			}
			out, ready := f.handle.Poll(cx)
			if !ready {
				return 0, false
			}
			f.s.check(st.plan.check(out.Value, out.Err))
			f.sum += st.sum()
			f.joined = false
		}
		f.next++
	}
	switch f.plan.end {
	case endsWithPanic:
		f.drop()
		panic(planSum(f.sum))
	case endsWithGoexit:
		f.drop()
		runtime.Goexit()
	case endsWhenAborted:
		return 0, false
	}
	f.drop()
	return f.sum, true
}

// drop notes that the task has ended.
func (f *pollPlan) drop() {
	if f.begun {
		f.begun = false
		f.s.ended.Add(1)
	}
}

func (f *pollPlan) Drop() { f.drop() }

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

// newPlan returns a plan that spawns others down to this depth.
func (s *stress) newPlan(r *rand.Rand, depth int) *plan {
	p := &plan{poll: r.IntN(3) == 0, value: r.IntN(100)}
	if p.end = planEnd(r.IntN(8)); p.end > endsWithGoexit {
		p.end = endsWell
	}
	if p.poll && p.end == endsWithError {
		p.end = endsWell // a future returns no error
	}
	for range r.IntN(8) {
		switch {
		case !p.poll:
			p.steps = append(p.steps, s.newStep(r, depth))
		case r.IntN(2) == 0 || depth == 0:
			p.steps = append(p.steps, turns(r.IntN(10)))
		default:
			p.steps = append(p.steps, s.newJoins(r, depth))
		}
	}
	return p
}

func (s *stress) newJoins(r *rand.Rand, depth int) *joins {
	return &joins{plan: s.newPlan(r, depth-1), on: r.IntN(s.rt.Workers() + 4), s: s}
}

func (s *stress) newStep(r *rand.Rand, depth int) step {
	kinds := 12
	if depth == 0 {
		kinds = 7
	}
	switch r.IntN(kinds) {
	case 0, 1:
		return turns(r.IntN(10))
	case 2:
		return sleeps(r.IntN(300_000))
	case 3:
		return locks(r.IntN(4))
	case 4:
		return deep(r.IntN(40))
	case 5:
		return pulls(r.IntN(5))
	case 6:
		sc := &scopes{kind: scopeKind(r.IntN(int(scopeKinds)))}
		for range r.IntN(3) * min(depth, 1) {
			if sc.kind != inNoTime { // its end comes at any time
				sc.inner = append(sc.inner, s.newStep(r, depth-1))
			}
		}
		return sc
	case 7:
		a := &aborts{*s.newJoins(r, depth), turns(r.IntN(6))}
		if ends := r.IntN(4); ends > 0 { // else it may end before
			a.plan.steps, a.plan.end = nil, endsWhenAborted
			if ends == 1 && !a.plan.poll {
				a.plan.end = endsByForce
			}
		}
		return a
	case 8:
		return blocks(r.IntN(100))
	case 9:
		var ps sets
		for range r.IntN(6) {
			ps = append(ps, s.newPlan(r, depth-1))
		}
		return ps
	case 10:
		return s.newGroups(r, depth)
	}
	return s.newJoins(r, depth)
}

func (s *stress) newGroups(r *rand.Rand, depth int) *groups {
	g := &groups{}
	for range 1 + r.IntN(5) {
		p := s.newPlan(r, depth-1)
		p.poll, p.end = false, endsWell
		g.plans = append(g.plans, p)
	}
	switch r.IntN(3) {
	case 0:
		g.limit = 1 + r.IntN(3)
	case 1:
		for _, p := range g.plans {
			p.steps, p.end = nil, endsWhenAborted
		}
		g.plans[r.IntN(len(g.plans))].end = endsWithError + planEnd(r.IntN(2))
	}
	return g
}
