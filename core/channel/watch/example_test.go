package watch_test

import (
	"context"
	"fmt"

	"github.com/moduvex/moduvex-go/core/channel/watch"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
)

func ExampleNew() {
	host := coretest.New(1)
	defer host.Close()

	level, rx := watch.New("info")
	logger := coro.New(func(co *coro.Co) (int, error) {
		defer rx.Close()
		for l, err := range rx.All(co) {
			if err != nil {
				return 0, err
			}
			fmt.Println("level is", l)
		}
		return 0, nil
	})
	host.Spawn(&logger.Task)
	host.Run()
	level.Send("warn")
	level.Send("debug") // before anybody has looked
	level.Close()
	host.Run()
	// Output:
	// level is info
	// level is debug
}

func ExampleSender_Update() {
	online := sender(watch.New(0))
	online.Update(func(n int) (int, bool) { return n + 1, true })
	fmt.Println(online.Get())
	// Output: 1
}

// A goroutine outside the runtime waits for a change.
func ExampleReceiver_NextWait() {
	ready, rx := watch.New(false)
	defer rx.Close()
	fmt.Println(rx.NextWait(context.Background()))
	go ready.Send(true)
	fmt.Println(rx.NextWait(context.Background()))
	// Output:
	// false <nil>
	// true <nil>
}

// Work that nobody sees the outcome of is given up.
func ExampleSender_UntilClosed() {
	host := coretest.New(1)
	defer host.Close()

	progress, rx := watch.New(0)
	meter := coro.New(func(co *coro.Co) (int, error) {
		err := progress.UntilClosed(co)
		fmt.Println("nobody looks any more")
		return 0, err
	})
	host.Spawn(&meter.Task)
	for host.Step() {
	}
	rx.Close()
	host.Run()
	// Output: nobody looks any more
}
