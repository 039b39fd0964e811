package oneshot_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/oneshot"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/internal/hosttest"
	"github.com/moduvex/moduvex-go/core/task"
)

// try is what a receiver finds now.
func try(t *testing.T, what string, rx *oneshot.Receiver[int], want int, wantErr error) {
	t.Helper()
	if v, err := rx.TryRecv(); v != want || err != wantErr {
		t.Errorf("%s: have %d, %v, want %d, %v", what, v, err, want, wantErr)
	}
}

func TestAValueIsReceivedInEachForm(t *testing.T) {
	receive := map[string]func(h core.Spawner, rx *oneshot.Receiver[int]) func(t *testing.T) (int, error){
		"direct": func(h core.Spawner, rx *oneshot.Receiver[int]) func(t *testing.T) (int, error) {
			s := spawn(h, rx.Recv)
			return func(t *testing.T) (int, error) { return output(t, s) }
		},
		"poll": func(h core.Spawner, rx *oneshot.Receiver[int]) func(t *testing.T) (int, error) {
			s := task.New[core.Result[int]](rx)
			h.Spawn(&s.Task)
			return func(t *testing.T) (int, error) { r, _ := output(t, s); return r.Value, r.Err }
		},
		"goroutine": func(h core.Spawner, rx *oneshot.Receiver[int]) func(t *testing.T) (int, error) {
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
	for name, begin := range receive {
		for _, early := range []bool{true, false} {
			h := newHost(t)
			tx, rx := oneshot.New[int]()
			if early {
				tx.Send(7)
			}
			end := begin(h, rx)
			settle(h)
			if !early {
				if err := tx.Send(7); err != nil {
					t.Error(err)
				}
			}
			h.Run()
			if v, err := end(t); v != 7 || err != nil {
				t.Errorf("%s, sent early %t: have %d, %v", name, early, v, err)
			}
			try(t, name, rx, 0, oneshot.ErrReceived)
		}
	}
}

func TestASenderThatIsClosedEndsTheReceiver(t *testing.T) {
	h := newHost(t)
	tx, rx := oneshot.New[int]()
	s := spawn(h, rx.Recv)
	settle(h)
	tx.Close()
	h.Run()
	if v, err := output(t, s); v != 0 || err != oneshot.ErrClosed {
		t.Errorf("have %d, %v", v, err)
	}
	try(t, "again", rx, 0, oneshot.ErrClosed)
	tx.Close() // nothing
	if _, err := rx.RecvWait(t.Context()); err != oneshot.ErrClosed {
		t.Errorf("have %v", err)
	}
}

func TestACloseAfterASendChangesNothing(t *testing.T) {
	tx, rx := oneshot.New[int]()
	tx.Send(7)
	tx.Close()
	try(t, "sent and closed", rx, 7, nil)
	try(t, "again", rx, 0, oneshot.ErrReceived)
}

// The value is the caller's again: nothing of it is kept.
func TestASendToAReceiverThatIsGoneGivesTheValueBack(t *testing.T) {
	for name, leave := range map[string]func(rx *oneshot.Receiver[*big]){
		"dropped": (*oneshot.Receiver[*big]).Close,
		"closed":  (*oneshot.Receiver[*big]).Stop,
	} {
		tx, rx := oneshot.New[*big]()
		if tx.Closed() {
			t.Errorf("%s: closed at first", name)
		}
		leave(rx)
		v, w := newBig()
		if err := tx.Send(v); err != oneshot.ErrClosed || !tx.Closed() {
			t.Errorf("%s: have %v", name, err)
		}
		if v, err := rx.TryRecv(); v != nil || err != oneshot.ErrClosed {
			t.Errorf("%s: received %v, %v", name, v, err)
		}
		runtime.KeepAlive(v)
		if v = nil; !released(w) {
			t.Errorf("%s: the value is kept", name)
		}
		runtime.KeepAlive(rx)
	}
}

func TestAReceiverThatIsClosedStillGetsWhatWasSent(t *testing.T) {
	tx, rx := oneshot.New[int]()
	tx.Send(7)
	rx.Stop()
	rx.Stop()
	try(t, "closed", rx, 7, nil)
	try(t, "again", rx, 0, oneshot.ErrReceived)
	if !tx.Closed() {
		t.Error("the sender does not know")
	}
}

// Regression: a receiver that was dropped kept the value that was sent to it.
func TestADroppedReceiverReleasesTheValue(t *testing.T) {
	for _, received := range []bool{false, true} {
		tx, rx := oneshot.New[*big]()
		v, w := newBig()
		tx.Send(v)
		if v = nil; received {
			rx.TryRecv()
		} else {
			rx.Close()
			if _, err := rx.TryRecv(); err != oneshot.ErrClosed {
				t.Errorf("have %v", err)
			}
		}
		if !released(w) {
			t.Errorf("received %t: the value is kept", received)
		}
		runtime.KeepAlive(rx)
		runtime.KeepAlive(tx)
	}
}

// Regression: polling a receiver that had finished panicked.
func TestAPollAfterTheAnswerIsAnswered(t *testing.T) {
	h, w := newHost(t), &waker{}
	tx, rx := oneshot.New[int]()
	tx.Send(7)
	for i, want := range []core.Result[int]{{Value: 7}, {Err: oneshot.ErrReceived}, {Err: oneshot.ErrReceived}} {
		if r, ok := poll(h, w, rx); r != want || !ok {
			t.Errorf("poll %d: have %v, %t", i, r, ok)
		}
	}
	tx, rx = oneshot.New[int]()
	tx.Close()
	for range 2 {
		if r, ok := poll(h, w, rx); r.Err != oneshot.ErrClosed || !ok {
			t.Errorf("closed: have %v, %t", r, ok)
		}
	}
}

func TestASecondTaskThatWaitsPanics(t *testing.T) {
	h, first, second := newHost(t), &waker{}, &waker{}
	tx, rx := oneshot.New[int]()
	poll(h, first, rx)
	poll(h, first, rx)
	mustPanic(t, "oneshot: two tasks or goroutines receive from one Receiver at once", func() { poll(h, second, rx) })
	rx.Drop()
	poll(h, second, rx) // after the Drop it is the other's
	if tx.Send(7); first.wakes != 0 || second.wakes != 1 {
		t.Errorf("woken %d and %d times, want 0 and 1", first.wakes, second.wakes)
	}
	if r, ok := poll(h, first, rx); r.Value != 7 || !ok {
		t.Errorf("have %v, %t", r, ok)
	}

	tx, _ = oneshot.New[int]()
	closed := tx.UntilClosedFuture()
	poll(h, first, closed)
	mustPanic(t, "oneshot: two tasks or goroutines wait in UntilClosed of one Sender at once", func() { poll(h, second, closed) })
	closed.Drop()
	poll(h, second, closed)
	closed.Drop()
}

// A body that is unwound by force drops nothing.
func TestTheWaiterOfATaskThatHasEndedIsReplaced(t *testing.T) {
	h, second := newHost(t), &waker{}
	tx, rx := oneshot.New[int]()
	ended := finished{&waker{}}
	poll(h, core.Waker(ended), rx)
	poll(h, second, rx)
	if tx.Send(7); second.wakes != 1 {
		t.Errorf("woken %d times", second.wakes)
	}
}

// finished is the waker of a task that has ended.
type finished struct{ *waker }

func (finished) Finished() bool { return true }

// Regression: wakers ran under the lock.
func TestNobodyIsWokenUnderTheLock(t *testing.T) {
	h := newHost(t)
	for name, act := range map[string]func(tx *oneshot.Sender[int], rx *oneshot.Receiver[int]){
		"send":       func(tx *oneshot.Sender[int], _ *oneshot.Receiver[int]) { tx.Send(1) },
		"close":      func(tx *oneshot.Sender[int], _ *oneshot.Receiver[int]) { tx.Close() },
		"close recv": func(_ *oneshot.Sender[int], rx *oneshot.Receiver[int]) { rx.Stop() },
		"drop recv":  func(_ *oneshot.Sender[int], rx *oneshot.Receiver[int]) { rx.Close() },
	} {
		tx, rx := oneshot.New[int]()
		woken := 0
		w := locking(func() { woken++; tx.Closed(); rx.TryRecv() })
		poll(h, w, rx)
		poll(h, w, tx.UntilClosedFuture())
		if act(tx, rx); woken == 0 {
			t.Errorf("%s: nobody was woken", name)
		}
	}
}

func TestWakesInAPollGoThroughItsContext(t *testing.T) {
	h := newHost(t)
	s, cx := spied(t)
	tx, rx := oneshot.New[int]()
	poll(h, &waker{}, rx)
	if tx.SendOn(cx, 7); s.woken != 1 {
		t.Errorf("send: %d woken through the context", s.woken)
	}
	poll(h, &waker{}, tx.UntilClosedFuture())
	if rx.Poll(cx); s.woken != 2 {
		t.Errorf("receive: %d woken through the context", s.woken)
	}
}

func TestAReceiveThatIsCancelledLeavesTheReceiverAsGood(t *testing.T) {
	h := newHost(t)
	tx, rx := oneshot.New[int]()
	s := spawn(h, func(co *coro.Co) (int, error) {
		err := coro.WithTimeout(co, time.Second, func(co *coro.Co) error { _, err := rx.Recv(co); return err })
		if err != core.ErrDeadlineExceeded {
			t.Errorf("have %v", err)
		}
		if _, err := rx.RecvWait(cancelled()); err != context.Canceled {
			t.Errorf("have %v", err)
		}
		return rx.Recv(co)
	})
	spawn(h, func(co *coro.Co) (int, error) {
		coro.Sleep(co, 2*time.Second)
		return 0, tx.SendOn(co.Context(), 7)
	})
	h.Run()
	if v, err := output(t, s); v != 7 || err != nil {
		t.Errorf("have %d, %v", v, err)
	}
}

// A value that comes together with the cancellation is not lost.
func TestAValueIsNotLostWithTheWaitForIt(t *testing.T) {
	h := newHost(t)
	tx, rx := oneshot.New[int]()
	s := spawn(h, rx.Recv)
	settle(h)
	tx.Send(7)
	s.Abort()
	h.Run()
	if v, err := output(t, s); err != nil {
		try(t, "after the abort", rx, 7, nil)
	} else if v != 7 {
		t.Errorf("have %d", v)
	}
}

// A combinator that drops the receiver ends the wait, and no more.
func TestAReceiverThatIsDroppedByACombinatorStaysOpen(t *testing.T) {
	h := newHost(t)
	tx, rx := oneshot.New[int]()
	s := task.New(future.Race[core.Result[int]](rx, future.Ready(core.Result[int]{Value: 1})))
	h.Spawn(&s.Task)
	h.Run()
	if _, err := output(t, s); err != nil || tx.Closed() {
		t.Errorf("have %v, closed %t", err, tx.Closed())
	}
	if err := tx.Send(7); err != nil {
		t.Error(err)
	}
	try(t, "after the race", rx, 7, nil)
}

func TestASenderLearnsThatItsReceiverIsGone(t *testing.T) {
	for name, leave := range map[string]func(tx *oneshot.Sender[int], rx *oneshot.Receiver[int]){
		"closed":  func(_ *oneshot.Sender[int], rx *oneshot.Receiver[int]) { rx.Stop() },
		"dropped": func(_ *oneshot.Sender[int], rx *oneshot.Receiver[int]) { rx.Close() },
		"has received": func(tx *oneshot.Sender[int], rx *oneshot.Receiver[int]) {
			tx.Send(1)
			if tx.Closed() {
				t.Error("gone before it has received")
			}
			rx.TryRecv()
		},
	} {
		h := newHost(t)
		tx, rx := oneshot.New[int]()
		direct := spawn(h, func(co *coro.Co) (int, error) { return 0, tx.UntilClosed(co) })
		settle(h)
		if direct.Finished() {
			t.Fatalf("%s: gone at first", name)
		}
		leave(tx, rx)
		h.Run()
		if _, err := output(t, direct); err != nil {
			t.Errorf("%s: have %v", name, err)
		}
		if err := tx.UntilClosedWait(t.Context()); err != nil {
			t.Errorf("%s: have %v", name, err)
		}
		if _, ok := poll(h, &waker{}, tx.UntilClosedFuture()); !ok {
			t.Errorf("%s: pending", name)
		}
	}
	h := newHost(t)
	tx, rx := oneshot.New[int]()
	if err := tx.UntilClosedWait(cancelled()); err != context.Canceled {
		t.Errorf("have %v", err)
	}
	w := &waker{}
	f := tx.UntilClosedFuture()
	poll(h, w, f)
	f.Drop()
	if rx.Stop(); w.wakes != 0 {
		t.Error("woken after it had given up")
	}
}

func TestAReceiveThatIsGivenUpIsNotWoken(t *testing.T) {
	h := newHost(t)
	tx, rx := oneshot.New[int]()
	polls := 0
	s := spawn(h, func(co *coro.Co) (int, error) {
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
	h := newHost(t)
	cx := h.Context()
	cx.ForHost().Begin(&waker{})
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
		t.Error("answered without a budget")
	}
	if _, ok := tx.UntilClosedFuture().Poll(cx); ok {
		t.Error("answered without a budget")
	}
}

func TestMisuse(t *testing.T) {
	again := func(what string, tx *oneshot.Sender[int]) {
		t.Helper()
		if err := tx.Send(2); err != oneshot.ErrClosed || !errors.Is(err, core.ErrClosed) {
			t.Errorf("%s: have %v", what, err)
		}
	}
	tx, rx := oneshot.New[int]()
	tx.Send(1)
	again("has sent", tx)
	try(t, "the first value", rx, 1, nil)
	tx, _ = oneshot.New[int]()
	tx.Close()
	again("is closed", tx)
	tx, rx = oneshot.New[int]()
	tx.Send(1)
	rx.Close()
	again("has sent to a receiver that is closed", tx)

	var noTx oneshot.Sender[int]
	var noRx oneshot.Receiver[int]
	mustPanic(t, "oneshot: a Sender is made by New", func() { noTx.Send(1) })
	mustPanic(t, "oneshot: a Sender is made by New", func() { noTx.UntilClosedWait(t.Context()) })
	mustPanic(t, "oneshot: a Receiver is made by New", func() { noRx.TryRecv() })
	mustPanic(t, "oneshot: a Receiver is made by New", func() { noRx.RecvWait(t.Context()) })
}

func TestAChannelIsOneAllocationAndWaitingIsNone(t *testing.T) {
	h, w := newHost(t), &waker{}
	if n := testing.AllocsPerRun(100, func() {
		tx, rx := oneshot.New[int]()
		poll(h, w, core.Future[core.Result[int]](rx))
		tx.Send(1)
		poll(h, w, core.Future[core.Result[int]](rx))
		poll(h, w, core.Future[struct{}](tx.UntilClosedFuture()))
	}); n != 1 {
		t.Errorf("poll style: %v allocations, want 1", n)
	}
	var tx *oneshot.Sender[int]
	body := spawn(h, func(co *coro.Co) (int, error) {
		for {
			var rx *oneshot.Receiver[int]
			tx, rx = oneshot.New[int]()
			if _, err := rx.Recv(co); err != nil {
				return 0, err
			}
		}
	})
	settle(h)
	if n := testing.AllocsPerRun(100, func() { tx.Send(1); settle(h) }); n != 1 {
		t.Errorf("direct style: %v allocations, want 1", n)
	}
	body.Abort()
}

// Senders and receivers on several workers, where some give up at any time: what is sent with
// success to a receiver that looks is received, and nobody waits for ever.
func TestOneshotsUnderRaces(t *testing.T) {
	c := coretest.NewWorkers(4)
	defer c.Close()
	const n = 400
	var mu sync.Mutex
	var goroutines sync.WaitGroup
	sent, received := make(map[int]bool), make(map[int]bool)
	for i := range n {
		tx, rx := oneshot.New[int]()
		spawn(c, func(co *coro.Co) (int, error) {
			for range i % 3 {
				co.Yield()
			}
			if i%7 == 0 {
				tx.Close()
				return 0, nil
			}
			err := tx.SendOn(co.Context(), i)
			mu.Lock()
			sent[i] = err == nil
			mu.Unlock()
			return 0, tx.UntilClosed(co)
		})
		rec := func(v int, err error) {
			mu.Lock()
			defer mu.Unlock()
			if received[i] = err == nil; err == nil && v != i || err != nil && !errors.Is(err, oneshot.ErrClosed) {
				t.Errorf("%d: received %d, %v", i, v, err)
			}
		}
		switch i % 4 {
		case 0:
			spawn(c, func(co *coro.Co) (int, error) { rec(rx.Recv(co)); return 0, nil })
		case 1:
			s := task.New(future.Map(rx, func(r core.Result[int]) int { rec(r.Value, r.Err); return 0 }))
			c.Spawn(&s.Task)
		case 2:
			goroutines.Go(func() { rec(rx.RecvWait(context.Background())) })
		case 3:
			goroutines.Go(func() { rx.Stop(); rec(rx.TryRecv()) })
		}
	}
	c.Wait()
	goroutines.Wait()
	for i, ok := range sent {
		if ok != received[i] {
			t.Errorf("%d: sent %t, received %t", i, ok, received[i])
		}
	}
}

func BenchmarkNewSendAndReceive(b *testing.B) {
	b.Run("oneshot", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			tx, rx := oneshot.New[int]()
			tx.Send(1)
			rx.TryRecv()
		}
	})
	b.Run("twin=chan", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c := make(chan int, 1)
			c <- 1
			<-c
		}
	})
	b.Run("waiting task", func(b *testing.B) {
		s := hosttest.NewSolo()
		defer s.Close()
		var tx *oneshot.Sender[int]
		stop := false
		spawn(s, func(co *coro.Co) (int, error) {
			for !stop {
				var rx *oneshot.Receiver[int]
				tx, rx = oneshot.New[int]()
				rx.Recv(co)
			}
			return 0, nil
		})
		s.Run()
		b.ReportAllocs()
		for b.Loop() {
			tx.Send(1)
			s.Run()
		}
		stop = true
		tx.Send(1)
		s.Run()
	})
}

func TestGoroutinesWaitWithoutAllocations(t *testing.T) {
	tx, rx := oneshot.New[int]()
	waits(t, "RecvWait", 1, func() { tx.Send(1) }, func(ctx context.Context) error {
		_, err := rx.RecvWait(ctx)
		tx, rx = oneshot.New[int]() // the one allocation
		return err
	})
	waits(t, "ClosedWait", 1, func() { rx.Stop() }, func(ctx context.Context) error {
		err := tx.UntilClosedWait(ctx)
		tx, rx = oneshot.New[int]()
		return err
	})
}
