package broadcast_test

import (
	"context"
	"fmt"

	"github.com/moduvex/moduvex-go/core/channel/broadcast"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
)

func ExampleNew() {
	host := coretest.New(1)
	defer host.Close()

	news := sender(broadcast.New[string](8))
	for _, name := range []string{"ann", "bob"} {
		rx := news.Subscribe()
		reader := coro.New(func(co *coro.Co) (int, error) {
			defer rx.Close()
			for item, err := range rx.All(co) {
				if err != nil {
					return 0, err
				}
				fmt.Println(name, "reads", item)
			}
			return 0, nil
		})
		host.Spawn(&reader.Task)
	}
	news.Send("hello")
	news.Close()
	host.Run()
	// Output:
	// ann reads hello
	// bob reads hello
}

func ExampleLagError() {
	tx, rx := broadcast.New[int](2)
	defer rx.Close()

	for i := range 5 {
		tx.Send(i)
	}
	for {
		v, err := rx.TryRecv()
		if err == broadcast.ErrEmpty {
			break
		}
		fmt.Println(v, err)
	}
	// Output:
	// 0 broadcast: values missed: 3
	// 3 <nil>
	// 4 <nil>
}

// A goroutine outside the runtime receives what tasks send.
func ExampleReceiver_RecvWait() {
	tx, rx := broadcast.New[int](2)
	defer rx.Close()
	go tx.Send(7)
	fmt.Println(rx.RecvWait(context.Background()))
	// Output: 7 <nil>
}
