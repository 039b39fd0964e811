package lock_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/racetest"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
	"github.com/moduvex/moduvex-go/core/lock"
	"github.com/moduvex/moduvex-go/core/task"
)

func notified(t testing.TB, n *lock.Notify) *waittest.Waiter[struct{}] {
	f := n.NotifiedFuture()
	return waittest.NewWaiter[struct{}](t, &f)
}

func TestNotifyOneWakesTheOldestWaiter(t *testing.T) {
	var n lock.Notify
	a, b := notified(t, &n), notified(t, &n)
	a.Pends(t)
	b.Pends(t)
	n.NotifyOne()
	b.Pends(t)
	a.Completes(t, 1)
	a.Pends(t) // again, behind b
	n.NotifyOne()
	a.Pends(t)
	b.Completes(t, 1)
	n.NotifyOne()
	a.Completes(t, 2)
}

func TestOneNotificationIsKeptForTheNextWaiter(t *testing.T) {
	var n lock.Notify
	n.NotifyOne()
	n.NotifyOne()
	a, b := notified(t, &n), notified(t, &n)
	a.Completes(t, 0)
	b.Pends(t)
	a.Pends(t)
}

func TestNotifyAllWakesTheWaitersAndIsNotKept(t *testing.T) {
	var n lock.Notify
	var ws []*waittest.Waiter[struct{}]
	for range 40 {
		w := notified(t, &n)
		w.Pends(t)
		ws = append(ws, w)
	}
	n.NotifyAll()
	late := notified(t, &n)
	late.Pends(t)
	for _, w := range ws {
		w.Completes(t, 1)
		w.Pends(t)
	}
	if late.Wakes != 0 {
		t.Error("a NotifyAll was kept")
	}
}

// A NotifyAll may come between the check of the condition and the first poll.
func TestAFutureSeesEachNotifyAllAfterItWasMade(t *testing.T) {
	var n lock.Notify
	w := notified(t, &n)
	n.NotifyAll()
	w.Completes(t, 0)
	n.NotifyAll() // since it was ready
	w.Completes(t, 0)
	w.Pends(t)
	n.NotifyOne()
	n.NotifyAll()
	w.Completes(t, 1)
	w.Pends(t)
	n.NotifyOne()
	w.Completes(t, 2)
	n.NotifyOne() // kept: a NotifyAll does not use it up
	n.NotifyAll()
	w.Completes(t, 2)
	w.Completes(t, 2)
	w.Pends(t)
}

// Regression: the wake of a waiter that was dropped after it was lost.
func TestADroppedWaiterPassesItsNotificationOn(t *testing.T) {
	var n lock.Notify
	a, b, c := notified(t, &n), notified(t, &n), notified(t, &n)
	a.Pends(t)
	b.Pends(t)
	n.NotifyOne()
	a.Drop()
	b.Completes(t, 1)
	b.Pends(t)
	n.NotifyOne()
	b.Drop() // no waiter is left: it is kept
	c.Completes(t, 0)
	a.Pends(t)
	a.Drop() // while it waits
	b.Pends(t)
	n.NotifyAll()
	b.Drop() // of a NotifyAll there is nothing to forward
	c = notified(t, &n)
	c.Pends(t)
	if a.Wakes != 1 {
		t.Error("woken after it had gone")
	}
}

func TestMisuseOfANotifiedFuturePanics(t *testing.T) {
	waittest.MustPanic(t, "lock: Poll of a NotifiedFuture that no Notify has made", func() {
		waittest.NewWaiter[struct{}](t, new(lock.NotifiedFuture)).Poll()
	})
	new(lock.NotifiedFuture).Drop()
}

func TestNotifyWakesThroughTheWorkerAndOutsideOfItsLocks(t *testing.T) {
	var n lock.Notify
	h, cx := waittest.NewSpy(t)
	a := notified(t, &n)
	a.Pends(t)
	n.NotifyOneOn(cx)
	a.Completes(t, 1)
	a.Pends(t)
	n.NotifyAllOn(cx)
	a.Completes(t, 2)
	if h.Woken != 2 {
		t.Errorf("%d wakes through the host, want 2", h.Woken)
	}
	f := n.NotifiedFuture()
	mine := waittest.Host(t).Context()
	mine.ForHost().Begin(core.WakerFunc(func() { n.NotifyOne() }))
	f.Poll(mine)
	n.NotifyAll()
	a.Completes(t, 2) // the NotifyAll
	a.Completes(t, 2) // and the NotifyOne of the waker
}

