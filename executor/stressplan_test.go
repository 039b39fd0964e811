package executor_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"

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
				if p.value%2 == 0 {
					pulls(1).run(s, co) // the iterator exits
				}
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
