package guide

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
)

//guide:begin select

// merge calls each with what comes from two channels, until one is closed or both have been silent for the time idle.
func merge(co *coro.Co, numbers *mpsc.Receiver[int], words *mpsc.Receiver[string], idle time.Duration, each func(any)) error {
	for {
		var e future.Either[core.Result[int], core.Result[string]]
		err := coro.WithTimeout(co, idle, func(co *coro.Co) (err error) {
			e, err = coro.Await(co, future.Select2(numbers, words))
			return err
		})
		if err != nil { // core.ErrDeadlineExceeded, or the task is cancelled
			return err
		}
		var value any
		switch e.Index { // of the argument that was first
		case 0:
			value, err = e.First.Get()
		case 1:
			value, err = e.Second.Get()
		}
		if err != nil { // mpsc.ErrClosed
			return err
		}
		each(value)
	}
}

//guide:end select

func Example_select() {
	errEnough := errors.New("enough")
	err := executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		toNumbers, numbers := mpsc.New[int](2)
		toWords, words := mpsc.New[string](2)
		executor.Do(co, func(co *coro.Co) error { return errors.Join(toNumbers.Send(co, 1), toNumbers.Send(co, 2)) })
		executor.Do(co, func(co *coro.Co) error { return errors.Join(toWords.Send(co, "one"), toWords.Send(co, "two")) })
		left := 4
		err := coro.WithCancel(co, func(co *coro.Co, cancel func(error)) error {
			return merge(co, numbers, words, time.Hour, func(v any) {
				fmt.Println(v)
				if left--; left == 0 {
					cancel(errEnough)
				}
			})
		})
		fmt.Println("stopped:", errors.Is(err, errEnough))
		toWords.Close()
		fmt.Println(merge(co, numbers, words, time.Hour, func(any) {}))
		_, silent := mpsc.New[string](1)
		err = merge(co, numbers, silent, time.Millisecond, func(any) {})
		fmt.Println("idle:", errors.Is(err, context.DeadlineExceeded))
		return nil
	})
	fmt.Println(err)
	// Unordered output:
	// 1
	// 2
	// one
	// two
	// stopped: true
	// mpsc: channel is closed
	// idle: true
	// <nil>
}
