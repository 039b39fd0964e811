package lock_test

import (
	"context"
	"errors"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/internal/hosttest"
	"github.com/moduvex/moduvex-go/core/lock"
)

// A blocking is a context for a goroutine that is about to block: at that moment it does what lets the
// goroutine go on.
type blocking struct {
	context.Context
	free func()
	n    int
}

func (b *blocking) Done() <-chan struct{} {
	b.n++
	b.free()
	return nil
}

// A wait is one on a primitive: hold sees to it that there is something to wait for, and free ends that.
// The three forms are those of one operation, and leave everything as it was.
type wait struct {
	hold, free func()
	direct     func(co *coro.Co) error
	goroutine  func(ctx context.Context) error
	poll       func(t *testing.T) (poll func() (ok bool))
}

// polls is the poll form of a future; done takes its answer back.
func polls[T any, F core.Future[T]](f F, done func(T)) func(t *testing.T) func() bool {
	return func(t *testing.T) func() bool {
		w := newWaiter[T](t, f)
		return func() bool {
			v, ok := w.poll()
			if ok {
				done(v)
			}
			return ok
		}
	}
}

func nothing() {}

func waitForMutex(*testing.T) wait {
	var m lock.Mutex
	var held lock.Guard
	f := m.LockFuture()
	return wait{
		hold: func() { held, _ = m.TryLock() },
		free: func() { held.Unlock() },
		direct: func(co *coro.Co) error {
			g, err := m.Lock(co)
			if err == nil {
				g.UnlockOn(co.Context())
			}
			return err
		},
		goroutine: func(ctx context.Context) error {
			g, err := m.LockWait(ctx)
			if err == nil {
				g.Unlock()
			}
			return err
		},
		poll: polls(&f, func(g lock.Guard) { g.Unlock() }),
	}
}

func waitToRead(*testing.T) wait {
	var m lock.RWMutex
	var held lock.WriteGuard
	f := m.RLockFuture()
	return wait{
		hold: func() { held, _ = m.TryLock() },
		free: func() { held.Unlock() },
		direct: func(co *coro.Co) error {
			g, err := m.RLock(co)
			if err == nil {
				g.UnlockOn(co.Context())
			}
			return err
		},
		goroutine: func(ctx context.Context) error {
			g, err := m.RLockWait(ctx)
			if err == nil {
				g.Unlock()
			}
			return err
		},
		poll: polls(&f, func(g lock.ReadGuard) { g.Unlock() }),
	}
}

func waitToWrite(*testing.T) wait {
	var m lock.RWMutex
	var held lock.ReadGuard
	f := m.LockFuture()
	return wait{
		hold: func() { held, _ = m.TryRLock() },
		free: func() { held.Unlock() },
		direct: func(co *coro.Co) error {
			g, err := m.Lock(co)
			if err == nil {
				g.UnlockOn(co.Context())
			}
			return err
		},
		goroutine: func(ctx context.Context) error {
			g, err := m.LockWait(ctx)
			if err == nil {
				g.Unlock()
			}
			return err
		},
		poll: polls(&f, func(g lock.WriteGuard) { g.Unlock() }),
	}
}

func waitForPermits(*testing.T) wait {
	var s lock.Semaphore
	f := s.AcquireFuture(2)
	return wait{
		hold:      nothing,
		free:      func() { s.Release(2) },
		direct:    func(co *coro.Co) error { return s.Acquire(co, 2) },
		goroutine: func(ctx context.Context) error { return s.AcquireWait(ctx, 2) },
		poll:      polls(&f, func(error) {}),
	}
}

func waitForNotification(free func(n *lock.Notify)) func(*testing.T) wait {
	return func(*testing.T) wait {
		var n lock.Notify
		f := n.NotifiedFuture()
		return wait{
			hold:      nothing,
			free:      func() { free(&n) },
			direct:    n.Notified,
			goroutine: n.NotifiedWait,
			poll:      polls(&f, func(struct{}) {}),
		}
	}
}

func waitAtBarrier(t *testing.T) wait {
	b := lock.NewBarrier(2)
	f := b.ArriveFuture()
	other := arrivals(t, b, 1)[0]
	return wait{
		hold:      nothing,
		free:      func() { other.poll() },
		direct:    func(co *coro.Co) error { _, err := b.Arrive(co); return err },
		goroutine: func(ctx context.Context) error { _, err := b.ArriveWait(ctx); return err },
		poll:      polls(&f, func(bool) {}),
	}
}

// In each round the value is being made by somebody who gives up, and then not made by who has waited.
func waitForCell(t *testing.T) wait {
	var c lock.OnceCell[int]
	failed := errors.New("failed")
	never := future.Pending[int]()
	first := c.InitFuture(func() core.Future[int] { return never })
	maker := newWaiter[int](t, &first)
	next := c.InitFuture(func() core.Future[int] { return never })
	if _, ok := c.Get(); ok {
		t.Error("there is a value")
	}
	return wait{
		hold: func() { maker.poll() },
		free: func() { maker.drop() },
		direct: func(co *coro.Co) error {
			if _, err := c.GetOrInit(co, func(*coro.Co) (int, error) { return 0, failed }); err != failed {
				return err
			}
			return nil
		},
		goroutine: func(ctx context.Context) error {
			if _, err := c.GetOrInitWait(ctx, func(context.Context) (int, error) { return 0, failed }); err != failed {
				return err
			}
			return nil
		},
		poll: func(t *testing.T) func() bool {
			w := newWaiter[int](t, &next)
			turns := 0
			return func() bool { // its answer is that it has got the turn, which it gives back
				w.poll()
				if turns++; turns%2 == 0 {
					w.drop()
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
			allocates(t, "poll style", 0, func() {
				w.hold()
				if poll() {
					t.Error("poll style: it did not wait")
				}
				w.free()
				if !poll() {
					t.Error("poll style: it waits for ever")
				}
			})

			ctx := &blocking{Context: context.Background(), free: w.free}
			rounds := 0
			allocates(t, "goroutine", 0, func() {
				w.hold()
				rounds++
				if err := w.goroutine(ctx); err != nil {
					t.Error(err)
				}
			})
			if ctx.n != rounds {
				t.Errorf("goroutine: it has waited %d times in %d rounds", ctx.n, rounds)
			}

			h := hosttest.NewSolo()
			defer h.Close()
			entered, left := 0, 0
			s := body(h, func(co *coro.Co) error {
				for {
					if err := co.Suspend(); err != nil {
						return err
					}
					entered++
					if err := w.direct(co); err != nil {
						return err
					}
					left++
				}
			})
			h.Run()
			allocates(t, "direct style", 0, func() {
				w.hold()
				s.Wake()
				h.Run()
				if left != entered-1 {
					t.Error("direct style: it did not wait")
				}
				w.free()
				h.Run()
				if left != entered {
					t.Error("direct style: it waits for ever")
				}
			})
			s.Abort()
			h.Run()
		})
	}
}
