// Package conested has calls that block, in tasks and elsewhere.
package conested

import (
	"context"
	"time"

	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/lock"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

func waits(co *coro.Co, mu *lock.Mutex, rx *mpsc.Receiver[int], h joinhandle.JoinHandle[int], set *joinhandle.JoinSet[int]) error {
	mu.LockWait(co)            // want `lock.Mutex.LockWait would block the worker in a task, and returns core.ErrNested: use Lock, which takes the Co \(conested\)`
	for range rx.AllWait(co) { // want `mpsc.Receiver.AllWait would .* use All, which`
	}
	h.Wait(co)                     // want `joinhandle.JoinHandle.Wait would .* use Join\(co\)`
	h.Wait(context.Background())   // want `JoinHandle.Wait`
	set.Wait(context.Background()) // want `JoinSet.Wait`

	ctx, cancel := context.WithTimeout(context.WithValue(co, 1, 2), time.Second)
	defer cancel()
	rx.RecvWait(ctx)                          // want `mpsc.Receiver.RecvWait`
	rx.RecvWait(context.WithValue(ctx, 1, 2)) // want `mpsc.Receiver.RecvWait`
	return coro.WithTimeout(co, time.Second, func(inner *coro.Co) error {
		_, err := rx.RecvWait(co) // want `mpsc.Receiver.RecvWait`
		return err
	})
}

func runtimes(co *coro.Co, rt *executor.Runtime, body func(*coro.Co) (int, error)) {
	executor.Run(co, executor.Options{}, body)                        // want `executor.Run would .* start a task with executor.Go`
	executor.BlockOn(context.Background(), rt, executor.Go(rt, body)) // want `executor.BlockOn`
	rt.Shutdown(context.Background())                                 // want `executor.Runtime.Shutdown`
	rt.Close()                                                        // want `executor.Runtime.Close`
}

// Misses.

func goroutine(ctx context.Context, mu *lock.Mutex, h joinhandle.JoinHandle[int], rt *executor.Runtime) {
	mu.LockWait(ctx)
	h.Wait(ctx)
	rt.Close()
}

func onThePool(co *coro.Co, mu *lock.Mutex, h joinhandle.JoinHandle[int]) {
	executor.Blocking(co, func() (int, error) {
		mu.LockWait(co) // the Co is an ordinary context there
		return h.Wait(co)
	})
	go func() { h.Wait(context.Background()) }()
}

func unrelated(co *coro.Co, ctx context.Context, mu *lock.Mutex, w waiter) {
	mu.LockWait(ctx) // blocks the worker, if it has to wait, but the check cannot know whose context it is
	w.Wait(co)
	mu.Lock(co)
	derived, cancel := context.WithCancel(co)
	defer cancel()
	derived = ctx
	mu.LockWait(derived)
}

type waiter struct{}

func (waiter) Wait(context.Context) {}
