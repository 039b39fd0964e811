package oneshot_test

import (
	"context"
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/oneshot"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/timer"
)

func ExampleNew() {
	host := coretest.New(1)
	defer host.Close()

	tx, rx := oneshot.New[string]()
	worker := coro.New(func(co *coro.Co) (int, error) {
		defer tx.Close() // should something go wrong
		if err := coro.Sleep(co, time.Second); err != nil {
			return 0, err
		}
		return 0, tx.SendOn(co.Context(), "done")
	})
	host.Spawn(&worker.Task)
	caller := coro.New(rx.Recv)
	host.Spawn(&caller.Task)
	host.Run()

	fmt.Println(caller.Take())
	// Output: done <nil> true
}

// A goroutine outside the runtime waits for a task.
func ExampleReceiver_RecvWait() {
	tx, rx := oneshot.New[int]()
	go tx.Send(7)
	fmt.Println(rx.RecvWait(context.Background()))
	// Output: 7 <nil>
}

// The receiver is a future, which combinators take. A receiver that gives up calls Close.
func ExampleReceiver_Poll() {
	host := coretest.New(1)
	defer host.Close()

	tx, rx := oneshot.New[int]()
	body := coro.New(func(co *coro.Co) (int, error) {
		defer rx.Close()
		r, err := coro.Await(co, timer.Timeout[core.Result[int]](time.Second, rx))
		fmt.Println(r.Err, err)
		return 0, nil
	})
	host.Spawn(&body.Task)
	host.Run()

	fmt.Println(tx.Send(7))
	// Output:
	// core: deadline exceeded <nil>
	// oneshot: channel is closed
}

// Work that nobody waits for any more is given up.
func ExampleSender_UntilClosed() {
	host := coretest.New(1)
	defer host.Close()

	tx, rx := oneshot.New[int]()
	worker := coro.New(func(co *coro.Co) (int, error) {
		err := tx.UntilClosed(co)
		fmt.Println("nobody waits any more")
		return 0, err
	})
	host.Spawn(&worker.Task)
	for host.Step() {
	}
	rx.Close()
	host.Run()
	// Output: nobody waits any more
}
