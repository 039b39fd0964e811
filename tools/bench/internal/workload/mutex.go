package workload

import (
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/lock"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// W9: tasks that lock, add one and unlock. What they have added up to is checked.

type locker struct {
	lock  lock.LockFuture
	count *int
	left  int
}

func (l *locker) Poll(cx *core.Context) (int, bool) {
	for ; l.left > 0; l.left-- {
		g, ok := l.lock.Poll(cx)
		if !ok {
			return 0, false
		}
		*l.count++
		g.UnlockOn(cx)
	}
	return 0, true
}

func w9Poll(c spec.Case, m *meter) error {
	return w9Runtime(c, m, func(s core.Spawner, mu *lock.Mutex, count *int, n int) handle {
		return executor.SpawnValue[int](s, locker{mu.LockFuture(), count, n})
	})
}

func w9Direct(c spec.Case, m *meter) error {
	return w9Runtime(c, m, func(s core.Spawner, mu *lock.Mutex, count *int, n int) handle {
		return executor.Go(s, func(co *coro.Co) (int, error) {
			for range n {
				g, err := mu.Lock(co)
				if err != nil {
					return 0, err
				}
				*count++
				g.UnlockOn(co.Context())
			}
			return 0, nil
		})
	})
}

func w9Runtime(c spec.Case, m *meter, spawn func(core.Spawner, *lock.Mutex, *int, int) handle) error {
	return withRuntime(c, func(rt *executor.Runtime) error {
		return w9(c, m, func(each int) (count int, err error) {
			var mu lock.Mutex
			_, err = together(rt, c, c.Live, func(s core.Spawner, _ int) handle { return spawn(s, &mu, &count, each) })
			return count, err
		})
	})
}

// w9 measures f, in which each task locks so often, and checks the count.
func w9(c spec.Case, m *meter, f func(each int) (count int, err error)) error {
	return m.repeated(c.Units, func(units int) (int, error) {
		each := max(1, units/c.Live)
		count, err := f(each)
		if err != nil {
			return 0, err
		}
		return count, want("count", count, each*c.Live)
	})
}

// The loops of the twins are written out: a call through a function value would be a tenth of a lock.

func w9Mutex(c spec.Case, m *meter) error {
	return w9(c, m, func(each int) (count int, err error) {
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range c.Live {
			wg.Go(func() {
				for range each {
					mu.Lock()
					count++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		return count, nil
	})
}

func w9Channel(c spec.Case, m *meter) error {
	return w9(c, m, func(each int) (count int, err error) {
		lock := make(chan struct{}, 1)
		var wg sync.WaitGroup
		for range c.Live {
			wg.Go(func() {
				for range each {
					lock <- struct{}{}
					count++
					<-lock
				}
			})
		}
		wg.Wait()
		return count, nil
	})
}
