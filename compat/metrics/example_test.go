package metrics_test

import (
	"context"
	"expvar"
	"fmt"

	"github.com/moduvex/moduvex-go/compat/metrics"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// Of a program that imports package expvar, the default server of net/http has the JSON of this map at /debug/vars.
var runtimes = expvar.NewMap("runtimes")

// A runtime is in the map while it runs.
func ExampleVar() {
	rt, err := executor.New(executor.Options{Name: "db"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	v := metrics.New(rt, metrics.Options{})
	runtimes.Set(v.Name(), v)
	defer runtimes.Delete(v.Name())
	fmt.Println(runtimes.String()[:27] + " ...")
	// Output: {"db": {"moduvex_blocking_f ...
}

// A program that publishes in a format of its own loops over the samples.
func ExampleSnapshot_Samples() {
	rt, err := executor.New(executor.Options{Workers: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	v := metrics.New(rt, metrics.Options{Name: "db"})
	for _, h := range executor.GoEach(rt, func(*coro.Co, int) (int, error) { return 0, nil }) {
		if _, err := h.Wait(context.Background()); err != nil {
			fmt.Println(err)
		}
	}
	if err := rt.Shutdown(context.Background()); err != nil { // the workers publish their last counts
		fmt.Println(err)
	}
	for s := range v.Snapshot().Samples() {
		if s.Kind == metrics.Counter && s.Dotted == "moduvex.tasks.spawned" {
			fmt.Printf("%s{runtime=%q,worker=%q} %d\n", s.Name(), s.Runtime, s.Worker, s.Value)
		}
	}
	// Output:
	// moduvex_tasks_spawned_total{runtime="db",worker="0"} 1
	// moduvex_tasks_spawned_total{runtime="db",worker="1"} 1
}

// A Desc says what a metric is, and how its name is built.
func ExampleDescs() {
	for _, d := range metrics.Descs() {
		if d.Kind == metrics.Histogram {
			fmt.Println(d.Name(), d.Unit, d.Kind)
		}
	}
	// Output:
	// moduvex_worker_poll_time_seconds s histogram
	// moduvex_worker_schedule_latency_seconds s histogram
	// moduvex_blocking_wait_seconds s histogram
}

// Four buckets of the executor make an octave.
func ExampleOctaves() {
	var h executor.Histogram
	h.Counts[0], h.Counts[4], h.Counts[5], h.Counts[8] = 1, 10, 20, 5 // 0 ns, 4 ns, 5 ns, 8 and 9 ns
	counts := metrics.Octaves(&h)
	for k, n := range counts[:6] {
		fmt.Printf("to %v: %d\n", metrics.OctaveEnd(k), n)
	}
	// Output:
	// to 0s: 1
	// to 1ns: 0
	// to 3ns: 0
	// to 7ns: 30
	// to 15ns: 5
	// to 31ns: 0
}
