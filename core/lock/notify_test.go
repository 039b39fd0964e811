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
	"github.com/moduvex/moduvex-go/core/internal/hosttest"
	"github.com/moduvex/moduvex-go/core/internal/racetest"
	"github.com/moduvex/moduvex-go/core/lock"
	"github.com/moduvex/moduvex-go/core/task"
)

func notified(t testing.TB, n *lock.Notify) *waiter[struct{}] {
	f := n.NotifiedFuture()
	return newWaiter[struct{}](t, &f)
}

func TestNotifyOneWakesWhoHasWaitedLongest(t *testing.T) {
	var n lock.Notify
	a, b := notified(t, &n), notified(t, &n)
	a.pends(t)
	b.pends(t)
	n.NotifyOne()
	b.pends(t)
	a.answers(t, 1)
	a.pends(t) // again, behind b
	n.NotifyOne()
	a.pends(t)
	b.answers(t, 1)
	n.NotifyOne()
	a.answers(t, 2)
}

func TestANotificationThatNobodyWaitsForIsKeptAndOnlyOne(t *testing.T) {
	var n lock.Notify
	n.NotifyOne()
	n.NotifyOne()
	a, b := notified(t, &n), notified(t, &n)
	a.answers(t, 0)
	b.pends(t)
	a.pends(t)
}

func TestNotifyAllWakesThoseWhoWaitAndIsNotKept(t *testing.T) {
	var n lock.Notify
	var ws []*waiter[struct{}]
	for range 40 {
		w := notified(t, &n)
		w.pends(t)
		ws = append(ws, w)
	}
	n.NotifyAll()
	late := notified(t, &n)
	late.pends(t)
	for _, w := range ws {
		w.answers(t, 1)
		w.pends(t)
	}
	if late.wakes != 0 {
		t.Error("a NotifyAll was kept")
	}
}

// Between a look at the condition and the first poll there may be a NotifyAll.
func TestAFutureHearsNotifyAllFromItsMakingOn(t *testing.T) {
	var n lock.Notify
	w := notified(t, &n)
	n.NotifyAll()
	w.answers(t, 0)
	n.NotifyAll() // since the last answer
	w.answers(t, 0)
	w.pends(t)
	n.NotifyOne()
	n.NotifyAll()
	w.answers(t, 1)
	w.pends(t)
	n.NotifyOne()
	w.answers(t, 2)
	n.NotifyOne() // kept: a NotifyAll does not use it up
	n.NotifyAll()
	w.answers(t, 2)
	w.answers(t, 2)
	w.pends(t)
}

// Regression: the wake of a waiter that was given up after it was lost.
func TestAWaiterThatIsGivenUpForwardsItsNotification(t *testing.T) {
	var n lock.Notify
	a, b, c := notified(t, &n), notified(t, &n), notified(t, &n)
	a.pends(t)
	b.pends(t)
	n.NotifyOne()
	a.drop()
	b.answers(t, 1)
	b.pends(t)
	n.NotifyOne()
	b.drop() // nobody is left: it is kept
	c.answers(t, 0)
	a.pends(t)
	a.drop() // before its turn
	b.pends(t)
	n.NotifyAll()
	b.drop() // of a NotifyAll there is nothing to forward
	c = notified(t, &n)
	c.pends(t)
	if a.wakes != 1 {
		t.Error("woken after it had gone")
	}
}

func TestMisuseOfANotifiedFuturePanics(t *testing.T) {
	mustPanic(t, "lock: Poll of a NotifiedFuture that no Notify has made", func() {
		newWaiter[struct{}](t, new(lock.NotifiedFuture)).poll()
	})
	new(lock.NotifiedFuture).Drop()
}

func TestNotifyWakesThroughTheWorkerAndOutsideOfItsLocks(t *testing.T) {
	var n lock.Notify
	h, cx := newSpy(t)
	a := notified(t, &n)
	a.pends(t)
	n.NotifyOneOn(cx)
	a.answers(t, 1)
	a.pends(t)
	n.NotifyAllOn(cx)
	a.answers(t, 2)
	if h.woken != 2 {
		t.Errorf("%d wakes through the host, want 2", h.woken)
	}
	f := n.NotifiedFuture()
	mine := newHost(t).Context()
	mine.ForHost().Begin(core.WakerFunc(func() { n.NotifyOne() }))
	f.Poll(mine)
	n.NotifyAll()
	a.answers(t, 2) // heard the NotifyAll
	a.answers(t, 2) // and has the one that the waker sent
}

func TestBodiesAndGoroutinesAreNotified(t *testing.T) {
	var n lock.Notify
	h := newHost(t)
	a, b := body(h, n.Notified), body(h, n.Notified)
	h.Run()
	n.NotifyOne()
	a.Abort() // the notification is there: it beats the abort, or goes to b
	h.Run()
	errA := ended(t, a)
	if errA == nil {
		n.NotifyOne()
		h.Run()
	} else if !errors.Is(errA, core.ErrCancelled) {
		t.Errorf("have %v", errA)
	}
	if err := ended(t, b); err != nil {
		t.Error(err)
	}
	if err := n.NotifiedWait(cancelled()); err != context.Canceled {
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
	allocates(t, "poll style", 0, func() {
		a.poll()
		n.NotifyOne()
		a.poll()
		a.poll()
		n.NotifyAll()
		a.poll()
	})
	h := hosttest.NewSolo()
	defer h.Close()
	s := body(h, func(co *coro.Co) error {
		for {
			if err := n.Notified(co); err != nil {
				return err
			}
		}
	})
	allocates(t, "direct style", 0, func() {
		h.Run()
		n.NotifyOneOn(h.Context())
		h.Run()
	})
	s.Abort()
	h.Run()
	n.NotifyOne()
	allocates(t, "goroutine", 0, func() {
		n.NotifiedWait(t.Context())
		n.NotifyOne()
	})
}

// TestStressOfANotify: each piece of work is announced once, and taken by somebody although waiters
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
		return body(c, func(co *coro.Co) error {
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
	// A body that has looked at over may be about to wait, and one that is aborted may take what was left
	// for it. So it goes on until all have ended.
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
