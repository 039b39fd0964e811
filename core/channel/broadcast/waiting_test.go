package broadcast_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/broadcast"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
	"github.com/moduvex/moduvex-go/core/task"
)

// wait has a way to wait for a value in each form.
var wait = map[string]func(h core.Spawner, rx *broadcast.Receiver[int]) func(t *testing.T) (int, error){
	"direct": func(h core.Spawner, rx *broadcast.Receiver[int]) func(t *testing.T) (int, error) {
		s := waittest.Spawn(h, rx.Recv)
		return func(t *testing.T) (int, error) { return waittest.Output(t, s) }
	},
	"poll": func(h core.Spawner, rx *broadcast.Receiver[int]) func(t *testing.T) (int, error) {
		s := task.New[core.Result[int]](rx.RecvFuture())
		h.Spawn(&s.Task)
		return func(t *testing.T) (int, error) { r, _ := waittest.Output(t, s); return r.Value, r.Err }
	},
	"goroutine": func(h core.Spawner, rx *broadcast.Receiver[int]) func(t *testing.T) (int, error) {
		var v int
		var err error
		done := make(chan struct{})
		go func() {
			defer close(done)
			v, err = rx.RecvWait(context.Background())
		}()
		return func(*testing.T) (int, error) { <-done; return v, err }
	},
}

func TestAReceiverWaitsInEachForm(t *testing.T) {
	ends := map[string]struct {
		act  func(tx *broadcast.Sender[int], rx *broadcast.Receiver[int])
		want int
		err  error
	}{
		"a value":                {func(tx *broadcast.Sender[int], _ *broadcast.Receiver[int]) { tx.Send(7) }, 7, nil},
		"the sender is closed":   {func(tx *broadcast.Sender[int], _ *broadcast.Receiver[int]) { tx.Close() }, 0, broadcast.ErrClosed},
		"the receiver is closed": {func(_ *broadcast.Sender[int], rx *broadcast.Receiver[int]) { rx.Close() }, 0, broadcast.ErrClosed},
	}
	for form, begin := range wait {
		for name, end := range ends {
			for _, early := range []bool{true, false} {
				h := waittest.Host(t)
				tx, rx := broadcast.New[int](4)
				if early {
					end.act(tx, rx)
				}
				result := begin(h, rx)
				waittest.Settle(h)
				if !early {
					end.act(tx, rx)
				}
				h.Run()
				if v, err := result(t); v != end.want || err != end.err {
					t.Errorf("%s, %s, early %t: have %d, %v", form, name, early, v, err)
				}
			}
		}
	}
}

func TestAllWaitersAreWokenOnce(t *testing.T) {
	h := waittest.Host(t)
	tx := sender(broadcast.New[int](4))
	const n = 100 // more than are woken at a time
	ws := make([]*waittest.Waker, n)
	rxs := make([]*broadcast.Receiver[int], n)
	for i := range n {
		ws[i], rxs[i] = &waittest.Waker{}, tx.Subscribe()
		waittest.Poll(h, ws[i], rxs[i].RecvFuture())
	}
	tx.Send(7)
	tx.Send(8)
	for i, w := range ws {
		if r, ok := waittest.Poll(h, w, rxs[i].RecvFuture()); w.Wakes != 1 || r.Value != 7 || !ok {
			t.Fatalf("receiver %d: woken %d times, has %v, %t", i, w.Wakes, r, ok)
		}
	}
}

func TestASecondTaskThatWaitsPanics(t *testing.T) {
	h, first, second := waittest.Host(t), &waittest.Waker{}, &waittest.Waker{}
	tx, rx := broadcast.New[int](4)
	waittest.Poll(h, first, rx.RecvFuture())
	waittest.Poll(h, first, rx.RecvFuture())
	waittest.MustPanic(t, "broadcast: two tasks or goroutines receive from one Receiver at once",
		func() { waittest.Poll(h, second, rx.RecvFuture()) })
	rx.RecvFuture().Drop() // that of the second
	waittest.MustPanic(t, "broadcast: two tasks or goroutines receive from one Receiver at once",
		func() { waittest.Poll(h, second, rx.RecvFuture()) })
	rx.RecvFuture().Drop()
	rx.RecvFuture().Drop() // that of the first
	waittest.Poll(h, second, rx.RecvFuture())
	if tx.Send(7); first.Wakes != 0 || second.Wakes != 1 {
		t.Errorf("woken %d and %d times, want 0 and 1", first.Wakes, second.Wakes)
	}
}

func TestADroppedReceiveLosesNothingAndIsNotWoken(t *testing.T) {
	h, w := waittest.Host(t), &waittest.Waker{}
	tx, rx := broadcast.New[int](4)
	f := rx.RecvFuture()
	waittest.Poll(h, w, f)
	f.Drop()
	tx.Send(1)
	if w.Wakes != 0 {
		t.Error("woken after Drop")
	}
	check(t, "dropped", rx, 1)

	waittest.Poll(h, w, f)
	tx.Send(2)
	f.Drop() // woken, but dropped before its next poll
	check(t, "woken and dropped", rx, 2)

	s := waittest.Spawn(h, func(co *coro.Co) (int, error) {
		coro.WithTimeout(co, time.Second, func(co *coro.Co) error { _, err := rx.Recv(co); return err })
		return rx.Recv(co)
	})
	h.RunFor(2 * time.Second)
	tx.Send(3)
	h.Run()
	if v, err := waittest.Output(t, s); v != 3 || err != nil {
		t.Errorf("after a timeout: have %d, %v", v, err)
	}
	if _, err := rx.RecvWait(waittest.Cancelled()); err != context.Canceled {
		t.Errorf("have %v", err)
	}
}

