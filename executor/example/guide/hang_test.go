package guide

import (
	"context"
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/lock"
	"github.com/moduvex/moduvex-go/executor"
)

func Example_hang() {
	reports, release := make(chan string, 1000), make(chan struct{})
	//guide:begin hang
	rt, err := executor.New(executor.Options{
		Workers:    1,
		Instrument: true,                                                 // for what a task waits for
		OnLongPoll: func(p executor.LongPoll) { reports <- p.Task.Name }, // without it, the log has the report
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()

	// One task waits for a number, and keeps the lock that the other needs to send one.
	var mu lock.Mutex
	tx, rx := mpsc.New[int](1)
	consumer := executor.Do(executor.Named(rt, "consumer"), func(co *coro.Co) error {
		guard, err := mu.Lock(co)
		if err != nil {
			return err
		}
		defer guard.Unlock()
		_, err = rx.Recv(co)
		return err
	})
	executor.Do(executor.Named(rt, "producer"), func(co *coro.Co) error {
		guard, err := mu.Lock(co)
		if err != nil {
			return err
		}
		defer guard.Unlock()
		return tx.Send(co, 1)
	})

	// What does not end in time is listed.
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	if _, err := consumer.Wait(ctx); err != nil {
		for _, t := range rt.Tasks() {
			fmt.Printf("%s: %v, waits for %s\n", t.Name, t.State, t.WaitsOn)
		}
	}

	// A task that computes, or blocks, holds its worker and all tasks on it. The watchdog reports it while it does.
	executor.Do(executor.Named(rt, "busy"), func(co *coro.Co) error {
		<-release // a Go channel: this belongs into executor.Blocking
		return nil
	})
	//guide:end hang
	for name := ""; name != "busy"; name = <-reports { // a machine that is slow may have reported others
	}
	fmt.Println("busy holds its worker")
	close(release)
	// Output:
	// consumer: idle, waits for channel
	// producer: idle, waits for lock
	// busy holds its worker
}
