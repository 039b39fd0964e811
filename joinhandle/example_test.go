package joinhandle_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// The host of these examples runs tasks one after the other, on a clock that jumps to the next
// deadline when all of them wait. A runtime is used in the same way.

// A host of one's own starts the task of a future or of a body.
func ExampleStart() {
	host := coretest.New(1)
	defer host.Close()

	future := joinhandle.Start(host, task.New(future.Ready(42)))
	body := joinhandle.Start(host, coro.New(func(co *coro.Co) (string, error) {
		return "awake", coro.Sleep(co, time.Second)
	}))
	fmt.Println("finished:", future.Finished(), body.Finished())
	host.Run()
	fmt.Println(future.TryJoin())
	fmt.Println(body.TryJoin())
	// Output:
	// finished: false false
	// {42 <nil>} true
	// {awake <nil>} true
}

func ExampleJoinHandle_Join() {
	host := coretest.New(1)
	defer host.Close()

	spawnBody(host, func(co *coro.Co) (struct{}, error) {
		sum := spawnBody(co, func(co *coro.Co) (int, error) {
			return 40 + 2, coro.Sleep(co, time.Second)
		})
		crash := spawnBody(co, func(*coro.Co) (int, error) { panic("out of luck") })
		fmt.Println(sum.Join(co))
		fmt.Println(crash.Join(co))
		return struct{}{}, nil
	})
	host.Run()
	// Output:
	// 42 <nil>
	// 0 task panicked: out of luck
}

func ExampleJoinHandle_Wait() {
	host := coretest.New(1)
	defer host.Close()

	h := spawn(host, future.Ready("for a goroutine"))
	done := make(chan struct{})
	go func() {
		defer close(done)
		fmt.Println(h.Wait(context.Background()))
	}()
	host.Run()
	<-done
	// Output: for a goroutine <nil>
}

func ExampleJoinHandle_Abort() {
	host := coretest.New(1)
	defer host.Close()

	h := spawnBody(host, func(co *coro.Co) (int, error) {
		defer fmt.Println("cleaned up")
		return 1, coro.Sleep(co, time.Hour)
	})
	host.Step() // the body begins to sleep
	fmt.Println("took:", h.Abort())
	host.Run()
	r, _ := h.TryJoin()
	fmt.Println(r.Err, errors.Is(r.Err, core.ErrCancelled))
	fmt.Println("took:", h.Abort())
	// Output:
	// took: true
	// cleaned up
	// task was cancelled true
	// took: false
}

func ExampleJoinSet() {
	host := coretest.New(1)
	defer host.Close()

	set := joinhandle.NewJoinSet[int](host)
	for _, n := range []int{3, 1, 2} {
		set.Go(func(co *coro.Co) (int, error) {
			return n, coro.Sleep(co, time.Duration(n)*time.Second)
		})
	}
	host.Run()
	for j, ok := set.TryJoin(); ok; j, ok = set.TryJoin() {
		fmt.Println(j.Value, j.Err)
	}
	// Output:
	// 1 <nil>
	// 2 <nil>
	// 3 <nil>
}

func ExampleJoinSet_Spawn() {
	host := coretest.New(1)
	defer host.Close()

	set := joinhandle.NewJoinSet[string](host)
	set.Spawn(future.Ready("kept"))
	waste := set.Spawn(future.Pending[string]())
	waste.Abort()
	fmt.Println("tasks:", set.Len())
	host.Run()
	for j, ok := set.TryJoin(); ok; j, ok = set.TryJoin() {
		fmt.Printf("%q %v\n", j.Value, j.Err)
	}
	// Output:
	// tasks: 2
	// "kept" <nil>
	// "" task was cancelled
}

// The first answer is taken, and the other tasks are aborted.
func ExampleJoinSet_Join() {
	host := coretest.New(1)
	defer host.Close()

	spawnBody(host, func(co *coro.Co) (struct{}, error) {
		set := joinhandle.NewJoinSet[string](co)
		defer set.Drop()
		for server, delay := range map[string]time.Duration{"near": time.Second, "far": time.Minute} {
			set.Go(func(co *coro.Co) (string, error) { return server, coro.Sleep(co, delay) })
		}
		first, err := set.Join(co)
		fmt.Println(first.Value, first.Err, err)
		return struct{}{}, nil
	})
	host.Run()
	fmt.Println("after", host.Now())
	// Output:
	// near <nil> <nil>
	// after 1s
}

func ExampleJoinSet_All() {
	host := coretest.New(1)
	defer host.Close()

	spawnBody(host, func(co *coro.Co) (struct{}, error) {
		set := joinhandle.NewJoinSet[int](co)
		defer set.Drop()
		for i := range 3 {
			set.Go(func(co *coro.Co) (int, error) { return i * i, coro.Sleep(co, time.Duration(i)) })
		}
		for j, err := range set.All(co) {
			if err != nil {
				return struct{}{}, err // this body was cancelled
			}
			fmt.Println(j.Value, j.Err)
		}
		return struct{}{}, nil
	})
	host.Run()
	// Output:
	// 0 <nil>
	// 1 <nil>
	// 4 <nil>
}

// A connection for each task of a set. The host refuses the second task, so the set closes its connection.
func ExampleJoinSet_GoOwning() {
	host := coretest.New(1)
	set := joinhandle.NewJoinSet[int](host)
	conns := []*conn{{}, {}}
	for _, c := range conns {
		set.GoOwning(c, func(co *coro.Co) (int, error) {
			defer c.Close()
			return 0, nil
		})
		host.Run()
		host.Close()
	}
	for i, c := range conns {
		fmt.Println("connection", i, "closed:", c.closed)
	}
	// Output:
	// connection 0 closed: 1
	// connection 1 closed: 1
}
