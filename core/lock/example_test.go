package lock_test

import (
	"context"
	"fmt"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/lock"
	"github.com/moduvex/moduvex-go/core/task"
)

// A lock that is held across an await.
func ExampleMutex_Lock() {
	host := coretest.New(1)
	defer host.Close()

	var m lock.Mutex
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

	var m lock.Mutex
	f := m.LockFuture()
	locked := task.New(future.Map[lock.Guard](&f, func(g lock.Guard) string {
		defer g.Unlock()
		return "my turn"
	}))
	host.Spawn(&locked.Task)
	host.Run()

	fmt.Println(locked.Take())
	// Output: my turn <nil> true
}

func ExampleMutex_LockWait() {
	var m lock.Mutex
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

	limit := lock.NewSemaphore(2)
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

	s := lock.NewSemaphore(0)
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
	s := lock.NewSemaphore(1)
	fmt.Println(s.AcquireWait(context.Background(), 1), s.Available())
	s.Release(1)
	s.Close()
	fmt.Println(s.AcquireWait(context.Background(), 1))
	// Output:
	// <nil> 0
	// lock: semaphore is closed
}

// A writer waits for the readers before it; a reader that comes after it waits for it.
func ExampleRWMutex() {
	host := coretest.New(1)
	defer host.Close()

	var m lock.RWMutex
	config := "old"
	read := func(co *coro.Co) (string, error) {
		g, err := m.RLock(co)
		if err != nil {
			return "", err
		}
		defer g.Unlock()
		return config, co.Yield()
	}
	write := func(co *coro.Co) (string, error) {
		g, err := m.Lock(co)
		if err != nil {
			return "", err
		}
		defer g.Unlock()
		config = "new"
		return "", co.Yield()
	}
	before, writer, after := coro.New(read), coro.New(write), coro.New(read)
	host.Spawn(&before.Task)
	host.Spawn(&writer.Task)
	host.Spawn(&after.Task)
	host.Run()

	fmt.Println(before.Take())
	fmt.Println(after.Take())
	// Output:
	// old <nil> true
	// new <nil> true
}

func ExampleRWMutex_RLockFuture() {
	host := coretest.New(1)
	defer host.Close()

	var m lock.RWMutex
	w, _ := m.TryLock()
	f := m.RLockFuture()
	reader := task.New[lock.ReadGuard](&f)
	host.Spawn(&reader.Task)
	host.Run()
	fmt.Println(reader.Finished())

	mine := w.Downgrade() // both read now
	host.Run()
	theirs, _, _ := reader.Take()
	fmt.Println(reader.Finished())
	mine.Unlock()
	theirs.Unlock()
	// Output:
	// false
	// true
}

// A body waits for a condition that another brings about.
func ExampleNotify() {
	host := coretest.New(1)
	defer host.Close()

	var changed lock.Notify
	var queue []string
	host.Spawn(&coro.New(func(co *coro.Co) (int, error) {
		for len(queue) == 0 {
			if err := changed.Notified(co); err != nil {
				return 0, err
			}
		}
		fmt.Println("took", queue[0])
		return 0, nil
	}).Task)
	host.Run()

	queue = append(queue, "work")
	changed.NotifyOne()
	host.Run()
	// Output: took work
}

// A NotifiedFuture hears every NotifyAll from its making on, also before its first poll.
func ExampleNotify_NotifiedFuture() {
	host := coretest.New(1)
	defer host.Close()

	var n lock.Notify
	told := n.NotifiedFuture()
	n.NotifyAll()
	waiter := task.New[struct{}](&told)
	host.Spawn(&waiter.Task)
	host.Run()
	fmt.Println(waiter.Finished())
	// Output: true
}

func ExampleBarrier_Arrive() {
	host := coretest.New(1)
	defer host.Close()

	b := lock.NewBarrier(3)
	for i := range 3 {
		host.Spawn(&coro.New(func(co *coro.Co) (int, error) {
			fmt.Println(i, "arrives")
			leader, err := b.Arrive(co)
			if leader {
				fmt.Println(i, "was the last")
			}
			return i, err
		}).Task)
	}
	host.Run()
	// Output:
	// 0 arrives
	// 1 arrives
	// 2 arrives
	// 2 was the last
}

// The value is made once, by whoever asks first.
func ExampleOnceCell_GetOrInit() {
	host := coretest.New(1)
	defer host.Close()

	var cell lock.OnceCell[string]
	get := func(co *coro.Co) (string, error) {
		return cell.GetOrInit(co, func(co *coro.Co) (string, error) {
			fmt.Println("connecting")
			return "connection", co.Yield()
		})
	}
	a, b := coro.New(get), coro.New(get)
	host.Spawn(&a.Task)
	host.Spawn(&b.Task)
	host.Run()
	fmt.Println(a.Take())
	fmt.Println(b.Take())
	// Output:
	// connecting
	// connection <nil> true
	// connection <nil> true
}

func ExampleOnceCell_InitFuture() {
	host := coretest.New(1)
	defer host.Close()

	var cell lock.OnceCell[int]
	value := cell.InitFuture(func() core.Future[int] { return future.Ready(42) })
	asker := task.New[int](&value)
	host.Spawn(&asker.Task)
	host.Run()
	fmt.Println(asker.Take())
	// Output: 42 <nil> true
}
