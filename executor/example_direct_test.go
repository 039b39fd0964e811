package executor_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/executor"
)

// What a body in direct style may call: package coro.

// A body awaits any future, such as one that is written for poll style.
func Example_await() {
	fmt.Println(executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (string, error) {
		_, err := coro.Await(co, timer.Sleep(time.Millisecond))
		return "awake", err
	}))
	// Output: awake <nil>
}

// Two tasks of one worker alternate.
func Example_yield() {
	err := executor.Main(context.Background(), executor.Options{Workers: 1}, func(co *coro.Co) error {
		return coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, g *coro.Group) error {
			for _, name := range []string{"ping", "pong"} {
				g.Do(co, func(co *coro.Co) error {
					for i := range 2 {
						fmt.Println(name, i)
						if err := co.Yield(); err != nil {
							return err
						}
					}
					return nil
				})
			}
			return nil
		})
	})
	fmt.Println(err)
	// Output:
	// ping 0
	// pong 0
	// ping 1
	// pong 1
	// <nil>
}

// The deadline ends the awaits inside, and the task goes on.
func Example_timeout() {
	fmt.Println(executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (string, error) {
		err := coro.WithTimeout(co, time.Millisecond, func(co *coro.Co) error {
			return coro.Sleep(co, time.Hour)
		})
		if errors.Is(err, context.DeadlineExceeded) {
			return "gave up and went on", nil
		}
		return "slept", err
	}))
	// Output: gave up and went on <nil>
}

// Any goroutine or task may call the cancel function.
func Example_cancel() {
	err := executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		return coro.WithCancel(co, func(co *coro.Co, cancel func(cause error)) error {
			executor.Do(co, func(co *coro.Co) error {
				cancel(errors.New("too slow"))
				return nil
			})
			return coro.Sleep(co, time.Hour)
		})
	})
	fmt.Println(err)
	fmt.Println(errors.Is(err, context.Canceled))
	// Output:
	// coro: scope was cancelled: too slow
	// true
}

// Clean-up that has to await runs under a shield, and in a scope that ends it if it takes too long.
func Example_shield() {
	err := executor.Main(context.Background(), executor.Options{Workers: 1}, func(co *coro.Co) error {
		talk := executor.Do(co, func(co *coro.Co) error {
			defer coro.Shield(co, func(co *coro.Co) error {
				return coro.WithTimeout(co, time.Minute, func(co *coro.Co) error {
					fmt.Println("saying goodbye")
					err := coro.Sleep(co, time.Millisecond)
					fmt.Println("said it:", err)
					return err
				})
			})
			return coro.Sleep(co, time.Hour)
		})
		if err := co.Yield(); err != nil { // talk begins
			return err
		}
		talk.Abort()
		_, err := talk.Join(co)
		return err
	})
	fmt.Println(err)
	// Output:
	// saying goodbye
	// said it: <nil>
	// task was cancelled
}

// A Co is a context.Context: functions that take a context see the values, the deadline and the cancellation of its
// scope.
func Example_context() {
	type requestID struct{}
	log := func(ctx context.Context, text string) {
		_, timed := ctx.Deadline()
		fmt.Println(ctx.Value(requestID{}), text, timed)
	}
	err := executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		return coro.WithValue(co, requestID{}, 17, func(co *coro.Co) error {
			log(co, "without a deadline:")
			return coro.WithDeadline(co, time.Now().Add(time.Hour), func(co *coro.Co) error {
				log(co, "with a deadline:")
				return nil
			})
		})
	})
	fmt.Println(err)
	// Output:
	// 17 without a deadline: false
	// 17 with a deadline: true
	// <nil>
}

// A context that is derived from a Co bounds no await of the body: nothing awaits with it. A scope does: WithContext for
// a context that exists already, or WithTimeout.
func Example_derivedContext() {
	err := executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		ctx, cancel := context.WithTimeout(co, time.Millisecond)
		defer cancel()
		fmt.Println("beside it:", coro.Sleep(co, 5*time.Millisecond))

		err := coro.WithContext(co, ctx, func(co *coro.Co) error {
			return coro.Sleep(co, time.Hour)
		})
		fmt.Println("with it:", err)

		return coro.WithTimeout(co, time.Millisecond, func(co *coro.Co) error {
			return coro.Sleep(co, time.Hour)
		})
	})
	fmt.Println("in a scope:", err)
	// Output:
	// beside it: <nil>
	// with it: coro: scope was cancelled: context deadline exceeded
	// in a scope: core: deadline exceeded
}
