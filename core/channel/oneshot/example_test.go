package oneshot_test

import (
	"context"
	"fmt"

	"github.com/moduvex/moduvex-go/core/channel/oneshot"
)

// These examples are of plain goroutines. Those of tasks, in both styles, are with package executor.

func ExampleNew() {
	tx, rx := oneshot.New[int]()
	go func() {
		defer tx.Close() // so that the receiver does not wait if this goroutine fails
		tx.Send(7)
	}()
	fmt.Println(rx.RecvWait(context.Background()))
	// Output: 7 <nil>
}

// A receiver that does not want the value any more takes it out, to close it.
func ExampleReceiver_Stop() {
	tx, rx := oneshot.New[string]()
	tx.Send("a connection")
	rx.Stop()
	if conn, err := rx.TryRecv(); err == nil {
		fmt.Println("closes", conn)
	}
	// Output: closes a connection
}

func ExampleSender_UntilClosedWait() {
	tx, rx := oneshot.New[int]()
	go rx.Close()
	fmt.Println(tx.UntilClosedWait(context.Background()))
	fmt.Println(tx.Send(7))
	// Output:
	// <nil>
	// oneshot: channel is closed
}
