package guide

import (
	"context"
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/channel/oneshot"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

//guide:begin goroutines

// A request is what a goroutine asks a task, with the way for the answer.
type request struct {
	n      int
	answer *oneshot.Sender[int]
}

func Example_goroutines() {
	ctx := context.Background()
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()

	// Out: a goroutine waits for a task. Done is for a select among other channels.
	task := executor.Go(rt, func(co *coro.Co) (string, error) { return "hello", coro.Sleep(co, time.Millisecond) })
	select {
	case <-task.Done():
		fmt.Println(task.Wait(ctx))
	case <-time.After(time.Minute):
		fmt.Println("too late")
	}

	// In: goroutines send to a task through a channel. The forms that end in Wait are theirs, those with a Co the task's.
	tx, rx := mpsc.New[request](16)
	squares := executor.Do(rt, func(co *coro.Co) error {
		for r, err := range rx.All(co) {
			if err != nil {
				return err
			}
			r.answer.Send(r.n * r.n)
		}
		return nil
	})
	answer, answered := oneshot.New[int]()
	fmt.Println(tx.SendWait(ctx, request{7, answer}))
	fmt.Println(answered.RecvWait(ctx))
	tx.Close()
	fmt.Println(squares.Wait(ctx))

	// Code that blocks runs on a goroutine of the blocking pool, and the task's worker goes on with other tasks.
	// A receive from a Go channel is such code; gochan.Recv of compat can be aborted, too.
	ticks := make(chan int, 1)
	reading := executor.Go(rt, func(co *coro.Co) (int, error) {
		return executor.Blocking(co, func() (int, error) { return <-ticks, nil })
	})
	ticks <- 1
	fmt.Println(reading.Wait(ctx))
	// Output:
	// hello <nil>
	// <nil>
	// 49 <nil>
	// {} <nil>
	// 1 <nil>
}

//guide:end goroutines