// A receiver in a loop around a race stays a receiver in every round.
func TestAReceiveInARace(t *testing.T) {
	h := waittest.Host(t)
	tx, rx := broadcast.New[int](4)
	s := waittest.Spawn(h, func(co *coro.Co) (sum int, err error) {
		for range 10 {
			e, err := coro.Await(co, future.Select2[core.Result[int], struct{}](rx.RecvFuture(), future.Yield()))
			if err != nil {
				return sum, err
			}
			sum += e.First.Value
		}
		return sum, nil
	})
	for i := range 4 {
		tx.Send(1 << i)
	}
	h.Run()
	sum, err := waittest.Output(t, s)
	for _, rest := range drain(t, rx) {
		sum += rest
	}
	if sum != 15 || tx.Receivers() != 1 || err != nil {
		t.Errorf("have %d in all, %d receivers, %v", sum, tx.Receivers(), err)
	}
}

func TestNoWakerRunsUnderTheLock(t *testing.T) {
	h := waittest.Host(t)
	for name, act := range map[string]func(tx *broadcast.Sender[int], rx *broadcast.Receiver[int]){
		"send":       func(tx *broadcast.Sender[int], _ *broadcast.Receiver[int]) { tx.Send(1) },
		"close":      func(tx *broadcast.Sender[int], _ *broadcast.Receiver[int]) { tx.Close() },
		"close recv": func(_ *broadcast.Sender[int], rx *broadcast.Receiver[int]) { rx.Close() },
	} {
		tx, rx := broadcast.New[int](4)
		woken := 0
		waittest.Poll(h, core.WakerFunc(func() { woken++; tx.Receivers(); rx.Len() }), rx.RecvFuture())
		if act(tx, rx); woken != 1 {
			t.Errorf("%s: %d wakes", name, woken)
		}
	}
}

func TestWakesInAPollGoThroughItsContext(t *testing.T) {
	h := waittest.Host(t)
	s, cx := waittest.NewSpy(t)
	tx, rx := broadcast.New[int](4)
	waittest.Poll(h, &waittest.Waker{}, rx.RecvFuture())
	if tx.SendOn(cx, 7); s.Woken != 1 {
		t.Errorf("send: %d woken through the context", s.Woken)
	}
	drain(t, rx)
	waittest.Poll(h, &waittest.Waker{}, rx.RecvFuture())
	if tx.CloseOn(cx); s.Woken != 2 {
		t.Errorf("close: %d woken through the context", s.Woken)
	}
}

func TestReceivesTakeFromTheBudgetAndWaitingCostsNothing(t *testing.T) {
	h := waittest.Host(t)
	cx := h.Context()
	cx.ForHost().Begin(&waittest.Waker{})
	tx, rx := broadcast.New[int](1000)
	rx.RecvFuture().Poll(cx)
	if cx.Budget() != core.DefaultBudget {
		t.Errorf("waiting has cost %d", core.DefaultBudget-cx.Budget())
	}
	for i := range 1000 {
		tx.Send(i)
	}
	n := 0
	for ; n < 1000; n++ {
		if _, ok := rx.RecvFuture().Poll(cx); !ok {
			break
		}
	}
	if n != core.DefaultBudget || !cx.ForHost().Yielded() {
		t.Errorf("%d in one poll, yielded %t", n, cx.ForHost().Yielded())
	}
}

func TestAllWaitIsForGoroutines(t *testing.T) {
	tx, rx := broadcast.New[int](2)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	defer cancel(nil)
	for v := range 3 {
		tx.Send(v)
	}
	var seen []string
	for v, err := range rx.AllWait(ctx) {
		seen = append(seen, fmt.Sprint(v, " ", err))
		switch v {
		case 2:
			go tx.Send(3)
		case 3:
			cancel(cause)
		}
	}
	want := []string{"0 broadcast: values missed: 1", "1 <nil>", "2 <nil>", "3 <nil>", "0 enough"}
	if !slices.Equal(seen, want) {
		t.Errorf("have %q", seen)
	}
	tx.Close()
	for v, err := range rx.AllWait(t.Context()) {
		t.Errorf("after the end: %v, %v", v, err)
	}
}

func TestAllEndsWithItsBody(t *testing.T) {
	h := waittest.Host(t)
	tx, rx := broadcast.New[int](2)
	var seen []int
	var last error
	s := waittest.Spawn(h, func(co *coro.Co) (int, error) {
		for v, err := range rx.All(co) {
			seen, last = append(seen, v), err
		}
		return 0, last
	})
	waittest.Settle(h)
	tx.Send(1)
	waittest.Settle(h)
	s.Abort()
	h.Run()
	if !slices.Equal(seen, []int{1, 0}) || last != core.ErrCancelled {
		t.Errorf("have %v, %v", seen, last)
	}
}
