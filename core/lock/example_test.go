package lock_test

import (
	"context"
	"fmt"
	"sync"

	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/lock"
)

// These examples are of plain goroutines, but for one. Those of tasks, in both styles, are with package executor.

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

// Two tasks lock twice each, and hold the mutex while the other one runs. In the strict order they alternate; without the
// option each would lock again at once: a a b b.
func ExampleNewMutexWith() {
	m := lock.NewMutexWith(lock.MutexOptions{Ordered: true})
	h := coretest.New(1)
	defer h.Close()
	for _, name := range []string{"a", "b"} {
		h.Spawn(&coro.New(func(co *coro.Co) (struct{}, error) {
			for range 2 {
				g, err := m.Lock(co)
				if err != nil {
					return struct{}{}, err
				}
				fmt.Print(name, " ")
				co.Yield()
				g.UnlockOn(co.Context())
			}
			return struct{}{}, nil
		}).Task)
	}
	h.Run()
	// Output: a b a b
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

func ExampleRWMutex_RLockWait() {
	var m lock.RWMutex
	w, _ := m.TryLock()
	r := w.Downgrade() // no other writer comes in between
	second, err := m.RLockWait(context.Background())
	fmt.Println("a second reader:", err)
	_, ok := m.TryLock()
	fmt.Println("a writer:", ok)
	r.Unlock()
	second.Unlock()
	// Output:
	// a second reader: <nil>
	// a writer: false
}

func ExampleNotify_NotifiedWait() {
	var n lock.Notify
	n.NotifyOne() // kept for the next waiter
	fmt.Println(n.NotifiedWait(context.Background()))
	// Output: <nil>
}

func ExampleBarrier_ArriveWait() {
	b := lock.NewBarrier(3)
	var leaders sync.Map
	var wg sync.WaitGroup
	for i := range 3 {
		wg.Go(func() {
			if leader, _ := b.ArriveWait(context.Background()); leader {
				leaders.Store(i, true)
			}
		})
	}
	wg.Wait()
	n := 0
	leaders.Range(func(any, any) bool { n++; return true })
	fmt.Println("leaders:", n)
	// Output: leaders: 1
}

func ExampleOnceCell_GetOrInitWait() {
	var cell lock.OnceCell[string]
	connect := func(context.Context) (string, error) {
		fmt.Println("connecting")
		return "connection", nil
	}
	for range 2 {
		fmt.Println(cell.GetOrInitWait(context.Background(), connect))
	}
	// Output:
	// connecting
	// connection <nil>
	// connection <nil>
}
