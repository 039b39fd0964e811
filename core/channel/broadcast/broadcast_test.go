package broadcast_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/broadcast"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
)

// drain receives what there is, and writes down errors as negative numbers: of missed values how
// many, and -1000 for the end.
func drain(t *testing.T, rx *broadcast.Receiver[int]) (vs []int) {
	t.Helper()
	for {
		v, err := rx.TryRecv()
		lag, ok := err.(*broadcast.LagError)
		switch {
		case err == nil:
			vs = append(vs, v)
		case ok:
			vs = append(vs, -int(lag.Missed))
		case err == broadcast.ErrEmpty:
			return vs
		case err == broadcast.ErrClosed:
			return append(vs, -1000)
		default:
			t.Fatal(err)
		}
	}
}

func check(t *testing.T, what string, rx *broadcast.Receiver[int], want ...int) {
	t.Helper()
	if have := drain(t, rx); !slices.Equal(have, want) {
		t.Errorf("%s: have %v, want %v", what, have, want)
	}
}

func TestEveryReceiverGetsEveryValueFromItsSubscribeOn(t *testing.T) {
	tx := sender(broadcast.New[int](8))
	if n, err := tx.Send(0); n != 0 || err != nil {
		t.Errorf("sent to %d, want nobody", n)
	}
	a := tx.Subscribe()
	tx.Send(1)
	b := tx.Subscribe()
	if n, err := tx.Send(2); n != 2 || err != nil || tx.Receivers() != 2 {
		t.Errorf("sent to %d of %d", n, tx.Receivers())
	}
	if a.Len() != 2 || b.Len() != 1 {
		t.Errorf("%d and %d wait", a.Len(), b.Len())
	}
	check(t, "first", a, 1, 2)
	check(t, "late", b, 2)
	late := tx.Subscribe()
	check(t, "latest", late)
	tx.Send(3)
	check(t, "first", a, 3)
	check(t, "late", b, 3)
	check(t, "latest", late, 3)
}

func TestAReceiverThatLagsLearnsHowManyItHasMissed(t *testing.T) {
	tx := sender(broadcast.New[int](4))
	slow, quick := tx.Subscribe(), tx.Subscribe()
	for i := range 11 {
		tx.Send(i)
		check(t, "quick", quick, i)
	}
	if slow.Len() != 4 {
		t.Errorf("%d are left", slow.Len())
	}
	check(t, "slow", slow, -7, 7, 8, 9, 10)
	for i := range 4 {
		tx.Send(i)
	}
	check(t, "filled to the brim", slow, 0, 1, 2, 3)
	for i := range 5 {
		tx.Send(i)
	}
	_, err := slow.TryRecv()
	if lag, ok := err.(*broadcast.LagError); !ok || lag.Missed != 1 ||
		err.Error() != "broadcast: values missed: 1" {
		t.Errorf("have %v", err)
	}
	tx.Send(5) // and one more is lost before it goes on
	check(t, "slow", slow, -1, 2, 3, 4, 5)
}

func TestAClosedChannelIsDrained(t *testing.T) {
	tx, rx := broadcast.New[int](2)
	slow := tx.Subscribe()
	for i := range 2 {
		tx.Send(i)
	}
	check(t, "before", rx, 0, 1)
	tx.Send(2)
	tx.Close()
	tx.Close()
	check(t, "after", rx, 2, -1000)
	check(t, "slow", slow, -1, 1, 2, -1000)
	check(t, "again", slow, -1000)
	check(t, "subscribed after the end", tx.Subscribe(), -1000)
	if rx.Len() != 0 {
		t.Errorf("%d are left", rx.Len())
	}
}

