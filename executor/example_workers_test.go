package executor_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
)

// Work stealing, for loads that are not even.
func ExampleOptions_scheduling() {
	rt, err := executor.New(executor.Options{Workers: 4, Scheduling: executor.WorkStealing})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	sum, err := executor.Go(rt, func(co *coro.Co) (int, error) {
		one := executor.Go(co, func(*coro.Co) (int, error) { return 1, nil }) // any free worker runs it
		two := executor.Go(co, func(*coro.Co) (int, error) { return 2, nil })
		a, err := one.Join(co)
		if err != nil {
			return 0, err
		}
		b, err := two.Join(co)
		return a + b, err
	}).Wait(context.Background())
	fmt.Println(sum, err)
	// Output: 3 <nil>
}

func ExampleRuntime_On() {
	rt, err := executor.New(executor.Options{Workers: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	where := func(cx *core.Context) (int, bool) {
		id, _ := executor.WorkerID(cx)
		return id, true
	}
	for i := range rt.Workers() {
		id, _ := executor.Spawn(rt.On(i), future.Func(where)).Wait(context.Background())
		fmt.Println("on worker", id)
	}
	// Output:
	// on worker 0
	// on worker 1
}

func ExampleOn() {
	workers, err := executor.Run(context.Background(), executor.Options{Workers: 2}, func(co *coro.Co) (string, error) {
		first := executor.Go(executor.On(co, 0), func(co *coro.Co) (int, error) { id, _ := executor.WorkerID(co); return id, nil })
		second := executor.Go(executor.On(co, 1), func(co *coro.Co) (int, error) { id, _ := executor.WorkerID(co); return id, nil })
		a, _ := first.Join(co)
		b, err := second.Join(co)
		return fmt.Sprint(a, " and ", b), err
	})
	fmt.Println(workers, err)
	// Output: 0 and 1 <nil>
}

func ExampleGoEach() {
	rt, err := executor.New(executor.Options{Workers: 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	for _, h := range executor.GoEach(rt, func(co *coro.Co, worker int) (int, error) { return worker * worker, nil }) {
		fmt.Println(h.Wait(context.Background()))
	}
	// Output:
	// 0 <nil>
	// 1 <nil>
	// 4 <nil>
}

func ExampleWorkerLocal() {
	rt, err := executor.New(executor.Options{Workers: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()

	// A counter for each worker, without a lock.
	counters := executor.NewWorkerLocal(rt, func(worker int) int { return 100 * worker })
	for _, h := range executor.GoEach(rt, func(co *coro.Co, _ int) (int, error) {
		n := counters.Get(co)
		*n++
		return *n, nil
	}) {
		fmt.Println(h.Wait(context.Background()))
	}
	// Output:
	// 1 <nil>
	// 101 <nil>
}

// requests is a key: each runtime has a counter of its own, which all its tasks share.
var requests = executor.NewRuntimeLocal[atomic.Int64](nil)

func ExampleRuntimeLocal() {
	count := func(s core.Spawner) int64 { return requests.Get(s).Add(1) } // a library, which knows no Runtime

	for range 2 {
		_, err := executor.Run(context.Background(), executor.Options{Workers: 2}, func(co *coro.Co) (int, error) {
			count(co)
			fmt.Println(count(co))
			return 0, nil
		})
		if err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// 2
	// 2
}

func ExampleWorkerID() {
	_, err := executor.Run(context.Background(), executor.Options{Workers: 1}, func(co *coro.Co) (int, error) {
		fmt.Println(executor.WorkerID(co))
		return 0, nil
	})
	fmt.Println(err)
	// Output:
	// 0 true
	// <nil>
}

func ExampleRuntime_Metrics() {
	rt, err := executor.New(executor.Options{Workers: 2, Name: "api"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, h := range executor.GoEach(rt, func(co *coro.Co, _ int) (int, error) { return 0, co.Yield() }) {
		h.Wait(context.Background())
	}
	rt.Close() // a worker publishes its counters once a round, and at the end
	for _, w := range rt.Metrics().Workers {
		fmt.Printf("%s: %d task, %d polls\n", w.Name, w.Completed, w.Polls)
	}
	// Output:
	// api/0: 1 task, 2 polls
	// api/1: 1 task, 2 polls
}

func ExampleRuntime_Tasks() {
	rt, err := executor.New(executor.Options{Workers: 1, Instrument: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	asleep := make(chan struct{})
	executor.Spawn(executor.Named(rt, "sleeper"), future.Func(func(cx *core.Context) (int, bool) {
		close(asleep)
		cx.Waits(core.WaitTime) // timers and sockets say so for their users
		return 0, false
	}))
	<-asleep
	for _, t := range rt.Tasks() {
		fmt.Println(t.Name, strings.HasPrefix(t.Site, "github.com/moduvex/moduvex-go/executor_test.ExampleRuntime_Tasks"))
	}
	// Output: sleeper true
}

func ExampleHistogram() {
	var h executor.Histogram
	fmt.Println(h)
	h.Counts[4], h.Counts[40], h.Sum = 99, 1, 3100 // as Metrics fills it
	fmt.Println(h)
	p99, ok := h.Quantile(0.99)
	fmt.Println(p99, ok)
	// Output:
	// no samples
	// 100 samples, mean 31ns, 50% to 5ns, 99% to 5ns, all to 2.56µs
	// 5ns true
}
