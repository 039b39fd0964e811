package watch_test

import (
	"context"
	"fmt"

	"github.com/moduvex/moduvex-go/core/channel/watch"
)

// These examples are of plain goroutines. Those of tasks, in both styles, are with package executor.

func ExampleNew() {
	level, rx := watch.New("info")
	defer rx.Close()
	fmt.Println(rx.TryNext()) // the first value is new to the receiver
	level.Send("warn")
	level.Send("debug") // replaces what rx has not seen
	level.Close()
	for l, err := range rx.AllWait(context.Background()) {
		fmt.Println(l, err)
	}
	// Output:
	// info <nil>
	// debug <nil>
}

func ExampleSender_Update() {
	online, rx := watch.New(0)
	defer rx.Close()
	fmt.Println(online.Update(func(n int) (int, bool) { return n + 1, true }))
	fmt.Println(online.Get())
	// Output:
	// true <nil>
	// 1
}

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

func ExampleSender_UntilClosedWait() {
	progress, rx := watch.New(0)
	go rx.Close()
	fmt.Println(progress.UntilClosedWait(context.Background()), progress.Closed())
	// Output: <nil> true
}
