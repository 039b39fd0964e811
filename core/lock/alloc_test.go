package lock_test

import (
	"context"
	"errors"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
	"github.com/moduvex/moduvex-go/core/lock"
)

// A wait is an operation that waits, with its poll form as well.
type wait struct {
	waittest.Wait
	poll func(t *testing.T) (poll func() (ok bool))
}

// polls is the poll form of a future; done undoes its result.
func polls[T any, F core.Future[T]](f F, done func(T)) func(t *testing.T) func() bool {
	return func(t *testing.T) func() bool {
		w := waittest.NewWaiter[T](t, f)
		return func() bool {
			v, ok := w.Poll()
			if ok {
				done(v)
			}
			return ok
		}
	}
}

func nothing() {}

func waitForMutex(*testing.T) wait        { return waitForA(&lock.Mutex{}) }
func waitForOrderedMutex(*testing.T) wait { return waitForA(newOrdered()) }

func waitForA(m *lock.Mutex) wait {
	var held lock.Guard
	f := m.LockFuture()
	return wait{
		Wait: waittest.Wait{
			Hold: func() { held, _ = m.TryLock() },
			Free: func() { held.Unlock() },
			Direct: func(co *coro.Co) error {
				g, err := m.Lock(co)
				if err == nil {
					g.UnlockOn(co.Context())
				}
				return err
			},
			Goroutine: func(ctx context.Context) error {
				g, err := m.LockWait(ctx)
				if err == nil {
					g.Unlock()
				}
				return err
			},
		},
		poll: polls(&f, func(g lock.Guard) { g.Unlock() }),
	}
}

func waitToRead(*testing.T) wait {
	var m lock.RWMutex
	var held lock.WriteGuard
	f := m.RLockFuture()
	return wait{
		Wait: waittest.Wait{
			Hold: func() { held, _ = m.TryLock() },
			Free: func() { held.Unlock() },
			Direct: func(co *coro.Co) error {
				g, err := m.RLock(co)
				if err == nil {
					g.UnlockOn(co.Context())
				}
				return err
			},
			Goroutine: func(ctx context.Context) error {
				g, err := m.RLockWait(ctx)
				if err == nil {
					g.Unlock()
				}
				return err
			},
		},
		poll: polls(&f, func(g lock.ReadGuard) { g.Unlock() }),
	}
}

func waitToWrite(*testing.T) wait {
	var m lock.RWMutex
	var held lock.ReadGuard
	f := m.LockFuture()
	return wait{
		Wait: waittest.Wait{
			Hold: func() { held, _ = m.TryRLock() },
			Free: func() { held.Unlock() },
			Direct: func(co *coro.Co) error {
				g, err := m.Lock(co)
				if err == nil {
					g.UnlockOn(co.Context())
				}
				return err
			},
			Goroutine: func(ctx context.Context) error {
				g, err := m.LockWait(ctx)
				if err == nil {
					g.Unlock()
				}
				return err
			},
		},
		poll: polls(&f, func(g lock.WriteGuard) { g.Unlock() }),
	}
}

func waitForPermits(*testing.T) wait {
	var s lock.Semaphore
	f := s.AcquireFuture(2)
	return wait{
		Wait: waittest.Wait{
			Hold:      nothing,
			Free:      func() { s.Release(2) },
			Direct:    func(co *coro.Co) error { return s.Acquire(co, 2) },
			Goroutine: func(ctx context.Context) error { return s.AcquireWait(ctx, 2) },
		},
		poll: polls(&f, func(error) {}),
	}
}

func waitForNotification(free func(n *lock.Notify)) func(*testing.T) wait {
	return func(*testing.T) wait {
		var n lock.Notify
		f := n.NotifiedFuture()
		return wait{
			Wait: waittest.Wait{
				Hold:      nothing,
				Free:      func() { free(&n) },
				Direct:    n.Notified,
				Goroutine: n.NotifiedWait,
			},
			poll: polls(&f, func(struct{}) {}),
		}
	}
}

func waitAtBarrier(t *testing.T) wait {
	b := lock.NewBarrier(2)
	f := b.ArriveFuture()
	other := arrivals(t, b, 1)[0]
	return wait{
		Wait: waittest.Wait{
			Hold:      nothing,
			Free:      func() { other.Poll() },
			Direct:    func(co *coro.Co) error { _, err := b.Arrive(co); return err },
			Goroutine: func(ctx context.Context) error { _, err := b.ArriveWait(ctx); return err },
		},
		poll: polls(&f, func(bool) {}),
	}
}

// In each round a maker is dropped, and the waiter becomes the maker and fails.
func waitForCell(t *testing.T) wait {
	var c lock.OnceCell[int]
	failed := errors.New("failed")
	never := future.Pending[int]()
	first := c.InitFuture(func() core.Future[int] { return never })
	maker := waittest.NewWaiter[int](t, &first)
	next := c.InitFuture(func() core.Future[int] { return never })
	if _, ok := c.Get(); ok {
		t.Error("there is a value")
	}
	return wait{
		Wait: waittest.Wait{
			Hold: func() { maker.Poll() },
			Free: func() { maker.Drop() },
			Direct: func(co *coro.Co) error {
				if _, err := c.GetOrInit(co, func(*coro.Co) (int, error) { return 0, failed }); err != failed {
					return err
				}
				return nil
			},
			Goroutine: func(ctx context.Context) error {
				if _, err := c.GetOrInitWait(ctx, func(context.Context) (int, error) { return 0, failed }); err != failed {
					return err
				}
				return nil
			},
		},
		poll: func(t *testing.T) func() bool {
			w := waittest.NewWaiter[int](t, &next)
			turns := 0
			return func() bool { // it is ready when it may make the value, and passes that on
				w.Poll()
				if turns++; turns%2 == 0 {
					w.Drop()
					return true
				}
				return false
			}
		},
	}
}

func TestWaitingAllocatesNothing(t *testing.T) {
	for name, make := range map[string]func(t *testing.T) wait{
		"Mutex":         waitForMutex,
		"ordered Mutex": waitForOrderedMutex,
		"RWMutex read":  waitToRead,
		"RWMutex write": waitToWrite,
		"Semaphore":     waitForPermits,
		"Notify one":    waitForNotification((*lock.Notify).NotifyOne),
		"Notify all":    waitForNotification((*lock.Notify).NotifyAll),
		"Barrier":       waitAtBarrier,
		"OnceCell":      waitForCell,
	} {
		t.Run(name, func(t *testing.T) {
			w := make(t)

			poll := w.poll(t)
			waittest.Allocates(t, "poll style", 0, func() {
				w.Hold()
				if poll() {
					t.Error("poll style: it did not wait")
				}
				w.Free()
				if !poll() {
					t.Error("poll style: it waits for ever")
				}
			})

			w.AllocatesNothing(t)
		})
	}
}
