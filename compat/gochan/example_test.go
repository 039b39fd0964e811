package gochan_test

import (
	"context"
	"fmt"
	"iter"
	"os"
	"os/signal"
	"time"

	"github.com/moduvex/moduvex-go/compat/gochan"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/executor"
)

// inExample runs body as the main task of a program.
func inExample(body func(co *coro.Co) error) {
	if err := executor.Main(context.Background(), executor.Options{}, body); err != nil {
		fmt.Println(err)
	}
}

// The results of a goroutine in a task.
func ExampleRecv() {
	results := make(chan string)
	go func() {
		time.Sleep(time.Millisecond) // a computation
		results <- "done"
		close(results)
	}()
	inExample(func(co *coro.Co) error {
		v, ok, err := gochan.Recv(co, results)
		fmt.Println(v, ok, err)
		v, ok, err = gochan.Recv(co, results)
		fmt.Printf("%q %v %v\n", v, ok, err)
		return nil
	})
	// Output:
	// done true <nil>
	// "" false <nil>
}

func ExampleAll() {
	numbers := make(chan int)
	go func() {
		defer close(numbers)
		for i := range 3 {
			numbers <- i
		}
	}()
	inExample(func(co *coro.Co) error {
		for n, err := range gochan.All(co, numbers) {
			if err != nil {
				return err
			}
			fmt.Println(n)
		}
		return nil
	})
	// Output:
	// 0
	// 1
	// 2
}

// A task gives work to a goroutine. The send waits in a scope with a deadline.
func ExampleSend() {
	jobs, done := make(chan int), make(chan bool)
	go func() {
		fmt.Println("job", <-jobs)
		close(done)
	}()
	inExample(func(co *coro.Co) error {
		if err := gochan.Send(co, jobs, 1); err != nil {
			return err
		}
		if _, _, err := gochan.Recv(co, done); err != nil {
			return err
		}
		err := coro.WithTimeout(co, time.Millisecond, func(co *coro.Co) error { return gochan.Send(co, jobs, 2) })
		fmt.Println(err)
		return nil
	})
	// Output:
	// job 1
	// core: deadline exceeded
}

// Channels of package signal and of a goroutine, a channel of tasks, and a timer.
func ExampleSelect() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt)
	defer signal.Stop(signals)
	results := make(chan int, 1)
	tx, rx := mpsc.New[string](1)

	inExample(func(co *coro.Co) error {
		results <- 42
		for range 3 {
			_, err := gochan.Select(co,
				gochan.OnRecv(signals, func(s os.Signal, _ bool) { fmt.Println("signal:", s) }),
				gochan.OnRecv(results, func(n int, _ bool) {
					fmt.Println("result:", n)
					_ = tx.Send(co, "hello")
				}),
				gochan.OnFuture(rx, func(r core.Result[string]) { fmt.Println("message:", r.Value) }),
				gochan.OnFuture(timer.Sleep(10*time.Millisecond), func(struct{}) { fmt.Println("nothing for a while") }),
			)
			if err != nil {
				return err
			}
		}
		return nil
	})
	// Output:
	// result: 42
	// message: hello
	// nothing for a while
}

func ExampleDefault() {
	ch := make(chan int, 1)
	inExample(func(co *coro.Co) error {
		for range 2 {
			_, err := gochan.Select(co,
				gochan.OnSend(ch, 1, func() { fmt.Println("sent") }),
				gochan.Default(func() { fmt.Println("full") }))
			if err != nil {
				return err
			}
		}
		return nil
	})
	// Output:
	// sent
	// full
}

func ExampleSelectInOrder() {
	urgent, other := make(chan string, 1), make(chan string, 1)
	urgent <- "urgent"
	other <- "other"
	show := func(s string, _ bool) { fmt.Println(s) }
	inExample(func(co *coro.Co) error {
		for range 2 {
			if _, err := gochan.SelectInOrder(co, gochan.OnRecv(urgent, show), gochan.OnRecv(other, show)); err != nil {
				return err
			}
		}
		return nil
	})
	// Output:
	// urgent
	// other
}

