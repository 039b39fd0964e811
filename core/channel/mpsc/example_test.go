package mpsc_test

import (
	"context"
	"fmt"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
)

// The sender is ahead of the receiver by two values at most.
func ExampleNew() {
	host := coretest.New(1)
	defer host.Close()

	tx, rx := mpsc.New[int](2)
	host.Spawn(&coro.New(func(co *coro.Co) (int, error) {
		defer tx.Close()
		for i := range 4 {
			if err := tx.Send(co, i); err != nil {
				return i, err
			}
		}
		return 4, nil
	}).Task)
	host.Spawn(&coro.New(func(co *coro.Co) (int, error) {
		defer rx.Close()
		for v, err := range rx.All(co) {
			if err != nil {
				return 0, err
			}
			fmt.Println(v)
		}
		return 0, nil
	}).Task)
	host.Run()
	// Output:
	// 0
	// 1
	// 2
	// 3
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
	fmt.Println(rx.TryRecv())
	rx.Stop()
	fmt.Println(tx.TrySend(3))
	// Output:
	// <nil>
	// mpsc: channel is full
	// 1 <nil>
	// mpsc: channel is closed
}

// A value that is dear to make is made when there is a place for it.
func ExampleSender_Reserve() {
	host := coretest.New(1)
	defer host.Close()

	tx, rx := mpsc.New[string](1)
	host.Spawn(&coro.New(func(co *coro.Co) (int, error) {
		place, err := tx.Reserve(co)
		if err != nil {
			return 0, err
		}
		return 0, place.Send("dear")
	}).Task)
	host.Run()
	fmt.Println(rx.TryRecv())
	// Output: dear <nil>
}

// In poll style, the receiver is a future that answers again and again.
func ExampleReceiver_Poll() {
	host := coretest.New(1)
	defer host.Close()

	tx, rx := mpsc.New[int](8)
	total := 0
	sum := task.New(future.Func(func(cx *core.Context) (int, bool) {
		for {
			r, ok := rx.Poll(cx)
			if !ok {
				return 0, false
			}
			if r.Err != nil {
				return total, true
			}
			total += r.Value
		}
	}))
	host.Spawn(&sum.Task)
	host.Run()

	tx.TrySend(20)
	tx.TrySend(22)
	tx.Close()
	host.Run()
	fmt.Println(sum.Take())
	// Output: 42 <nil> true
}

func ExampleReceiver_RecvMany() {
	host := coretest.New(1)
	defer host.Close()

	tx, rx := mpsc.New[int](8)
	for i := range 5 {
		tx.TrySend(i)
	}
	host.Spawn(&coro.New(func(co *coro.Co) (int, error) {
		buf := make([]int, 3)
		for range 2 {
			n, err := rx.RecvMany(co, buf)
			fmt.Println(buf[:n], err)
		}
		return 0, nil
	}).Task)
	host.Run()
	// Output:
	// [0 1 2] <nil>
	// [3 4] <nil>
}

// What a plain goroutine sends, a task receives.
func ExampleSender_SendWait() {
	host := coretest.New(1)
	defer host.Close()

	tx, rx := mpsc.New[string](1)
	received := coro.New(rx.Recv)
	host.Spawn(&received.Task)
	go tx.SendWait(context.Background(), "from a goroutine")
	host.RunUntil(received.Finished)
	fmt.Println(received.Take())
	// Output: from a goroutine <nil> true
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
