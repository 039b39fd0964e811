package executor_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor"
)

func TestAZeroRuntimePanicsWithItsName(t *testing.T) {
	ctx := context.Background()
	body := func(*coro.Co) (int, error) { return 0, nil }
	for which, rt := range map[string]*executor.Runtime{"nil": nil, "zero": new(executor.Runtime)} {
		for name, call := range map[string]func(){
			"Workers":        func() { rt.Workers() },
			"Spawn":          func() { rt.Spawn(&task.New(future.Ready(0)).Task) },
			"On":             func() { rt.On(0) },
			"Shutdown":       func() { rt.Shutdown(ctx) },
			"Close":          func() { rt.Close() },
			"Done":           func() { rt.Done() },
			"Draining":       func() { rt.Draining() },
			"Stats":          func() { rt.Stats() },
			"Metrics":        func() { rt.Metrics() },
			"Tasks":          func() { rt.Tasks() },
			"Go":             func() { executor.Go(rt, body) },
			"Do":             func() { executor.Do(rt, func(*coro.Co) error { return nil }) },
			"GoEach":         func() { executor.GoEach(rt, func(*coro.Co, int) (int, error) { return 0, nil }) },
			"BlockOn":        func() { executor.BlockOn(ctx, rt, future.Ready(0)) },
			"SpawnBlocking":  func() { executor.SpawnBlocking(rt, func() (int, error) { return 0, nil }) },
			"NewWorkerLocal": func() { executor.NewWorkerLocal[int](rt, nil) },
		} {
			if have := fmt.Sprint(panicOf(call)); have != "executor: the Runtime is nil or zero: New makes one" {
				t.Errorf("%s of a %s Runtime: it panicked with %v", name, which, have)
			}
		}
	}
}

func TestAZeroWorkerLocalPanicsWithItsName(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	inTask(t, rt, func(cx *core.Context) {
		for _, l := range []*executor.WorkerLocal[int]{nil, {}} {
			if have := fmt.Sprint(panicOf(func() { l.Get(cx) })); !strings.Contains(have, "the WorkerLocal is nil or zero") {
				t.Errorf("it panicked with %v", have)
			}
		}
	})
}

func TestZeroValuesThatAreReadyForUse(t *testing.T) {
	var h executor.Histogram
	h.Add(&executor.Histogram{})
	if h.String() != "no samples" || h.Count() != 0 {
		t.Errorf("a zero Histogram: %v", h)
	}
	for want, have := range map[string]fmt.Stringer{
		"task 0":          executor.TaskInfo{},
		"task 0: idle":    executor.TaskStatus{},
		"ThreadPerCore":   executor.Scheduling(0),
		"WorkStealing":    executor.WorkStealing,
		"Scheduling(7)":   executor.Scheduling(7),
		"Contain":         executor.PanicPolicy(0),
		"Propagate":       executor.Propagate,
		"PanicPolicy(-1)": executor.PanicPolicy(-1),
	} {
		if have.String() != want {
			t.Errorf("have %q, want %q", have, want)
		}
	}
	rt := startRuntime(t, executor.Options{})
	inTask(t, rt, func(cx *core.Context) {
		var d executor.Drain
		if _, ok := d.Poll(cx); ok {
			t.Error("a zero Drain was ready before the drain")
		}
		d.Drop()
	})
}