// wait has a way to wait for a value in each form.
var wait = map[string]func(h core.Spawner, rx *broadcast.Receiver[int]) func(t *testing.T) (int, error){
	"direct": func(h core.Spawner, rx *broadcast.Receiver[int]) func(t *testing.T) (int, error) {
		s := spawn(h, rx.Recv)
		return func(t *testing.T) (int, error) { return output(t, s) }
	},
	"poll": func(h core.Spawner, rx *broadcast.Receiver[int]) func(t *testing.T) (int, error) {
		s := task.New[core.Result[int]](rx.RecvFuture())
		h.Spawn(&s.Task)
		return func(t *testing.T) (int, error) { r, _ := output(t, s); return r.Value, r.Err }
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
				h := newHost(t)
				tx, rx := broadcast.New[int](4)
				if early {
					end.act(tx, rx)
				}
				result := begin(h, rx)
				settle(h)
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

func TestAllWhoWaitAreWokenOnce(t *testing.T) {
	h := newHost(t)
	tx := sender(broadcast.New[int](4))
	const n = 100 // more than are woken at a time
	ws := make([]*waker, n)
	rxs := make([]*broadcast.Receiver[int], n)
	for i := range n {
		ws[i], rxs[i] = &waker{}, tx.Subscribe()
		poll(h, ws[i], rxs[i].RecvFuture())
	}
	tx.Send(7)
	tx.Send(8)
	for i, w := range ws {
		if r, ok := poll(h, w, rxs[i].RecvFuture()); w.wakes != 1 || r.Value != 7 || !ok {
			t.Fatalf("receiver %d: woken %d times, has %v, %t", i, w.wakes, r, ok)
		}
	}
}

func TestASecondTaskThatWaitsPanics(t *testing.T) {
	h, first, second := newHost(t), &waker{}, &waker{}
	tx, rx := broadcast.New[int](4)
	poll(h, first, rx.RecvFuture())
	poll(h, first, rx.RecvFuture())
	mustPanic(t, "broadcast: two tasks or goroutines receive from one Receiver at once",
		func() { poll(h, second, rx.RecvFuture()) })
	rx.RecvFuture().Drop()
	poll(h, second, rx.RecvFuture()) // after the Drop it is the other's
	if tx.Send(7); first.wakes != 0 || second.wakes != 1 {
		t.Errorf("woken %d and %d times, want 0 and 1", first.wakes, second.wakes)
	}
}

func TestADroppedReceiveLosesNothingAndIsNotWoken(t *testing.T) {
	h, w := newHost(t), &waker{}
	tx, rx := broadcast.New[int](4)
	f := rx.RecvFuture()
	poll(h, w, f)
	f.Drop()
	tx.Send(1)
	if w.wakes != 0 {
		t.Error("woken after Drop")
	}
	check(t, "dropped", rx, 1)

	poll(h, w, f)
	tx.Send(2)
	f.Drop() // woken, but given up before it could look
	check(t, "woken and dropped", rx, 2)

	s := spawn(h, func(co *coro.Co) (int, error) {
		coro.WithTimeout(co, time.Second, func(co *coro.Co) error { _, err := rx.Recv(co); return err })
		return rx.Recv(co)
	})
	h.RunFor(2 * time.Second)
	tx.Send(3)
	h.Run()
	if v, err := output(t, s); v != 3 || err != nil {
		t.Errorf("after a timeout: have %d, %v", v, err)
	}
	if _, err := rx.RecvWait(cancelled()); err != context.Canceled {
		t.Errorf("have %v", err)
	}
}

// A receiver in a loop around a race stays a receiver in every round.
func TestAReceiveInARace(t *testing.T) {
	h := newHost(t)
	tx, rx := broadcast.New[int](4)
	s := spawn(h, func(co *coro.Co) (sum int, err error) {
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
	sum, err := output(t, s)
	for _, rest := range drain(t, rx) {
		sum += rest
	}
	if sum != 15 || tx.Receivers() != 1 || err != nil {
		t.Errorf("have %d in all, %d receivers, %v", sum, tx.Receivers(), err)
	}
}

func TestNobodyIsWokenUnderTheLock(t *testing.T) {
	h := newHost(t)
	for name, act := range map[string]func(tx *broadcast.Sender[int], rx *broadcast.Receiver[int]){
		"send":       func(tx *broadcast.Sender[int], _ *broadcast.Receiver[int]) { tx.Send(1) },
		"close":      func(tx *broadcast.Sender[int], _ *broadcast.Receiver[int]) { tx.Close() },
		"close recv": func(_ *broadcast.Sender[int], rx *broadcast.Receiver[int]) { rx.Close() },
	} {
		tx, rx := broadcast.New[int](4)
		woken := 0
		poll(h, locking(func() { woken++; tx.Receivers(); rx.Len() }), rx.RecvFuture())
		if act(tx, rx); woken != 1 {
			t.Errorf("%s: %d wakes", name, woken)
		}
	}
}

func TestWakesInAPollGoThroughItsContext(t *testing.T) {
	h := newHost(t)
	s, cx := spied(t)
	tx, rx := broadcast.New[int](4)
	poll(h, &waker{}, rx.RecvFuture())
	if tx.SendOn(cx, 7); s.woken != 1 {
		t.Errorf("send: %d woken through the context", s.woken)
	}
	drain(t, rx)
	poll(h, &waker{}, rx.RecvFuture())
	if tx.CloseOn(cx); s.woken != 2 {
		t.Errorf("close: %d woken through the context", s.woken)
	}
}

func TestACloneGoesOnFromTheSamePlace(t *testing.T) {
	tx, rx := broadcast.New[int](4)
	for i := range 6 {
		tx.Send(i)
	}
	lagging := rx.Clone()
	check(t, "original", rx, -2, 2, 3, 4, 5)
	same := lagging.Clone()
	check(t, "clone", lagging, -2, 2, 3, 4, 5)
	lagging.Close()
	check(t, "clone of the clone", same, -2, 2, 3, 4, 5)
	check(t, "clone of a closed one", lagging.Clone(), -1000)
	if tx.Receivers() != 2 {
		t.Errorf("%d receivers", tx.Receivers())
	}
}

func TestAClosedReceiverIsNone(t *testing.T) {
	tx, rx := broadcast.New[int](4)
	other := tx.Subscribe()
	tx.Send(1)
	rx.Close()
	rx.Close()
	if n, _ := tx.Send(2); n != 1 || tx.Receivers() != 1 || rx.Len() != 0 {
		t.Errorf("sent to %d of %d, %d are left", n, tx.Receivers(), rx.Len())
	}
	check(t, "closed", rx, -1000)
	check(t, "other", other, 1, 2)
}

// Regression: with each receiver that was closed, all that waited were woken for nothing.
func TestAClosedReceiverWakesWhoWaitsWithItAndNobodyElse(t *testing.T) {
	h := newHost(t)
	tx := sender(broadcast.New[int](4))
	own, others := &waker{}, &waker{}
	rx := tx.Subscribe()
	poll(h, own, rx.RecvFuture())
	for range 3 {
		poll(h, others, tx.Subscribe().RecvFuture())
	}
	tx.Subscribe().Close() // which nobody waits with
	rx.Close()
	if own.wakes != 1 || others.wakes != 0 {
		t.Errorf("its own waiter was woken %d times, others %d times", own.wakes, others.wakes)
	}
	if r, ok := poll(h, own, rx.RecvFuture()); !ok || r.Err != broadcast.ErrClosed {
		t.Errorf("its own waiter has %v, %t", r, ok)
	}
	if tx.Send(1); others.wakes != 3 {
		t.Errorf("others were woken %d times by a value", others.wakes)
	}
}

// Regression: values that nobody would get were kept.
func TestValuesAreLetGoOf(t *testing.T) {
	for name, end := range map[string]func(tx *broadcast.Sender[*big], a, b *broadcast.Receiver[*big]){
		"received by all": func(_ *broadcast.Sender[*big], a, b *broadcast.Receiver[*big]) { a.TryRecv(); b.TryRecv() },
		"closed by all":   func(_ *broadcast.Sender[*big], a, b *broadcast.Receiver[*big]) { a.Close(); b.Close() },
		"received and closed": func(_ *broadcast.Sender[*big], a, b *broadcast.Receiver[*big]) {
			a.TryRecv()
			b.Close()
		},
		"lost": func(tx *broadcast.Sender[*big], a, _ *broadcast.Receiver[*big]) {
			tx.Send(nil)
			tx.Send(nil)
		},
		"received by one and lost by one": func(tx *broadcast.Sender[*big], a, _ *broadcast.Receiver[*big]) {
			a.TryRecv()
			tx.Send(nil)
			tx.Send(nil)
		},
	} {
		tx := sender(broadcast.New[*big](2))
		a, b := tx.Subscribe(), tx.Subscribe()
		v, w := newBig()
		tx.Send(v)
		runtime.KeepAlive(v)
		v = nil
		if end(tx, a, b); !released(w) {
			t.Errorf("%s: the value is kept", name)
		}
		runtime.KeepAlive([]any{tx, a, b})
	}
	tx := sender(broadcast.New[*big](2))
	v, w := newBig()
	tx.Send(v)
	if v = nil; !released(w) {
		t.Error("sent to nobody: the value is kept")
	}
	runtime.KeepAlive(tx)
}

// The longest ring is only as long as receivers have fallen behind.
func TestAHugeCapacityCostsNothingByItself(t *testing.T) {
	tx, rx := broadcast.New[[1024]byte](math.MaxInt)
	for range 1000 {
		tx.Send([1024]byte{7})
		if v, err := rx.TryRecv(); v[0] != 7 || err != nil {
			t.Fatalf("have %d, %v", v[0], err)
		}
	}
}

func TestReceivesTakeFromTheBudgetAndWaitingCostsNothing(t *testing.T) {
	h := newHost(t)
	cx := h.Context()
	cx.ForHost().Begin(&waker{})
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

func TestMisuse(t *testing.T) {
	for _, capacity := range []int{0, -1} {
		mustPanic(t, fmt.Sprintf("broadcast: New with a capacity of %d, which is not positive", capacity),
			func() { broadcast.New[int](capacity) })
	}
	tx := sender(broadcast.New[int](1))
	tx.Close()
	if n, err := tx.Send(1); n != 0 || err != broadcast.ErrClosed || !errors.Is(err, core.ErrClosed) {
		t.Errorf("a send after Close: have %d, %v", n, err)
	}
	mustPanic(t, "broadcast: a Sender is made by New", func() { new(broadcast.Sender[int]).Subscribe() })
	mustPanic(t, "broadcast: a Receiver is made by New or Subscribe", func() { new(broadcast.Receiver[int]).TryRecv() })
	mustPanic(t, "broadcast: a Receiver is made by New or Subscribe", func() { new(broadcast.Receiver[int]).RecvFuture() })
}

func TestWaitingAllocatesNothing(t *testing.T) {
	h, w := newHost(t), &waker{}
	tx, rx := broadcast.New[int](4)
	if n := testing.AllocsPerRun(100, func() {
		poll(h, w, core.Future[core.Result[int]](rx.RecvFuture()))
		tx.Send(1)
		poll(h, w, core.Future[core.Result[int]](rx.RecvFuture()))
	}); n != 0 {
		t.Errorf("poll style: %v allocations, want 0", n)
	}
	sum := 0
	body := spawn(h, func(co *coro.Co) (int, error) {
		for v, err := range rx.All(co) {
			if err != nil {
				return 0, err
			}
			sum += v
		}
		return 0, nil
	})
	settle(h)
	if n := testing.AllocsPerRun(100, func() { tx.Send(1); settle(h) }); n != 0 || sum != 101 {
		t.Errorf("direct style: %v allocations, want 0, and the sum is %d", n, sum)
	}
	tx.Close()
	h.Run()
	if _, err := output(t, body); err != nil {
		t.Error(err)
	}
}

func BenchmarkSendAndReceive(b *testing.B) {
	for _, n := range []int{1, 10} {
		b.Run(fmt.Sprintf("receivers=%d", n), func(b *testing.B) {
			tx := sender(broadcast.New[int](64))
			rxs := make([]*broadcast.Receiver[int], n)
			for i := range rxs {
				rxs[i] = tx.Subscribe()
			}
			b.ReportAllocs()
			for b.Loop() {
				tx.Send(1)
				for _, rx := range rxs {
					rx.TryRecv()
				}
			}
		})
	}
}

func TestGoroutinesWaitWithoutAllocations(t *testing.T) {
	tx, rx := broadcast.New[int](4)
	waits(t, "RecvWait", 0, func() { tx.Send(1) }, func(ctx context.Context) error { _, err := rx.RecvWait(ctx); return err })
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
	h := newHost(t)
	tx, rx := broadcast.New[int](2)
	var seen []int
	var last error
	s := spawn(h, func(co *coro.Co) (int, error) {
		for v, err := range rx.All(co) {
			seen, last = append(seen, v), err
		}
		return 0, last
	})
	settle(h)
	tx.Send(1)
	settle(h)
	s.Abort()
	h.Run()
	if !slices.Equal(seen, []int{1, 0}) || last != core.ErrCancelled {
		t.Errorf("have %v, %v", seen, last)
	}
}
