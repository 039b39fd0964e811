package workload

import (
	"runtime"
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// W2: tasks that yield together, and return how often each has.

type yielder struct{ n, did int }

func (y *yielder) Poll(cx *core.Context) (int, bool) {
	if y.did == y.n {
		return y.did, true
	}
	y.did++
	cx.Yield()
	return 0, false
}

func w2Poll(c spec.Case, m *meter) error {
	return w2Runtime(c, m, func(tasks, yields int) runtimeDriver {
		return runtimeDriver{future: func(int) core.Future[int] {
			return &once{n: tasks, spawn: func(cx *core.Context, _ int) handle {
				return executor.SpawnValue[int](cx, yielder{n: yields})
			}}
		}}
	})
}

// once is a driver that spawns n tasks and joins them.
type once struct {
	joiner
	n     int
	spawn func(cx *core.Context, i int) handle
}

func (o *once) Poll(cx *core.Context) (int, bool) {
	if o.handles == nil {
		o.handles = make([]handle, o.n)
		for i := range o.handles {
			o.handles[i] = o.spawn(cx, i)
		}
	}
	if !o.poll(cx) {
		return 0, false
	}
	must(o.err)
	return o.sum, true
}

func w2Direct(c spec.Case, m *meter) error {
	return w2Runtime(c, m, func(tasks, yields int) runtimeDriver {
		return runtimeDriver{body: func(co *coro.Co, _ int) (int, error) {
			handles := make([]handle, tasks)
			for i := range handles {
				handles[i] = executor.Go(co, func(co *coro.Co) (did int, err error) {
					for ; did < yields; did++ {
						if err := co.Yield(); err != nil {
							return 0, err
						}
					}
					return did, nil
				})
			}
			return joinAll(co, handles)
		}}
	})
}

func w2Runtime(c spec.Case, m *meter, driver func(tasks, yields int) runtimeDriver) error {
	n := drivers(c)
	return withRuntime(c, func(rt *executor.Runtime) error {
		return w2(c, m, func(yields int) (int, error) { return drive(rt, n, driver(c.Live/n, yields)) })
	})
}

// w2 measures f, in which each task yields so often, and checks the sum.
func w2(c spec.Case, m *meter, f func(yields int) (sum int, err error)) error {
	return m.repeated(c.Units, func(units int) (int, error) {
		yields := max(1, units/c.Live)
		sum, err := f(yields)
		if err != nil {
			return 0, err
		}
		return sum, want("yields", sum, yields*c.Live)
	})
}

func w2Goroutines(c spec.Case, m *meter) error {
	return w2(c, m, func(yields int) (sum int, err error) {
		did := make([]int, c.Live)
		var wg sync.WaitGroup
		for i := range did {
			wg.Go(func() {
				n := 0
				for ; n < yields; n++ {
					runtime.Gosched()
				}
				did[i] = n
			})
		}
		wg.Wait()
		for _, n := range did {
			sum += n
		}
		return sum, nil
	})
}
