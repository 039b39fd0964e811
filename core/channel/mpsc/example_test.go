package mpsc_test

import (
	"context"
	"fmt"

	"github.com/moduvex/moduvex-go/core/channel/mpsc"
)

// These examples are of plain goroutines. Those of tasks, in both styles, are with package executor.

// The sender is ahead of the receiver by two values at most.
func ExampleNew() {
	ctx := context.Background()
	tx, rx := mpsc.New[int](2)
	go func() {
		defer tx.Close()
		for i := range 4 {
			if err := tx.SendWait(ctx, i); err != nil {
				return
			}
		}
	}()
	defer rx.Close()
	for v, err := range rx.AllWait(ctx) {
		fmt.Println(v, err)
	}
	// Output:
	// 0 <nil>
	// 1 <nil>
	// 2 <nil>
	// 3 <nil>
}

func ExampleUnbounded() {
	tx, rx := mpsc.Unbounded[string]()
	tx.Send("a")
	tx.Send("b")
	tx.Close()

	for v, err := range rx.AllWait(context.Background()) {
		fmt.Println(v, err)
	}
	// Output:
	// a <nil>
	// b <nil>
}

func ExampleSender_TrySend() {
	tx, rx := mpsc.New[int](1)
	fmt.Println(tx.TrySend(1))
	fmt.Println(tx.TrySend(2))
	rx.Stop()
	fmt.Println(tx.TrySend(3))
	fmt.Println(rx.TryRecv())
	fmt.Println(rx.TryRecv())
	// Output:
	// <nil>
	// mpsc: channel is full
	// mpsc: channel is closed
	// 1 <nil>
	// 0 mpsc: channel is closed
}

func ExampleSender_TryReserve() {
	tx, rx := mpsc.New[string](1)
	permit, err := tx.TryReserve()
	fmt.Println(err, tx.TrySend("no slot is free"))
	fmt.Println(permit.Send("expensive"))
	fmt.Println(rx.TryRecv())
	// Output:
	// <nil> mpsc: channel is full
	// <nil>
	// expensive <nil>
}

func ExampleReceiver_TryRecvMany() {
	tx, rx := mpsc.New[int](8)
	for i := range 5 {
		tx.TrySend(i)
	}
	buf := make([]int, 3)
	for range 3 {
		n, err := rx.TryRecvMany(buf)
		fmt.Println(buf[:n], err)
	}
	// Output:
	// [0 1 2] <nil>
	// [3 4] <nil>
	// [] mpsc: channel is empty
}

func ExampleSender_Downgrade() {
	tx, rx := mpsc.New[int](1)
	weak := tx.Downgrade()
	tx.Close()

	_, ok := weak.Upgrade()
	_, err := rx.TryRecv()
	fmt.Println(ok, err)
	// Output: false mpsc: channel is closed
}
