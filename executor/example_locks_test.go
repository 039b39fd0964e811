//go:build linux

package executor_test

import (
	"context"
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/lock"
	"github.com/moduvex/moduvex-go/executor"
)

// A lock.Mutex is held across an await, here while the bank confirms the withdrawal.
func Example_mutex() {
	balance, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (int, error) {
		var m lock.Mutex
		balance := 100
		err := coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, g *coro.Group) error {
			for range 3 {
				err := g.Do(co, func(co *coro.Co) error {
					guard, err := m.Lock(co)
					if err != nil {
						return err
					}
					defer guard.Unlock()
					before := balance
					if err := coro.Sleep(co, time.Millisecond); err != nil {
						return err
					}
					balance = before - 30
					return nil
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		return balance, err
	})
	fmt.Println(balance, err)
	// Output: 10 <nil>
}

// A mutex with the option Ordered serves tasks in the order in which they came: two that lock again and again alternate.
func Example_mutexOrdered() {
	err := executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		m := lock.NewMutexWith(lock.MutexOptions{Ordered: true})
		return coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, g *coro.Group) error {
			for _, name := range []string{"a", "b"} {
				err := g.Do(co, func(co *coro.Co) error {
					for range 2 {
						guard, err := m.Lock(co)
						if err != nil {
							return err
						}
						fmt.Print(name, " ")
						co.Yield()
						guard.UnlockOn(co.Context())
					}
					return nil
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
	fmt.Println(err)
	// Output: a b a b <nil>
}

// A poll-style task embeds the future of a lock.
func Example_mutexLockFuture() {
	executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		var m lock.Mutex
		held, _ := m.TryLock()
		count := 0
		counted := executor.Spawn[int](co, &counter{lock: m.LockFuture(), count: &count})
		count++
		held.Unlock()
		fmt.Println(counted.Join(co))
		return nil
	})
	// Output: 2 <nil>
}

// A counter counts once, under a lock.
type counter struct {
	lock  lock.LockFuture
	count *int
}

func (c *counter) Poll(cx *core.Context) (int, bool) {
	guard, ok := c.lock.Poll(cx)
	if !ok {
		return 0, false
	}
	defer guard.UnlockOn(cx)
	*c.count++
	return *c.count, true
}

// Drop leaves the line when the task is aborted.
func (c *counter) Drop() { c.lock.Drop() }

// At most two tasks work at a time.
func Example_semaphore() {
	executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		limit := lock.NewSemaphore(2)
		return coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, g *coro.Group) error {
			for i := range 5 {
				err := g.Do(co, func(co *coro.Co) error {
					if err := limit.Acquire(co, 1); err != nil {
						return err
					}
					defer limit.Release(1)
					fmt.Println("job", i)
					return coro.Sleep(co, time.Millisecond)
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
	// Unordered output:
	// job 0
	// job 1
	// job 2
	// job 3
	// job 4
}

// Readers share an RWMutex. A writer waits for the readers before it, and later readers wait for the writer.
func Example_rwMutex() {
	executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		var m lock.RWMutex
		config := "old"
		reader, err := m.RLock(co)
		if err != nil {
			return err
		}
		write := executor.Do(co, func(co *coro.Co) error {
			w, err := m.Lock(co)
			if err != nil {
				return err
			}
			config = "new"
			w.Unlock()
			return nil
		})
		fmt.Println(config)
		reader.Unlock()
		if _, err := write.Join(co); err != nil {
			return err
		}
		fmt.Println(config)
		return nil
	})
	// Output:
	// old
	// new
}

// A task waits for a condition that another task brings about. It checks the condition under a lock of its own, here
// because both tasks are on one worker, without any.
func Example_notify() {
	executor.Main(context.Background(), executor.Options{Workers: 1}, func(co *coro.Co) error {
		var changed lock.Notify
		var queue []string
		took := executor.Go(co, func(co *coro.Co) (string, error) {
			for len(queue) == 0 {
				if err := changed.Notified(co); err != nil {
					return "", err
				}
			}
			return queue[0], nil
		})
		queue = append(queue, "work")
		changed.NotifyOneOn(co.Context())
		fmt.Println(took.Join(co))
		return nil
	})
	// Output: work <nil>
}

// Each round of a barrier begins when all tasks have ended the one before.
func Example_barrier() {
	executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		b := lock.NewBarrier(3)
		return coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, g *coro.Group) error {
			for range 3 {
				err := g.Do(co, func(co *coro.Co) error {
					for round := range 2 {
						leader, err := b.Arrive(co)
						if err != nil {
							return err
						}
						if leader { // one of the three
							fmt.Println("round", round, "is complete")
						}
					}
					return nil
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
	// Output:
	// round 0 is complete
	// round 1 is complete
}

// The first task that needs the connection makes it; the others wait for it.
func Example_onceCell() {
	executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		var cell lock.OnceCell[string]
		return coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, g *coro.Group) error {
			for range 3 {
				err := g.Do(co, func(co *coro.Co) error {
					conn, err := cell.GetOrInit(co, func(co *coro.Co) (string, error) {
						fmt.Println("connecting")
						return "connection", coro.Sleep(co, time.Millisecond)
					})
					fmt.Println(conn, err)
					return err
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
	// Output:
	// connecting
	// connection <nil>
	// connection <nil>
	// connection <nil>
}
