// Package droptask has tasks and futures that nothing waits for.
package droptask

import (
	"context"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/lock"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

func work(co *coro.Co) error { return co.Yield() }

func programs(ctx context.Context) {
	executor.Main(ctx, executor.Options{}, func(co *coro.Co) error {
		executor.Do(co, work) // want `nothing waits for this task, and the runtime drops it when the body returns: join the handle of executor.Do \(droptask\)`
		executor.Do(co, work) // want `nothing waits for this task`
		return nil
	})
	executor.Run(ctx, executor.Options{}, func(co *coro.Co) (int, error) {
		if err := work(co); err != nil {
			executor.Do(co, work) // want `nothing waits for this task`
			return 0, err
		}
		executor.Do(co, work) // want `nothing waits for this task`
		return 1, nil
	})
}

func groups(co *coro.Co) error {
	return coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, g *coro.Group) error {
		for range 3 {
			executor.Do(co, work) // want `this task is no child of the group, which the body does not use: use Group.Do in place of executor.Do`
		}
		return nil
	})
}

func unnamed(co *coro.Co) error {
	return coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, _ *coro.Group) error {
		executor.Do(co, work) // want `no child of the group`
		return co.Yield()
	})
}

func futures(sem *lock.Semaphore, f core.Future[int]) {
	timer.Sleep(time.Second)      // want `the future of timer.Sleep is not used: it does nothing until it is polled, as by coro.Await`
	future.Ready(1)               // want `future.Ready`
	sem.AcquireFuture(1)          // want `lock.Semaphore.AcquireFuture`
	timer.Timeout(time.Second, f) // want `timer.Timeout`
}

// Misses.

func servers(ctx context.Context, rt *executor.Runtime) {
	executor.Do(rt, work)
	executor.Main(ctx, executor.Options{}, func(co *coro.Co) error {
		executor.Do(co, work)
		return work(co)
	})
	executor.Main(ctx, executor.Options{}, func(co *coro.Co) error {
		defer work(co)
		executor.Do(co, work)
		return nil
	})
	executor.Main(ctx, executor.Options{}, func(co *coro.Co) error {
		for range 3 {
			executor.Do(co, work)
		}
		return work(co)
	})
	executor.Main(ctx, executor.Options{}, func(co *coro.Co) error {
		h := executor.Do(co, work)
		_, err := h.Join(co)
		return err
	})
	executor.Main(ctx, executor.Options{}, func(co *coro.Co) error {
		executor.Do(co, func(co *coro.Co) error {
			executor.Do(co, work) // the runtime lives on after this task
			return nil
		})
		return co.Suspend()
	})
}

func children(co *coro.Co) error {
	return coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, g *coro.Group) error {
		executor.Do(co, work) // the body chooses
		return g.Do(co, func(co *coro.Co) error {
			executor.Do(co, work)
			return nil
		})
	})
}

func inTheRuntime(co *coro.Co, rt *executor.Runtime) error {
	return coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, _ *coro.Group) error {
		executor.Do(rt, work)
		return nil
	})
}

func used(co *coro.Co, sem *lock.Semaphore) {
	coro.Await(co, timer.Sleep(time.Second))
	_ = timer.Sleep(time.Second)
	joinhandle.NewJoinSet[int](co)
}

func panics(wantPanic func(func())) {
	wantPanic(func() { timer.NewInterval(0, timer.IntervalOptions{}) })
	defer func() { recover() }()
	timer.Timeout[int](time.Second, nil)
}
