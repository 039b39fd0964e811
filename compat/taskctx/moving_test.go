package taskctx_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/compat/taskctx"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A scope that is opened on one worker is cancelled on another, and is left there, when its task has moved.
func TestAScopeMovesWithItsTask(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	if !modetest.Stealing() || rt.Workers() < 2 {
		return // tasks do not move
	}
	for _, cancelled := range []bool{false, true} {
		ctx, cancel := newCounting()
		var moved atomic.Int64
		var wakers [16]core.Waker
		var handles []joinhandle.JoinHandle[struct{}]
		var suspended sync.WaitGroup
		for i := range wakers {
			suspended.Add(1)
			handles = append(handles, taskctx.Do(ctx, rt, func(co *coro.Co) error {
				return coro.WithContext(co, ctx, func(co *coro.Co) error {
					first, _ := executor.WorkerID(co)
					wakers[i] = co.Context().Waker()
					suspended.Done()
					for {
						if err := co.Suspend(); err != nil {
							return err
						}
						if now, _ := executor.WorkerID(co); now != first {
							moved.Add(1)
							if !cancelled {
								return nil
							}
							return co.Suspend()
						}
					}
				})
			}))
		}
		suspended.Wait()
		eventually(t, "tasks move", func() bool {
			for _, w := range wakers {
				w.Wake() // from no worker: any may poll the task
			}
			return moved.Load() > 0
		})
		cancel(errors.New("enough"))
		for _, h := range handles {
			if _, err := join(t, h); err != nil && !errors.Is(err, core.ErrCancelled) {
				t.Errorf("have %v", err)
			}
		}
		eventually(t, "nothing is left with the context", func() bool { return ctx.left.Load() == 0 })
	}
}
