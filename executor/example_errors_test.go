//go:build linux

package executor_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

func ExampleOptionError() {
	_, err := executor.New(executor.Options{Workers: -1})
	fmt.Println(err)
	// Output: executor: option Workers = -1: is negative
}

// Shutdown says which tasks it had to drop, because their clean-up did not end in time.
func ExampleUnfinishedError() {
	rt, err := executor.New(executor.Options{CleanupGrace: time.Millisecond})
	if err != nil {
		fmt.Println(err)
		return
	}
	cleans := make(chan struct{})
	executor.Do(executor.Named(rt, "journal"), func(co *coro.Co) error {
		return coro.Shield(co, func(co *coro.Co) error { // an abort does not end it
			close(cleans)
			return coro.Sleep(co, time.Hour)
		})
	})
	<-cleans
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	err = rt.Shutdown(ctx)
	var unfinished *executor.UnfinishedError
	if errors.As(err, &unfinished) {
		fmt.Println("dropped:", unfinished.Tasks[0].Name)
	}
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	// Output:
	// dropped: journal
	// true
}

// A watchdog reports a poll that does not end: here a body that blocks its worker.
func ExampleOptions_onLongPoll() {
	reported := make(chan string, 1)
	rt, err := executor.New(executor.Options{
		LongPollThreshold: 10 * time.Millisecond,
		OnLongPoll: func(p executor.LongPoll) {
			select {
			case reported <- p.Task.Name:
			default:
			}
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	executor.Do(executor.Named(rt, "greedy"), func(co *coro.Co) error {
		fmt.Println("held by", <-reported) // a channel of Go blocks the worker
		return nil
	}).Wait(context.Background())
	// Output: held by greedy
}

// A call that would block its worker fails, and says what to call instead.
func ExampleRun_nested() {
	err := executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		_, err := executor.Run(co, executor.Options{}, func(co *coro.Co) (int, error) { return 0, nil })
		return err
	})
	fmt.Println(err)
	fmt.Println(errors.Is(err, core.ErrNested))
	// Output:
	// executor.Run called inside a task, whose worker it would block: start a task of this runtime with Go or Do
	// true
}