// In poll style a receive composes with the combinators.
func ExampleNewRecv() {
	inExample(func(co *coro.Co) error {
		ticks := time.After(time.Millisecond)
		first, err := coro.Await(co, future.Select2(gochan.NewRecv(ticks), timer.Sleep(time.Minute)))
		fmt.Println(first.Index, first.First.OK, err)
		return nil
	})
	// Output:
	// 0 true <nil>
}

func ExampleNewSend() {
	ch := make(chan int)
	inExample(func(co *coro.Co) error {
		executor.Spawn(co, gochan.NewSend(ch, 5))
		v, _, err := gochan.Recv(co, ch)
		fmt.Println(v)
		return err
	})
	// Output:
	// 5
}

func ExampleNewSelect() {
	a, b := make(chan int, 1), make(chan int)
	a <- 1
	inExample(func(co *coro.Co) error {
		h := executor.Spawn(co, gochan.NewSelect(gochan.OnRecv(b, nil), gochan.OnRecv(a, func(v int, _ bool) { fmt.Println("received", v) })))
		i, err := h.Join(co)
		fmt.Println("case", i)
		return err
	})
	// Output:
	// received 1
	// case 1
}

// A task feeds a channel: goroutines receive what the tasks send to an mpsc channel.
func ExampleFeed() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()

	tx, rx := mpsc.New[int](16)
	values, task := gochan.Feed(rt, 0, rx.All)
	executor.Do(rt, func(co *coro.Co) error {
		defer tx.Close()
		for i := range 3 {
			if err := tx.Send(co, i*i); err != nil {
				return err
			}
		}
		return nil
	})
	for v := range values {
		fmt.Println(v)
	}
	_, err = task.Wait(context.Background())
	fmt.Println(err)
	// Output:
	// 0
	// 1
	// 4
	// <nil>
}

// An iterator of the program, until the goroutine has enough.
func ExampleFeed_abort() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()

	ids, task := gochan.Feed(rt, 0, func(co *coro.Co) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) {
			for id := 1; yield(id, coro.Sleep(co, time.Microsecond)); id++ {
			}
		}
	})
	fmt.Println(<-ids, <-ids)
	task.Abort()
	<-task.Done()
	// Output:
	// 1 2
}

// A goroutine waits for a future among other channels.
func ExampleOf() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()

	select {
	case r := <-gochan.Of(rt, future.Map(timer.Sleep(time.Millisecond), func(struct{}) string { return "awake" })):
		fmt.Println(r.Get())
	case <-time.After(time.Minute):
		fmt.Println("too late")
	}
	// Output:
	// awake <nil>
}

func ExampleOutput() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()

	task := executor.Go(rt, func(co *coro.Co) (int, error) { return 42, coro.Sleep(co, time.Millisecond) })
	r := <-gochan.Output(task)
	fmt.Println(r.Value, r.Err)
	// Output:
	// 42 <nil>
}

// A future is dropped with a value, and the runtime ends before another task receives.
func ExampleReclaim() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	jobs := make(chan int)
	executor.Spawn(rt, gochan.NewSelect(gochan.OnRecv(jobs, func(v int, _ bool) { fmt.Println("job", v) })))
	jobs <- 1
	rt.Close() // before or after the task has done the job

	for _, v := range gochan.Reclaim(rt, (<-chan int)(jobs)) {
		fmt.Println("job", v)
	}
	// Output:
	// job 1
}

func ExampleCount() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	ch := make(chan int)
	for range 10 {
		executor.Do(rt, func(co *coro.Co) error { _, _, err := gochan.Recv(co, ch); return err })
	}
	for gochan.Count(rt).Waiting < 10 {
		time.Sleep(time.Millisecond)
	}
	fmt.Printf("%+v\n", gochan.Count(rt))
	// Output:
	// {Waiting:10 Helpers:1 Kept:0}
}
