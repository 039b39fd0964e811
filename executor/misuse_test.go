package executor_test

import (
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// The child runs on another worker while its parent runs, and awaits with the parent's Co.
func TestAChildThatUsesItsParentsCoPanicsWithTheMistake(t *testing.T) {
	rt := startRuntime(t, executor.Options{Scheduling: executor.WorkStealing, Workers: 2, CheckUses: true})
	for name, use := range map[string]func(co *coro.Co){
		"Yield":   func(co *coro.Co) { co.Yield() },
		"Suspend": func(co *coro.Co) { co.Suspend() },
		"Sleep":   func(co *coro.Co) { coro.Sleep(co, 1) },
		"Go":      func(co *coro.Co) { executor.Go(co, func(*coro.Co) (int, error) { return 0, nil }) },
		"Join": func(co *coro.Co) {
			executor.Go(rt, func(co *coro.Co) (int, error) { return 0, co.Yield() }).Join(co)
		},
	} {
		_, err := join(t, executor.Go(rt, func(parent *coro.Co) (int, error) {
			var computes, ended atomic.Bool
			here, _ := executor.WorkerID(parent)
			child := executor.Go(executor.On(parent, 1-here), func(*coro.Co) (int, error) {
				defer ended.Store(true)
				for !computes.Load() { // until then the parent uses its Co
					runtime.Gosched()
				}
				use(parent)
				return 0, nil
			})
			for computes.Store(true); !ended.Load(); {
				runtime.Gosched()
			}
			_, err := child.Join(parent)
			return 0, err
		}))
		var je *joinhandle.JoinError
		if !errors.As(err, &je) || !je.Panicked() || !strings.Contains(err.Error(), "by the body of another task") {
			t.Errorf("%s: have %v", name, err)
		}
		alive(t, rt)
	}
}
