package sync_test

import (
	"context"
	"fmt"

	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/sync"
	"github.com/moduvex/moduvex-go/core/task"
)

// A lock that is held across an await.
func ExampleMutex_Lock() {
	host := coretest.New(1)
	defer host.Close()

	var m sync.Mutex
	balance := 100
	withdraw := func(co *coro.Co) (int, error) {
		g, err := m.Lock(co)
		if err != nil {
			return 0, err
		}
		defer g.Unlock()
		before := balance
		co.Yield() // asks the bank
		balance = before - 30
		return balance, nil
	}
	a, b := coro.New(withdraw), coro.New(withdraw)
	host.Spawn(&a.Task)
	host.Spawn(&b.Task)
	host.Run()

	fmt.Println(balance)
	// Output: 40
}

func ExampleMutex_LockFuture() {
	host := coretest.New(1)
	defer host.Close()

	var m sync.Mutex
	lock := m.LockFuture()
	locked := task.New(future.Map[sync.Guard](&lock, func(g sync.Guard) string {
		defer g.Unlock()
		return "my turn"
	}))
	host.Spawn(&locked.Task)
	host.Run()

	fmt.Println(locked.Take())
	// Output: my turn <nil> true
}

func ExampleMutex_LockWait() {
	var m sync.Mutex
	g, err := m.LockWait(context.Background())
	fmt.Println(err)

	_, ok := m.TryLock()
	fmt.Println(ok)
	g.Unlock()
	// Output:
	// <nil>
	// false
}

// At most two bodies work at a time.
func ExampleSemaphore_Acquire() {
	host := coretest.New(1)
	defer host.Close()

	limit := sync.NewSemaphore(2)
	working := 0
	for range 5 {
		host.Spawn(&coro.New(func(co *coro.Co) (int, error) {
			if err := limit.Acquire(co, 1); err != nil {
				return 0, err
			}
			defer limit.Release(1)
			working++
			fmt.Print(working, " ")
			err := co.Yield()
			working--
			return 0, err
		}).Task)
	}
	host.Run()
	// Output: 1 2 1 2 1
}

func ExampleSemaphore_AcquireFuture() {
	host := coretest.New(1)
	defer host.Close()

	s := sync.NewSemaphore(0)
	acquire := s.AcquireFuture(3)
	three := task.New[error](&acquire)
	host.Spawn(&three.Task)
	host.Run()
	fmt.Println(three.Finished())
	s.Release(3)
	host.Run()
	fmt.Println(three.Finished())
	// Output:
	// false
	// true
}

func ExampleSemaphore_AcquireWait() {
	s := sync.NewSemaphore(1)
	fmt.Println(s.AcquireWait(context.Background(), 1), s.Available())
	s.Release(1)
	s.Close()
	fmt.Println(s.AcquireWait(context.Background(), 1))
	// Output:
	// <nil> 0
	// sync: semaphore is closed
}
