package workload

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// A handle is what drivers join. Tasks return a number, of which the sum is checked.
type handle = joinhandle.JoinHandle[int]

// withRuntime runs f with a runtime of the case.
func withRuntime(c spec.Case, f func(rt *executor.Runtime) error) (err error) {
	opts := executor.Options{
		Workers: c.Workers,
		// The watchdog is on; its reports would only say that a driver spawns a million tasks in one poll.
		OnLongPoll: func(executor.LongPoll) {},
	}
	if c.Mode == spec.Steal {
		opts.Scheduling = executor.WorkStealing
	}
	rt, err := executor.New(opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rt.Close()) }()
	return f(rt)
}

// A runtimeDriver is a driver in one of the two styles.
type runtimeDriver struct {
	future func(i int) core.Future[int]
	body   func(co *coro.Co, i int) (int, error)
}

// drivers is how many drivers a case has.
func drivers(c spec.Case) int {
	if c.Mode == spec.Core || c.Mode == spec.Drivers {
		return c.Workers
	}
	return 1
}

// drive runs a task for each driver, each on a worker of its own if there are several, and returns the
// sum of what they return.
func drive(rt *executor.Runtime, n int, d runtimeDriver) (sum int, err error) {
	handles := make([]handle, n)
	for i := range handles {
		s := core.Spawner(rt)
		if n > 1 {
			s = rt.On(i)
		}
		if d.body != nil {
			handles[i] = executor.Go(s, func(co *coro.Co) (int, error) { return d.body(co, i) })
		} else {
			handles[i] = executor.Spawn(s, core.Future[int](&lazy{make: func() core.Future[int] { return d.future(i) }}))
		}
	}
	for _, h := range handles {
		v, e := h.Wait(context.Background())
		sum += v
		err = errors.Join(err, e)
	}
	return sum, err
}

// A lazy future is made where it is first polled: what two workers write to all the time, made one after the
// other by one of them, would share cache lines.
type lazy struct {
	make func() core.Future[int]
	f    core.Future[int]
}

func (l *lazy) Poll(cx *core.Context) (int, bool) {
	if l.f == nil {
		l.f = l.make()
	}
	return l.f.Poll(cx)
}

// A joiner joins handles in turn, in poll style.
type joiner struct {
	handles []handle
	results []time.Duration // where they go, unless nil
	at      int
	sum     int
	err     error // of the first task that failed
}

// poll reports whether all are joined.
func (j *joiner) poll(cx *core.Context) bool {
	for ; j.at < len(j.handles); j.at++ {
		r, ok := j.handles[j.at].Poll(cx)
		if !ok {
			return false
		}
		if j.sum += r.Value; r.Err != nil && j.err == nil {
			j.err = r.Err
		}
		if j.results != nil {
			j.results[j.at] = time.Duration(r.Value)
		}
	}
	return true
}

// joinAll is the same in direct style.
func joinAll(co *coro.Co, handles []handle) (sum int, err error) {
	for _, h := range handles {
		v, e := h.Join(co)
		if sum += v; e != nil && err == nil {
			err = e
		}
	}
	return sum, err
}

// together spawns n tasks with spawn, where the case has those that belong together, joins them and
// returns the sum of what they return.
func together(rt *executor.Runtime, c spec.Case, n int, spawn func(s core.Spawner, i int) handle) (int, error) {
	if c.Mode == spec.Spread {
		handles := make([]handle, n)
		for i := range handles {
			handles[i] = spawn(rt.On(i%rt.Workers()), i)
		}
		sum := 0
		for _, h := range handles {
			v, err := h.Wait(context.Background())
			if err != nil {
				return 0, err
			}
			sum += v
		}
		return sum, nil
	}
	return drive(rt, 1, runtimeDriver{body: func(co *coro.Co, _ int) (int, error) {
		handles := make([]handle, n)
		for i := range handles {
			handles[i] = spawn(co, i)
		}
		return joinAll(co, handles)
	}})
}

// goDrivers runs f n times at once and returns the sum of what it returns.
func goDrivers(n int, f func(i int) int) int {
	if n == 1 {
		return f(0)
	}
	sums := make([]int, n)
	var wg sync.WaitGroup
	for i := range sums {
		wg.Go(func() { sums[i] = f(i) })
	}
	wg.Wait()
	sum := 0
	for _, s := range sums {
		sum += s
	}
	return sum
}

// A failed future panics: it is for errors that a poll-style driver cannot return.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
