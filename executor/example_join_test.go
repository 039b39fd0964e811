package executor_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// What the handles of package joinhandle do.

func Example_join() {
	err := executor.Main(context.Background(), executor.Options{Workers: 1}, func(co *coro.Co) error {
		sum := executor.Go(co, func(co *coro.Co) (int, error) { return 40 + 2, co.Yield() })
		fmt.Println(sum.Join(co))
		crash := executor.Go(co, func(*coro.Co) (int, error) { panic("out of luck") })
		fmt.Println(crash.Join(co))
		return nil
	})
	fmt.Println(err)
	// Output:
	// 42 <nil>
	// 0 task panicked: out of luck
	// <nil>
}

// A goroutine that is no task waits with Wait.
func Example_wait() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	h := executor.Go(rt, func(*coro.Co) (string, error) { return "for a goroutine", nil })
	fmt.Println(h.Wait(context.Background()))
	// Output: for a goroutine <nil>
}

func Example_abort() {
	err := executor.Main(context.Background(), executor.Options{Workers: 1}, func(co *coro.Co) error {
		h := executor.Do(co, func(co *coro.Co) error {
			defer fmt.Println("cleaned up")
			return coro.Sleep(co, time.Hour)
		})
		if err := co.Yield(); err != nil { // the body begins to sleep
			return err
		}
		fmt.Println("took effect:", h.Abort())
		_, err := h.Join(co)
		fmt.Println(err, errors.Is(err, core.ErrCancelled))
		fmt.Println("took effect:", h.Abort())
		return nil
	})
	fmt.Println(err)
	// Output:
	// took effect: true
	// cleaned up
	// task was cancelled true
	// took effect: false
	// <nil>
}

// In poll style or direct style, AbortOn costs less for a task of the same worker.
func Example_abortOn() {
	err := executor.Main(context.Background(), executor.Options{Workers: 1}, func(co *coro.Co) error {
		h := executor.Spawn[int](co, future.Pending[int]())
		if err := co.Yield(); err != nil {
			return err
		}
		fmt.Println("took effect:", h.AbortOn(co.Context()))
		_, err := h.Join(co)
		fmt.Println(errors.Is(err, core.ErrCancelled))
		return nil
	})
	fmt.Println(err)
	// Output:
	// took effect: true
	// true
	// <nil>
}

// The set joins its tasks as they end, in whichever order that is.
func Example_joinSet() {
	fmt.Println(executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (total int, err error) {
		set := joinhandle.NewJoinSet[int](co)
		defer set.Drop() // aborts what is left, if this body ends early
		for _, n := range []int{3, 1, 2} {
			set.Go(func(co *coro.Co) (int, error) { return n, coro.Sleep(co, time.Duration(n)*time.Millisecond) })
		}
		for j, err := range set.All(co) {
			if err != nil {
				return 0, err // this body was cancelled
			}
			if j.Err == nil { // of the task
				total += j.Value
			}
		}
		return total, nil
	}))
	// Output: 6 <nil>
}

// The first result is taken, and the other tasks are aborted.
func Example_joinSetFirst() {
	fmt.Println(executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (string, error) {
		set := joinhandle.NewJoinSet[string](co)
		defer set.Drop()
		set.Go(func(co *coro.Co) (string, error) { return fetch(co, "near", 1) })
		set.Go(func(co *coro.Co) (string, error) { return "far", coro.Sleep(co, time.Hour) })
		first, err := set.Join(co)
		if err != nil {
			return "", err
		}
		return first.Get()
	}))
	// Output: near <nil>
}
