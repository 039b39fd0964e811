package broadcast_test

import (
	"context"
	"fmt"

	"github.com/moduvex/moduvex-go/core/channel/broadcast"
)

// These examples are of plain goroutines. Those of tasks, in both styles, are with package executor.

func ExampleNew() {
	tx, ann := broadcast.New[string](8)
	bob := tx.Subscribe()
	tx.Send("hello")
	tx.Close()
	for _, rx := range []*broadcast.Receiver[string]{ann, bob} {
		for line, err := range rx.AllWait(context.Background()) {
			fmt.Println(line, err)
		}
		rx.Close()
	}
	// Output:
	// hello <nil>
	// hello <nil>
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
