package oneshot_test

import (
	"context"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/oneshot"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
	"github.com/moduvex/moduvex-go/core/task"
)

func TestASecondTaskThatWaitsPanics(t *testing.T) {
	h, first, second := waittest.Host(t), &waittest.Waker{}, &waittest.Waker{}
	tx, rx := oneshot.New[int]()
	waittest.Poll(h, first, rx)
	waittest.Poll(h, first, rx)
	waittest.MustPanic(t, "oneshot: two tasks or goroutines receive from one Receiver at once", func() { waittest.Poll(h, second, rx) })
	rx.Drop() // that of the second
	rx.Drop() // that of the first
	waittest.Poll(h, second, rx)
	if tx.Send(7); first.Wakes != 0 || second.Wakes != 1 {
		t.Errorf("woken %d and %d times, want 0 and 1", first.Wakes, second.Wakes)
	}
	if r, ok := waittest.Poll(h, first, rx); r.Value != 7 || !ok {
		t.Errorf("have %v, %t", r, ok)
	}

	tx, _ = oneshot.New[int]()
	closed := tx.UntilClosedFuture()
	waittest.Poll(h, first, closed)
	waittest.MustPanic(t, "oneshot: two tasks or goroutines wait in UntilClosed of one Sender at once", func() { waittest.Poll(h, second, closed) })
	closed.Drop() // that of the second
	closed.Drop() // that of the first
	waittest.Poll(h, second, closed)
	closed.Drop()
}

// A body that is unwound by force drops nothing.
func TestTheWaiterOfATaskThatHasEndedIsReplaced(t *testing.T) {
	h, second := waittest.Host(t), &waittest.Waker{}
	tx, rx := oneshot.New[int]()
	ended := finished{&waittest.Waker{}}
	waittest.Poll(h, core.Waker(ended), rx)
	waittest.Poll(h, second, rx)
	if tx.Send(7); second.Wakes != 1 {
		t.Errorf("woken %d times", second.Wakes)
	}
}

// finished is the waker of a task that has ended.
type finished struct{ *waittest.Waker }

func (finished) Finished() bool { return true }

// Regression: wakers ran under the lock.
func TestNoWakerRunsUnderTheLock(t *testing.T) {
	h := waittest.Host(t)
	for name, act := range map[string]func(tx *oneshot.Sender[int], rx *oneshot.Receiver[int]){
		"send":       func(tx *oneshot.Sender[int], _ *oneshot.Receiver[int]) { tx.Send(1) },
		"close":      func(tx *oneshot.Sender[int], _ *oneshot.Receiver[int]) { tx.Close() },
		"close recv": func(_ *oneshot.Sender[int], rx *oneshot.Receiver[int]) { rx.Stop() },
		"drop recv":  func(_ *oneshot.Sender[int], rx *oneshot.Receiver[int]) { rx.Close() },
	} {
		tx, rx := oneshot.New[int]()
		woken := 0
		w := core.WakerFunc(func() { woken++; tx.Closed(); rx.TryRecv() })
		waittest.Poll(h, w, rx)
		waittest.Poll(h, w, tx.UntilClosedFuture())
		if act(tx, rx); woken == 0 {
			t.Errorf("%s: no waiter was woken", name)
		}
	}
}

func TestWakesInAPollGoThroughItsContext(t *testing.T) {
	h := waittest.Host(t)
	s, cx := waittest.NewSpy(t)
	tx, rx := oneshot.New[int]()
	waittest.Poll(h, &waittest.Waker{}, rx)
	if tx.SendOn(cx, 7); s.Woken != 1 {
		t.Errorf("send: %d woken through the context", s.Woken)
	}
	waittest.Poll(h, &waittest.Waker{}, tx.UntilClosedFuture())
	if rx.Poll(cx); s.Woken != 2 {
		t.Errorf("receive: %d woken through the context", s.Woken)
	}
}

func TestACancelledReceiveLeavesTheReceiverOpen(t *testing.T) {
	h := waittest.Host(t)
	tx, rx := oneshot.New[int]()
	s := waittest.Spawn(h, func(co *coro.Co) (int, error) {
		err := coro.WithTimeout(co, time.Second, func(co *coro.Co) error { _, err := rx.Recv(co); return err })
		if err != core.ErrDeadlineExceeded {
			t.Errorf("have %v", err)
		}
		if _, err := rx.RecvWait(waittest.Cancelled()); err != context.Canceled {
			t.Errorf("have %v", err)
		}
		return rx.Recv(co)
	})
	waittest.Spawn(h, func(co *coro.Co) (int, error) {
		coro.Sleep(co, 2*time.Second)
		return 0, tx.SendOn(co.Context(), 7)
	})
	h.Run()
	if v, err := waittest.Output(t, s); v != 7 || err != nil {
		t.Errorf("have %d, %v", v, err)
	}
}

// A value that is sent together with the cancellation is not lost.
func TestAValueIsNotLostWithTheWaitForIt(t *testing.T) {
	h := waittest.Host(t)
	tx, rx := oneshot.New[int]()
	s := waittest.Spawn(h, rx.Recv)
	waittest.Settle(h)
	tx.Send(7)
	s.Abort()
	h.Run()
	if v, err := waittest.Output(t, s); err != nil {
		try(t, "after the abort", rx, 7, nil)
	} else if v != 7 {
		t.Errorf("have %d", v)
	}
}

// A combinator that drops the receiver ends the wait, and no more.
func TestAReceiverThatIsDroppedByACombinatorStaysOpen(t *testing.T) {
	h := waittest.Host(t)
	tx, rx := oneshot.New[int]()
	s := task.New(future.Race[core.Result[int]](rx, future.Ready(core.Result[int]{Value: 1})))
	h.Spawn(&s.Task)
	h.Run()
	if _, err := waittest.Output(t, s); err != nil || tx.Closed() {
		t.Errorf("have %v, closed %t", err, tx.Closed())
	}
	if err := tx.Send(7); err != nil {
		t.Error(err)
	}
	try(t, "after the race", rx, 7, nil)
}

func TestACancelledReceiveIsNotWoken(t *testing.T) {
	h := waittest.Host(t)
	tx, rx := oneshot.New[int]()
	polls := 0
	s := waittest.Spawn(h, func(co *coro.Co) (int, error) {
		coro.WithTimeout(co, time.Second, func(co *coro.Co) error { _, err := rx.Recv(co); return err })
		return coro.Await(co, future.Func(func(*core.Context) (int, bool) { polls++; return polls, polls == 2 }))
	})
	h.Run()
	if tx.Send(7); s.Finished() || polls != 1 || h.Queued() != 0 {
		t.Errorf("%d polls, %d queued", polls, h.Queued())
	}
	s.Abort()
	h.Run()
}

func TestOperationsTakeFromTheBudgetAndWaitingCostsNothing(t *testing.T) {
	h := waittest.Host(t)
	cx := h.Context()
	cx.ForHost().Begin(&waittest.Waker{})
	tx, rx := oneshot.New[int]()
	rx.Poll(cx)
	tx.UntilClosedFuture().Poll(cx)
	if cx.Budget() != core.DefaultBudget {
		t.Errorf("waiting has cost %d", core.DefaultBudget-cx.Budget())
	}
	tx.Send(7)
	for cx.Budget() > 0 {
		rx.Poll(cx)
	}
	if _, ok := rx.Poll(cx); ok || !cx.ForHost().Yielded() {
		t.Error("ready without a budget")
	}
	if _, ok := tx.UntilClosedFuture().Poll(cx); ok {
		t.Error("ready without a budget")
	}
}