func TestBodiesAndGoroutinesAreNotified(t *testing.T) {
	var n lock.Notify
	h := waittest.Host(t)
	a, b := waittest.Body(h, n.Notified), waittest.Body(h, n.Notified)
	h.Run()
	n.NotifyOne()
	a.Abort() // the notification has come: it beats the abort, or goes to b
	h.Run()
	errA := waittest.Ended(t, a)
	if errA == nil {
		n.NotifyOne()
		h.Run()
	} else if !errors.Is(errA, core.ErrCancelled) {
		t.Errorf("have %v", errA)
	}
	if err := waittest.Ended(t, b); err != nil {
		t.Error(err)
	}
	if err := n.NotifiedWait(waittest.Cancelled()); err != context.Canceled {
		t.Errorf("have %v, want context.Canceled", err)
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if err := n.NotifiedWait(t.Context()); err != nil {
				t.Error(err)
			}
		})
		n.NotifyOne()
		wg.Wait()
	}
}

func TestANotifyAllocatesNothing(t *testing.T) {
	var n lock.Notify
	a := notified(t, &n)
	waittest.Allocates(t, "poll style", 0, func() {
		a.Poll()
		n.NotifyOne()
		a.Poll()
		a.Poll()
		n.NotifyAll()
		a.Poll()
	})
	h := waittest.NewSolo()
	defer h.Close()
	s := waittest.Body(h, func(co *coro.Co) error {
		for {
			if err := n.Notified(co); err != nil {
				return err
			}
		}
	})
	waittest.Allocates(t, "direct style", 0, func() {
		h.Run()
		n.NotifyOneOn(h.Context())
		h.Run()
	})
	s.Abort()
	h.Run()
	n.NotifyOne()
	waittest.Allocates(t, "goroutine", 0, func() {
		n.NotifiedWait(t.Context())
		n.NotifyOne()
	})
}

// TestStressOfANotify: each piece of work is announced once, and taken by a task although waiters
// are aborted and give up all the time.
func TestStressOfANotify(t *testing.T) {
	pieces := 3000
	if racetest.Enabled {
		pieces = 600
	}
	var n lock.Notify
	var todo, done atomic.Int64
	var over atomic.Bool
	take := func() bool {
		for {
			k := todo.Load()
			if k == 0 {
				return false
			}
			if todo.CompareAndSwap(k, k-1) {
				done.Add(1)
				return true
			}
		}
	}
	c := coretest.NewWorkers(3)
	defer c.Close()
	work := func() *task.Slot[struct{}] {
		return waittest.Body(c, func(co *coro.Co) error {
			for !over.Load() {
				for take() {
				}
				if err := n.Notified(co); err != nil {
					return err
				}
			}
			return nil
		})
	}
	work()
	var wg sync.WaitGroup
	wg.Go(func() {
		for done.Load() < int64(pieces) {
			ctx, cancel := context.WithCancel(context.Background())
			go cancel()
			if n.NotifiedWait(ctx) == nil {
				for take() {
				}
				n.NotifyOne() // for work that is announced while none was left
			}
			cancel()
		}
	})
	wg.Go(func() {
		for done.Load() < int64(pieces) {
			work().Abort()
		}
	})
	for range pieces {
		todo.Add(1)
		n.NotifyOne()
	}
	waits(func() bool { return done.Load() == int64(pieces) })
	wg.Wait()
	over.Store(true)
	// A body that has checked over may be about to wait, and an aborted one may take a notification that was meant
	// for it. So the notifications continue until all have ended.
	ended := make(chan struct{})
	wg.Go(func() {
		for {
			select {
			case <-ended:
				return
			default:
				n.NotifyOne()
				runtime.Gosched()
			}
		}
	})
	c.Wait()
	close(ended)
	wg.Wait()
}
