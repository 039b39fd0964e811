//go:build linux

package executor_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

func ExampleRun() {
	sum, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (int, error) {
		double := executor.Go(co, func(co *coro.Co) (int, error) {
			return 2 * 21, coro.Sleep(co, time.Millisecond)
		})
		return double.Join(co)
	})
	fmt.Println(sum, err)
	// Output: 42 <nil>
}

func ExampleMain() {
	err := executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		printed := executor.Do(co, func(co *coro.Co) error {
			fmt.Println("hello from a task")
			return coro.Sleep(co, time.Millisecond)
		})
		_, err := printed.Join(co)
		return err
	})
	fmt.Println(err)
	// Output:
	// hello from a task
	// <nil>
}

func ExampleNew() {
	rt, err := executor.New(executor.Options{BlockingThreads: 4})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	h := executor.Go(rt, func(co *coro.Co) (string, error) { return "hello", nil })
	fmt.Println(h.Wait(context.Background()))
	// Output: hello <nil>
}

func ExampleBlockOn() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	greeting := future.Map(future.Ready("world"), func(s string) string { return "hello, " + s })
	fmt.Println(executor.BlockOn(context.Background(), rt, greeting))
	// Output: hello, world <nil>
}

// A future in poll style: it counts down, and yields to the other tasks in between.
type countdown int

func (c *countdown) Poll(cx *core.Context) (string, bool) {
	if *c == 0 {
		return "lift-off", true
	}
	*c--
	cx.Yield()
	return "", false
}

func ExampleSpawn() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	c := countdown(3)
	h := executor.Spawn[string](rt, &c)
	fmt.Println(h.Wait(context.Background()))
	// Output: lift-off <nil>
}

// Where tasks are many or short, their futures can move into them: one allocation each.
func ExampleSpawnValue() {
	sum, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (int, error) {
		var handles []joinhandle.JoinHandle[int]
		for i := range 1000 {
			handles = append(handles, executor.SpawnValue[int](co, double{i}))
		}
		sum := 0
		for _, h := range handles {
			v, err := h.Join(co)
			if err != nil {
				return 0, err
			}
			sum += v
		}
		return sum, nil
	})
	fmt.Println(sum, err)
	// Output: 999000 <nil>
}

// A double is a future: *double has its Poll.
type double struct{ of int }

func (d *double) Poll(*core.Context) (int, bool) { return 2 * d.of, true }

func ExampleGo() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	began := make(chan struct{})
	h := executor.Go(rt, func(co *coro.Co) (int, error) {
		defer fmt.Println("cleaned up")
		close(began)
		return 0, coro.Sleep(co, time.Hour)
	})
	<-began
	h.Abort()
	_, err = h.Wait(context.Background())
	fmt.Println(err, errors.Is(err, context.Canceled))
	// Output:
	// cleaned up
	// task was cancelled true
}

// Do is for bodies that return an error only.
func ExampleDo() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	h := executor.Do(rt, func(co *coro.Co) error { return errors.New("no route to the printer") })
	_, err = h.Wait(context.Background())
	fmt.Println(err)
	// Output: no route to the printer
}

func ExampleNamed() {
	rt, err := executor.New(executor.Options{
		OnPanic: func(info executor.TaskInfo, p *task.PanicError) { fmt.Println(info.Name, "failed:", p.Value) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	h := executor.Do(executor.Named(rt, "importer"), func(co *coro.Co) error { panic("no such table") })
	_, err = h.Wait(context.Background())
	fmt.Println(err)
	// Output:
	// importer failed: no such table
	// task panicked: no such table
}

func ExampleBlocking() {
	n, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (int, error) {
		return executor.Blocking(co, func() (int, error) {
			time.Sleep(time.Millisecond) // other tasks run meanwhile
			return 7, nil
		})
	})
	fmt.Println(n, err)
	// Output: 7 <nil>
}

func ExampleSpawnBlocking() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	h := executor.SpawnBlocking(rt, func() (string, error) { return "from a goroutine of its own", nil })
	fmt.Println(h.Wait(context.Background()))
	// Output: from a goroutine of its own <nil>
}

func ExampleRuntime_Shutdown() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	began := make(chan struct{})
	h := executor.Do(executor.Named(rt, "talk"), func(co *coro.Co) error {
		close(began)
		err := coro.Sleep(co, time.Hour)
		coro.Shield(co, func(co *coro.Co) error { // clean-up that awaits
			defer fmt.Println("said goodbye")
			return coro.Sleep(co, time.Millisecond)
		})
		return err
	})
	<-began
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	err = rt.Shutdown(ctx)
	var aborted *executor.AbortedError
	if errors.As(err, &aborted) {
		fmt.Println("aborted:", aborted.Tasks[0].Name)
	}
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	_, err = h.Wait(context.Background())
	fmt.Println(err)
	// Output:
	// said goodbye
	// aborted: talk
	// true
	// task was cancelled
}

// A server tells its idle connections that the runtime ends, and finishes the requests under way.
func ExampleUntilDrain() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	waits := make(chan struct{})
	executor.Do(rt, func(co *coro.Co) error {
		for {
			err := executor.UntilDrain(co, func(co *coro.Co) error {
				close(waits)
				return coro.Sleep(co, time.Hour) // for the next request
			})
			if errors.Is(err, executor.ErrDraining) {
				fmt.Println("no request is under way")
				return nil
			}
		}
	})
	<-waits
	fmt.Println(rt.Shutdown(context.Background()))
	// Output:
	// no request is under way
	// <nil>
}

func ExampleDraining() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	next := future.Pending[string]() // the next request
	executor.Do(rt, func(co *coro.Co) error {
		r, err := coro.Await(co, future.Select2(next, executor.Draining()))
		if err == nil && r.Index == 1 {
			fmt.Println("the runtime drains:", executor.IsDraining(co))
		}
		return err
	})
	fmt.Println(rt.Shutdown(context.Background()))
	<-rt.Draining() // closed
	// Output:
	// the runtime drains: true
	// <nil>
}

func ExampleRuntime_Stats() {
	rt, err := executor.New(executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 3 {
		executor.Do(rt, (*coro.Co).Yield)
	}
	rt.Shutdown(context.Background())
	s := rt.Stats()
	fmt.Println(s.Spawned, s.Completed, s.Polls)
	// Output: 3 3 6
}
