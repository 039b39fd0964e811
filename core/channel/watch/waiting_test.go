package watch_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/watch"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
	"github.com/moduvex/moduvex-go/core/task"
)

var wait = map[string]func(h core.Spawner, rx *watch.Receiver[int]) func(t *testing.T) (int, error){
	"direct": func(h core.Spawner, rx *watch.Receiver[int]) func(t *testing.T) (int, error) {
		s := waittest.Spawn(h, rx.Next)
		return func(t *testing.T) (int, error) { return waittest.Output(t, s) }
	},
	"poll": func(h core.Spawner, rx *watch.Receiver[int]) func(t *testing.T) (int, error) {
		s := task.New[core.Result[int]](rx.NextFuture())
		h.Spawn(&s.Task)
		return func(t *testing.T) (int, error) { r, _ := waittest.Output(t, s); return r.Value, r.Err }
	},
	"goroutine": func(h core.Spawner, rx *watch.Receiver[int]) func(t *testing.T) (int, error) {
		var v int
		var err error
		done := make(chan struct{})
		go func() {
			defer close(done)
			v, err = rx.NextWait(context.Background())
		}()
		return func(*testing.T) (int, error) { <-done; return v, err }
	},
}

func TestAReceiverWaitsInEachForm(t *testing.T) {
	ends := map[string]struct {
		act  func(tx *watch.Sender[int], rx *watch.Receiver[int])
		want int
		err  error
	}{
		"a value":      {func(tx *watch.Sender[int], _ *watch.Receiver[int]) { tx.Send(7) }, 7, nil},
		"a last value": {func(tx *watch.Sender[int], _ *watch.Receiver[int]) { tx.Send(7); tx.Close() }, 7, nil},
		"an update": {func(tx *watch.Sender[int], _ *watch.Receiver[int]) {
			tx.Update(func(v int) (int, bool) { return v + 6, true })
		}, 7, nil},
		"the sender is closed":   {func(tx *watch.Sender[int], _ *watch.Receiver[int]) { tx.Close() }, 0, watch.ErrClosed},
		"the receiver is closed": {func(_ *watch.Sender[int], rx *watch.Receiver[int]) { rx.Close() }, 0, watch.ErrClosed},
	}
	for form, begin := range wait {
		for name, end := range ends {
			for _, early := range []bool{true, false} {
				h := waittest.Host(t)
				tx, rx := watch.New(1)
				rx.TryNext()
				if early {
					end.act(tx, rx)
				}
				result := begin(h, rx)
				waittest.Settle(h)
				if !early {
					end.act(tx, rx)
				}
				h.Run()
				v, err := result(t)
				if name == "a last value" && form == "goroutine" && !early && err == nil {
					end.want = v // it may come before the close
				}
				if v != end.want || err != end.err {
					t.Errorf("%s, %s, early %t: have %d, %v", name, form, early, v, err)
				}
			}
		}
	}
}

func TestAllWaitersAreWokenOnce(t *testing.T) {
	h := waittest.Host(t)
	tx := sender(watch.New(0))
	const n = 100 // more than are woken at a time
	ws := make([]*waittest.Waker, n)
	rxs := make([]*watch.Receiver[int], n)
	for i := range n {
		ws[i], rxs[i] = &waittest.Waker{}, tx.Subscribe()
		rxs[i].TryNext()
		waittest.Poll(h, ws[i], rxs[i].NextFuture())
	}
	tx.Send(7)
	tx.Send(8)
	for i, w := range ws {
		if r, ok := waittest.Poll(h, w, rxs[i].NextFuture()); w.Wakes != 1 || r.Value != 8 || !ok {
			t.Fatalf("receiver %d: woken %d times, has %v, %t", i, w.Wakes, r, ok)
		}
	}
}

func TestASecondTaskThatWaitsPanics(t *testing.T) {
	h, first, second := waittest.Host(t), &waittest.Waker{}, &waittest.Waker{}
	tx, rx := watch.New(0)
	rx.TryNext()
	waittest.Poll(h, first, rx.NextFuture())
	waittest.Poll(h, first, rx.NextFuture())
	waittest.MustPanic(t, "watch: two tasks or goroutines wait with one Receiver at once",
		func() { waittest.Poll(h, second, rx.NextFuture()) })
	rx.NextFuture().Drop() // that of the second
	waittest.MustPanic(t, "watch: two tasks or goroutines wait with one Receiver at once",
		func() { waittest.Poll(h, second, rx.NextFuture()) })
	rx.NextFuture().Drop()
	rx.NextFuture().Drop() // that of the first
	waittest.Poll(h, second, rx.NextFuture())
	if tx.Send(7); first.Wakes != 0 || second.Wakes != 1 {
		t.Errorf("woken %d and %d times, want 0 and 1", first.Wakes, second.Wakes)
	}
}

