package taskctx_test

import (
	"context"
	"errors"
	"testing"

	"github.com/moduvex/moduvex-go/compat/taskctx"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor"
)

func TestCallReturnsWhenTheTaskHasEnded(t *testing.T) {
	rt := startRuntime(t, executor.Options{OnPanic: func(executor.TaskInfo, *task.PanicError) {}})
	ctx, cancel := newCounting()
	if v, err := taskctx.Call(ctx, rt, func(co *coro.Co) (int, error) { return 7, co.Yield() }); v != 7 || err != nil {
		t.Errorf("have %d, %v", v, err)
	}
	cleaned := false
	_, err := taskctx.Call(ctx, rt, func(co *coro.Co) (int, error) {
		defer coro.Shield(co, func(co *coro.Co) error {
			for range 10 {
				co.Yield()
			}
			cleaned = true
			return nil
		})
		go cancel(errCause)
		return 0, co.Suspend()
	})
	if isWhy(t, err, ctx); !cleaned {
		t.Error("the task had not ended")
	}
	began := false
	_, err = taskctx.Call(ctx, rt, func(co *coro.Co) (int, error) { began = true; return 0, co.Yield() })
	if isWhy(t, err, ctx); !began {
		t.Error("the body did not begin")
	}
	_, err = taskctx.Call(t.Context(), rt, func(*coro.Co) (int, error) { panic("boom") })
	var p *task.PanicError
	if !errors.As(err, &p) || p.Value != "boom" {
		t.Errorf("have %v", err)
	}
	rt.Close()
	_, err = taskctx.Call(t.Context(), rt, func(*coro.Co) (int, error) { return 0, nil })
	if !errors.Is(err, core.ErrShutdown) {
		t.Errorf("have %v", err)
	}
	ctx.unused(t)
}

func TestCallInsideATaskStartsNothing(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	h := executor.Do(rt, func(co *coro.Co) error {
		for _, ctx := range []context.Context{co, context.Background()} {
			_, err := taskctx.Call(ctx, rt, func(*coro.Co) (int, error) { t.Error("it began"); return 0, nil })
			if !errors.Is(err, core.ErrNested) {
				t.Errorf("have %v", err)
			}
		}
		return nil
	})
	if _, err := join(t, h); err != nil {
		t.Error(err)
	}
}
