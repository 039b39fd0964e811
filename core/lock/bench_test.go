package lock_test

import (
	"sync"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
	"github.com/moduvex/moduvex-go/core/lock"
	"github.com/moduvex/moduvex-go/core/task"
)

// An adder is a task in poll style that locks, adds and unlocks.
type adder struct {
	m    *lock.Mutex
	lock lock.LockFuture
	sum  *int
	left int
}

func (a *adder) Poll(cx *core.Context) (struct{}, bool) {
	for ; a.left > 0; a.left-- {
		g, ok := a.lock.Poll(cx)
		if !ok {
			return struct{}{}, false
		}
		*a.sum++
		g.Unlock()
	}
	return struct{}{}, true
}

func (a *adder) Drop() { a.lock.Drop() }

// BenchmarkMutex is 8 tasks that lock, add and unlock, on one worker. The twins are 8 goroutines.
func BenchmarkMutex(b *testing.B) {
	const tasks = 8
	b.Run("poll", func(b *testing.B) {
		h := waittest.NewSolo()
		var m lock.Mutex
		sum := 0
		b.ReportAllocs()
		for range tasks {
			h.Spawn(&task.New(&adder{m: &m, lock: m.LockFuture(), sum: &sum, left: b.N/tasks + 1}).Task)
		}
		b.ResetTimer()
		h.Run()
	})
	b.Run("direct", func(b *testing.B) {
		h := waittest.NewSolo()
		defer h.Close()
		var m lock.Mutex
		sum := 0
		b.ReportAllocs()
		for range tasks {
			waittest.Body(h, func(co *coro.Co) error {
				for range b.N/tasks + 1 {
					g, err := m.Lock(co)
					if err != nil {
						return err
					}
					sum++
					g.Unlock()
				}
				return nil
			})
		}
		b.ResetTimer()
		h.Run()
	})
	b.Run("twin=lock.Mutex", func(b *testing.B) {
		var m sync.Mutex
		var wg sync.WaitGroup
		sum := 0
		b.ReportAllocs()
		for range tasks {
			wg.Go(func() {
				for range b.N/tasks + 1 {
					m.Lock()
					sum++
					m.Unlock()
				}
			})
		}
		wg.Wait()
	})
}

// BenchmarkMutexUncontended is a lock that no other task wants.
func BenchmarkMutexUncontended(b *testing.B) {
	for name, m := range map[string]*lock.Mutex{"default": {}, "ordered": newOrdered()} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				g, _ := m.TryLock()
				g.Unlock()
			}
		})
	}
	b.Run("twin=lock.Mutex", func(b *testing.B) {
		var m sync.Mutex
		for b.Loop() {
			m.TryLock()
			m.Unlock()
		}
	})
}

// BenchmarkMutexHeld is a lock that is held across a round of the queue. Each unlock of the ordered one hands it over;
// the other one is handed over once its waiter starves, which the standing clock of the host counts in lost turns.
func BenchmarkMutexHeld(b *testing.B) {
	for name, m := range map[string]*lock.Mutex{"default": {}, "ordered": newOrdered()} {
		b.Run(name, func(b *testing.B) {
			h := waittest.NewSolo()
			defer h.Close()
			b.ReportAllocs()
			for range 2 {
				waittest.Body(h, func(co *coro.Co) error {
					for range b.N/2 + 1 {
						g, err := m.Lock(co)
						if err != nil {
							return err
						}
						co.Yield()
						g.UnlockOn(co.Context())
					}
					return nil
				})
			}
			b.ResetTimer()
			h.Run()
		})
	}
}

func BenchmarkSemaphore(b *testing.B) {
	s := lock.NewSemaphore(8)
	b.ReportAllocs()
	for b.Loop() {
		s.TryAcquire(1)
		s.Release(1)
	}
}