func TestADroppedWaitLosesNothingAndIsNotWoken(t *testing.T) {
	h, w := waittest.Host(t), &waittest.Waker{}
	tx, rx := watch.New(0)
	rx.TryNext()
	f := rx.NextFuture()
	waittest.Poll(h, w, f)
	f.Drop()
	tx.Send(1)
	if w.Wakes != 0 {
		t.Error("woken after Drop")
	}
	check(t, "dropped", rx, 1, nil)

	waittest.Poll(h, w, f)
	tx.Send(2)
	f.Drop() // woken, but dropped before its next poll
	check(t, "woken and dropped", rx, 2, nil)

	s := waittest.Spawn(h, func(co *coro.Co) (int, error) {
		coro.WithTimeout(co, time.Second, func(co *coro.Co) error { _, err := rx.Next(co); return err })
		return rx.Next(co)
	})
	h.RunFor(2 * time.Second)
	tx.Send(3)
	h.Run()
	if v, err := waittest.Output(t, s); v != 3 || err != nil {
		t.Errorf("after a timeout: have %d, %v", v, err)
	}
	if _, err := rx.NextWait(waittest.Cancelled()); err != context.Canceled {
		t.Errorf("have %v", err)
	}
}

func TestAWaitInARaceLeavesTheReceiver(t *testing.T) {
	h := waittest.Host(t)
	tx, rx := watch.New(0)
	rx.TryNext()
	s := task.New(future.Select2[core.Result[int], struct{}](rx.NextFuture(), future.Yield()))
	h.Spawn(&s.Task)
	h.Run()
	if e, err := waittest.Output(t, s); e.Index != 1 || err != nil || tx.Receivers() != 1 {
		t.Errorf("have %v, %v, %d receivers", e, err, tx.Receivers())
	}
}

func TestNoWakerRunsUnderTheLock(t *testing.T) {
	h := waittest.Host(t)
	for name, act := range map[string]func(tx *watch.Sender[int], rx *watch.Receiver[int]){
		"send":       func(tx *watch.Sender[int], _ *watch.Receiver[int]) { tx.Send(1) },
		"close":      func(tx *watch.Sender[int], _ *watch.Receiver[int]) { tx.Close() },
		"close recv": func(_ *watch.Sender[int], rx *watch.Receiver[int]) { rx.Close() },
	} {
		tx, rx := watch.New(0)
		woken := 0
		rx.TryNext()
		w := core.WakerFunc(func() { woken++; tx.Receivers(); rx.Get() })
		waittest.Poll(h, w, rx.NextFuture())
		gone := tx.UntilClosedFuture()
		waittest.Poll(h, w, &gone)
		if act(tx, rx); woken == 0 {
			t.Errorf("%s: no waiter was woken", name)
		}
	}
}

func TestWakesInAPollGoThroughItsContext(t *testing.T) {
	h := waittest.Host(t)
	s, cx := waittest.NewSpy(t)
	tx, rx := watch.New(0)
	rx.TryNext()
	waittest.Poll(h, &waittest.Waker{}, rx.NextFuture())
	if tx.SendOn(cx, 7); s.Woken != 1 {
		t.Errorf("send: %d woken through the context", s.Woken)
	}
	rx.TryNext()
	waittest.Poll(h, &waittest.Waker{}, rx.NextFuture())
	if tx.CloseOn(cx); s.Woken != 2 {
		t.Errorf("close: %d woken through the context", s.Woken)
	}
}

func TestOperationsTakeFromTheBudgetAndWaitingCostsNothing(t *testing.T) {
	h := waittest.Host(t)
	cx := h.Context()
	cx.ForHost().Begin(&waittest.Waker{})
	tx, rx := watch.New(0)
	rx.TryNext()
	gone := tx.UntilClosedFuture()
	rx.NextFuture().Poll(cx)
	gone.Poll(cx)
	if cx.Budget() != core.DefaultBudget {
		t.Errorf("waiting has cost %d", core.DefaultBudget-cx.Budget())
	}
	n := 0
	for ; n < 1000; n++ {
		tx.Send(n)
		if _, ok := rx.NextFuture().Poll(cx); !ok {
			break
		}
	}
	if n != core.DefaultBudget || !cx.ForHost().Yielded() {
		t.Errorf("%d in one poll, yielded %t", n, cx.ForHost().Yielded())
	}
	rx.Close()
	if _, ok := gone.Poll(cx); ok {
		t.Error("ready without a budget")
	}
}

func TestAllEndsWithItsBody(t *testing.T) {
	h := waittest.Host(t)
	tx, rx := watch.New(1)
	var seen []int
	var last error
	s := waittest.Spawn(h, func(co *coro.Co) (int, error) {
		for v, err := range rx.All(co) {
			seen, last = append(seen, v), err
		}
		return 0, last
	})
	waittest.Settle(h)
	tx.Send(2)
	waittest.Settle(h)
	s.Abort()
	h.Run()
	if !slices.Equal(seen, []int{1, 2, 0}) || last != core.ErrCancelled {
		t.Errorf("have %v, %v", seen, last)
	}
}

func TestAllWaitIsForGoroutines(t *testing.T) {
	tx, rx := watch.New(1)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	defer cancel(nil)
	var seen []int
	var last error
	for v, err := range rx.AllWait(ctx) {
		seen, last = append(seen, v), err
		switch v {
		case 1:
			go tx.Send(2)
		case 2:
			cancel(cause)
		}
	}
	if !slices.Equal(seen, []int{1, 2, 0}) || last != cause {
		t.Errorf("have %v, %v", seen, last)
	}
	tx.Close()
	for v, err := range rx.AllWait(t.Context()) {
		t.Errorf("after the end: %v, %v", v, err)
	}
}
