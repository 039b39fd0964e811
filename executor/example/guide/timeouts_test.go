package guide

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

//guide:begin timeouts

func Example_timeouts() {
	err := executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		// Every await inside fails once the time is over, however deep it is.
		err := coro.WithTimeout(co, time.Millisecond, func(co *coro.Co) error {
			return coro.Sleep(co, time.Hour)
		})
		fmt.Println("timeout:", errors.Is(err, context.DeadlineExceeded))

		// Abort ends one task: its awaits fail, and its deferred functions run.
		task := executor.Do(co, func(co *coro.Co) error {
			defer coro.Shield(co, func(co *coro.Co) error { // clean-up that awaits
				defer fmt.Println("cleaned up")
				return coro.Sleep(co, time.Millisecond)
			})
			return coro.Sleep(co, time.Hour)
		})
		task.Abort()
		_, err = task.Join(co)
		fmt.Println("aborted:", errors.Is(err, context.Canceled))

		// A Co is a context.Context: code that takes one is cancelled with the task.
		return coro.WithTimeout(co, time.Millisecond, func(co *coro.Co) error {
			_, err := executor.Blocking(co, func() (int, error) { return oldCode(co) })
			fmt.Println("blocking call:", errors.Is(err, context.DeadlineExceeded))
			return nil
		})
	})
	fmt.Println(err)
	// Output:
	// timeout: true
	// cleaned up
	// aborted: true
	// blocking call: true
	// <nil>
}

// oldCode blocks its goroutine and knows nothing of tasks.
func oldCode(ctx context.Context) (int, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

//guide:end timeouts
