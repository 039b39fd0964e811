package executor_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

func TestRuntimeLocalIsOneForEachRuntime(t *testing.T) {
	var made atomic.Int64
	local := executor.NewRuntimeLocal(func() int64 { return made.Add(1) })
	other := executor.NewRuntimeLocal[string](nil)
	a, b := startRuntime(t, executor.Options{}), startRuntime(t, executor.Options{})
	seen := map[*int64]bool{}
	for _, rt := range []*executor.Runtime{a, b} {
		var handles []joinhandle.JoinHandle[*int64]
		for range 20 {
			handles = append(handles,
				executor.Go(rt, func(co *coro.Co) (*int64, error) { return local.Get(co), nil }),
				executor.Spawn(rt, future.Func(func(cx *core.Context) (*int64, bool) { return local.Get(cx), true })))
		}
		for _, h := range handles {
			if got := joinOK(t, h); got != local.Get(rt) {
				t.Error("a task has a value that is not its runtime's")
			}
		}
		seen[local.Get(rt)] = true
		*other.Get(rt) += "x"
	}
	if len(seen) != 2 || made.Load() != 2 {
		t.Errorf("two runtimes have %d values, and init was called %d times", len(seen), made.Load())
	}
	a.Close()
	if *local.Get(a) == *local.Get(b) || *other.Get(a) != "x" || *other.Get(b) != "x" {
		t.Error("the values of two runtimes, or of two keys, are mixed up")
	}
}

func TestRuntimeLocalPanicsOutsideARuntime(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	local := executor.NewRuntimeLocal[int](nil)
	for want, call := range map[string]func(){
		"RuntimeLocal is nil or zero":  func() { new(executor.RuntimeLocal[int]).Get(rt) },
		"Runtime is nil or zero":       func() { local.Get(new(executor.Runtime)) },
		"that is of no task of a runt": func() { local.Get(rt.On(0)) },
	} {
		if have := fmt.Sprint(panicOf(call)); !strings.Contains(have, want) {
			t.Errorf("the panic is %q, want %q in it", have, want)
		}
	}
}
