package workload

import (
	"sync"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/tools/bench/internal/proc"
	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// W7: tasks park until a gate opens, and the i-th returns i. When all are parked their memory is
// measured, and then the time to wake and join all. GC: there, what a collection takes is measured.
//
// The memory of a task includes its handle and the slot of its waker: without those it could not be joined or woken.

// A gate is what tasks park at.
type gate struct {
	open   atomic.Bool
	wakers []core.Waker   // one of each task; written by it, read when all are parked
	each   int            // tasks of each driver
	parked []atomic.Int64 // how many of those are, so that a driver waits for its own only
}

// park is task i's way in.
func (g *gate) park(i int, cx *core.Context) {
	g.wakers[i] = cx.Waker()
	g.parked[i/g.each].Add(1)
}

// A parker is a task in poll style: the least that a future can be which waits for something.
type parker struct {
	g *gate
	i int
}

func (p *parker) Poll(cx *core.Context) (int, bool) {
	if p.g.open.Load() {
		return p.i, true
	}
	p.g.park(p.i, cx)
	return 0, false
}

func w7Poll(c spec.Case, m *meter) error {
	return w7Runtime(c, m,
		func(cx *core.Context, g *gate, i int) handle { return executor.SpawnValue[int](cx, parker{g, i}) },
		func(g *gate, handles []handle, each int) runtimeDriver {
			return runtimeDriver{future: func(d int) core.Future[int] {
				from, to := d*each, (d+1)*each
				return &opener{joiner: joiner{handles: handles[from:to]}, wakers: g.wakers[from:to]}
			}}
		})
}

// An opener is a driver that wakes and joins.
type opener struct {
	joiner
	wakers []core.Waker // until they are woken
}

func (o *opener) Poll(cx *core.Context) (int, bool) {
	for _, w := range o.wakers {
		cx.Wake(w)
	}
	o.wakers = nil
	if !o.poll(cx) {
		return 0, false
	}
	must(o.err)
	return o.sum, true
}

func w7Direct(c spec.Case, m *meter) error {
	return w7Runtime(c, m,
		func(cx *core.Context, g *gate, i int) handle {
			return executor.Go(cx, func(co *coro.Co) (int, error) {
				for !g.open.Load() {
					g.park(i, co.Context())
					if err := co.Suspend(); err != nil {
						return 0, err
					}
				}
				return i, nil
			})
		},
		func(g *gate, handles []handle, each int) runtimeDriver {
			return runtimeDriver{body: func(co *coro.Co, d int) (int, error) {
				from, to := d*each, (d+1)*each
				for _, w := range g.wakers[from:to] {
					co.Context().Wake(w)
				}
				return joinAll(co, handles[from:to])
			}}
		})
}

// w7Runtime spawns tasks from each driver, and has them woken and joined by another set of drivers, of
// so many tasks each.
func w7Runtime(c spec.Case, m *meter, spawn func(cx *core.Context, g *gate, i int) handle,
	wake func(g *gate, handles []handle, each int) runtimeDriver) error {
	return withRuntime(c, func(rt *executor.Runtime) error {
		each := c.Live / drivers(c)
		n := each * drivers(c)
		before := proc.Resident()
		g := &gate{wakers: make([]core.Waker, n), each: each, parked: make([]atomic.Int64, drivers(c))}
		handles := make([]handle, n)
		_, err := drive(rt, drivers(c), runtimeDriver{future: func(d int) core.Future[int] {
			return &settler{done: func() bool { return g.parked[d].Load() == int64(each) }, start: func(cx *core.Context) {
				for i := d * each; i < (d+1)*each; i++ {
					handles[i] = spawn(cx, g, i)
				}
			}}
		}})
		if err != nil {
			return err
		}
		return w7(c, m, before, n, func() (int, error) {
			g.open.Store(true)
			return drive(rt, drivers(c), wake(g, handles, each))
		})
	})
}

// A settler is a driver that starts something and returns when it is done.
type settler struct {
	start func(cx *core.Context) // nil once it was called
	done  func() bool
}

func (s *settler) Poll(cx *core.Context) (int, bool) {
	if s.start != nil {
		s.start(cx)
		s.start = nil
	}
	if !s.done() {
		cx.Yield()
		return 0, false
	}
	return 0, true
}

// w7 measures n parked tasks, which f wakes and joins, and checks the sum of what they return.
func w7(c spec.Case, m *meter, before int64, n int, f func() (sum int, err error)) error {
	m.resident(before, n)
	var sum int
	var err error
	if c.Workload == spec.GC {
		m.collect()
		sum, err = f()
	} else {
		m.begin()
		sum, err = f()
		m.end(n)
	}
	if err != nil {
		return err
	}
	return want("sum of the results", sum, n*(n-1)/2)
}

func w7Goroutines(c spec.Case, m *meter) error {
	each := c.Live / drivers(c)
	n := each * drivers(c)
	before := proc.Resident()
	gates := make([]chan struct{}, drivers(c))
	results := make([]int, n)
	joins := make([]sync.WaitGroup, drivers(c))
	var started sync.WaitGroup
	started.Add(n)
	for d := range gates {
		gates[d] = make(chan struct{})
		for i := d * each; i < (d+1)*each; i++ {
			joins[d].Go(func() {
				started.Done()
				<-gates[d]
				results[i] = i
			})
		}
	}
	started.Wait()
	return w7(c, m, before, n, func() (sum int, err error) {
		return goDrivers(drivers(c), func(d int) (sum int) {
			close(gates[d])
			joins[d].Wait()
			for _, v := range results[d*each : (d+1)*each] {
				sum += v
			}
			return sum
		}), nil
	})
}
