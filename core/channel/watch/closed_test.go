package watch_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/watch"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
	"github.com/moduvex/moduvex-go/core/task"
)

// Any number of tasks wait until no receiver is left; each wait has its own future.
func TestAClosedFutureThatMovesWakesItsLastWaker(t *testing.T) {
	h, first, second := waittest.Host(t), &waittest.Waker{}, &waittest.Waker{}
	tx, rx := watch.New(0)
	closed := tx.UntilClosedFuture()
	waittest.Poll(h, first, &closed)
	waittest.Poll(h, second, &closed)
	if rx.Close(); first.Wakes != 0 || second.Wakes != 1 {
		t.Errorf("woken %d and %d times, want 0 and 1", first.Wakes, second.Wakes)
	}
}

func TestUntilClosedIsReadyWhenNoReceiverIsLeft(t *testing.T) {
	h := waittest.Host(t)
	tx := sender(watch.New(0))
	if err := tx.UntilClosedWait(t.Context()); err != nil {
		t.Errorf("before there was one: have %v", err)
	}
	a := tx.Subscribe()
	b := a.Clone()
	direct := waittest.Spawn(h, func(co *coro.Co) (int, error) { return 0, tx.UntilClosed(co) })
	f := tx.UntilClosedFuture()
	polled := task.New[struct{}](&f)
	h.Spawn(&polled.Task)
	var goroutine sync.WaitGroup
	goroutine.Go(func() {
		if err := tx.UntilClosedWait(context.Background()); err != nil {
			t.Error(err)
		}
	})
	waittest.Settle(h)
	a.Close()
	a.Close()
	waittest.Settle(h)
	if direct.Finished() || polled.Finished() || tx.Receivers() != 1 {
		t.Error("one is left, and they say that none is")
	}
	b.Close()
	h.Run()
	goroutine.Wait()
	if _, err := waittest.Output(t, direct); err != nil || !polled.Finished() {
		t.Errorf("have %v, %v", err, polled.State())
	}

	a = tx.Subscribe()
	if err := tx.UntilClosedWait(waittest.Cancelled()); err != context.Canceled {
		t.Errorf("have %v", err)
	}
	s := waittest.Spawn(h, func(co *coro.Co) (int, error) {
		for range 3 { // so that a future is used again
			err := coro.WithTimeout(co, time.Second, func(co *coro.Co) error { return tx.UntilClosed(co) })
			if err != core.ErrDeadlineExceeded {
				t.Errorf("have %v", err)
			}
		}
		return 0, nil
	})
	h.Run()
	waittest.Output(t, s)
	w := &waittest.Waker{}
	waittest.Poll(h, w, &f)
	f.Drop()
	if a.Close(); w.Wakes != 0 {
		t.Error("woken after its drop")
	}
}

func TestAClosedReceiverDoesNotCount(t *testing.T) {
	tx, rx := watch.New(1)
	rx.Close()
	rx.Close()
	check(t, "closed", rx, 0, watch.ErrClosed)
	check(t, "its clone", rx.Clone(), 0, watch.ErrClosed)
	if tx.Send(2); tx.Receivers() != 0 || rx.Get() != 2 || rx.Changed() {
		t.Errorf("%d receivers, %d, changed %t", tx.Receivers(), rx.Get(), rx.Changed())
	}
}

// Regression: the close of a receiver woke all other receivers that waited.
func TestTheCloseOfAReceiverWakesOnlyItsOwnWaiter(t *testing.T) {
	h := waittest.Host(t)
	tx := sender(watch.New(1))
	own, others, sender := &waittest.Waker{}, &waittest.Waker{}, &waittest.Waker{}
	wait := func(w *waittest.Waker) *watch.Receiver[int] {
		rx := tx.Subscribe()
		rx.TryNext()
		waittest.Poll(h, w, rx.NextFuture())
		return rx
	}
	rx := wait(own)
	rest := []*watch.Receiver[int]{wait(others), wait(others)}
	gone := tx.UntilClosedFuture()
	waittest.Poll(h, sender, &gone)
	tx.Subscribe().Close() // which no task waits with
	rx.Close()
	if own.Wakes != 1 || others.Wakes != 0 || sender.Wakes != 0 {
		t.Errorf("its own waiter was woken %d times, others %d times, a sender %d times", own.Wakes, others.Wakes, sender.Wakes)
	}
	if r, ok := waittest.Poll(h, own, rx.NextFuture()); !ok || r.Err != watch.ErrClosed {
		t.Errorf("its own waiter has %v, %t", r, ok)
	}
	if tx.Send(2); others.Wakes != 2 {
		t.Errorf("others were woken %d times by a value", others.Wakes)
	}
	for _, rx := range rest {
		rx.Close()
	}
	if _, ok := waittest.Poll(h, sender, &gone); sender.Wakes != 1 || !ok {
		t.Errorf("the sender was woken %d times when the last was closed", sender.Wakes)
	}
}

// A sender that waits for the receivers to close is woken, in whatever order they close.
func TestUntilClosedUnderRaces(t *testing.T) {
	c := coretest.NewWorkers(4)
	defer c.Close()
	for range 200 {
		tx := sender(watch.New(0))
		rxs := []*watch.Receiver[int]{tx.Subscribe(), tx.Subscribe()}
		for range 2 {
			waittest.Spawn(c, func(co *coro.Co) (int, error) { return 0, tx.UntilClosed(co) })
		}
		for _, rx := range rxs {
			waittest.Spawn(c, func(co *coro.Co) (int, error) { rx.Close(); return 0, nil })
		}
	}
	c.Wait()
}
