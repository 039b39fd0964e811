package watch_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/watch"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
)

// check is what a receiver finds now.
func check(t *testing.T, what string, rx *watch.Receiver[int], want int, wantErr error) {
	t.Helper()
	if v, err := rx.TryNext(); v != want || err != wantErr {
		t.Errorf("%s: have %d, %v, want %d, %v", what, v, err, want, wantErr)
	}
}

func TestAReceiverSeesTheNewestValueOnce(t *testing.T) {
	tx, rx := watch.New(1)
	if !rx.Changed() || rx.Get() != 1 || tx.Get() != 1 {
		t.Errorf("at first: changed %t, %d", rx.Changed(), rx.Get())
	}
	check(t, "first", rx, 1, nil)
	check(t, "seen", rx, 0, watch.ErrUnchanged)
	if rx.Changed() || rx.Get() != 1 {
		t.Errorf("seen: changed %t, %d", rx.Changed(), rx.Get())
	}
	tx.Send(2)
	tx.Send(3)
	if !rx.Changed() || rx.Get() != 3 {
		t.Errorf("sent: changed %t, %d", rx.Changed(), rx.Get())
	}
	check(t, "newest", rx, 3, nil)
	check(t, "seen", rx, 0, watch.ErrUnchanged)
	tx.Send(3) // an equal value is a new one
	check(t, "equal", rx, 3, nil)
}

func TestReceiversSeeEachForItself(t *testing.T) {
	tx := sender(watch.New(1))
	a, b := tx.Subscribe(), tx.Subscribe()
	check(t, "a", a, 1, nil)
	tx.Send(2)
	c, late := a.Clone(), tx.Subscribe()
	check(t, "a", a, 2, nil)
	check(t, "b", b, 2, nil)
	check(t, "clone of what had not seen it", c, 2, nil)
	check(t, "clone of what has", a.Clone(), 0, watch.ErrUnchanged)
	check(t, "late", late, 2, nil)
	if tx.Receivers() != 5 {
		t.Errorf("%d receivers", tx.Receivers())
	}
}

func TestTheFinalValueIsSeen(t *testing.T) {
	tx, rx := watch.New(1)
	seen := tx.Subscribe()
	tx.Send(2)
	check(t, "before", seen, 2, nil)
	tx.Close()
	tx.Close()
	check(t, "final", rx, 2, nil)
	check(t, "end", rx, 0, watch.ErrClosed)
	check(t, "end", seen, 0, watch.ErrClosed)
	if rx.Get() != 2 || rx.Changed() {
		t.Errorf("after the end: %d, changed %t", rx.Get(), rx.Changed())
	}
	late := tx.Subscribe()
	check(t, "late", late, 2, nil)
	check(t, "late", late, 0, watch.ErrClosed)
}

var wait = map[string]func(h core.Spawner, rx *watch.Receiver[int]) func(t *testing.T) (int, error){
	"direct": func(h core.Spawner, rx *watch.Receiver[int]) func(t *testing.T) (int, error) {
		s := spawn(h, rx.Next)
		return func(t *testing.T) (int, error) { return output(t, s) }
	},
	"poll": func(h core.Spawner, rx *watch.Receiver[int]) func(t *testing.T) (int, error) {
		s := task.New[core.Result[int]](rx.NextFuture())
		h.Spawn(&s.Task)
		return func(t *testing.T) (int, error) { r, _ := output(t, s); return r.Value, r.Err }
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
				h := newHost(t)
				tx, rx := watch.New(1)
				rx.TryNext()
				if early {
					end.act(tx, rx)
				}
				result := begin(h, rx)
				settle(h)
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

func TestAnUpdateWorksOutTheNewValueFromTheOld(t *testing.T) {
	tx, rx := watch.New(1)
	rx.TryNext()
	if changed, err := tx.Update(func(v int) (int, bool) { return 9, false }); changed || err != nil {
		t.Error("an update that changes nothing has")
	}
	check(t, "unchanged", rx, 0, watch.ErrUnchanged)
	calls := 0
	ok, err := tx.Update(func(v int) (int, bool) {
		if calls++; calls == 1 {
			tx.Send(10) // somebody gets in between
		}
		return v + 1, true
	})
	if !ok || err != nil || calls != 2 {
		t.Errorf("%t after %d calls", ok, calls)
	}
	check(t, "updated", rx, 11, nil)
}

func TestUpdatesUnderRacesLoseNothing(t *testing.T) {
	tx := sender(watch.New(0))
	var wg sync.WaitGroup
	const n, each = 4, 500
	for range n {
		wg.Go(func() {
			for range each {
				tx.Update(func(v int) (int, bool) { return v + 1, true })
			}
		})
	}
	wg.Wait()
	if v := tx.Get(); v != n*each {
		t.Errorf("have %d, want %d", v, n*each)
	}
}

func TestAllWhoWaitAreWokenOnce(t *testing.T) {
	h := newHost(t)
	tx := sender(watch.New(0))
	const n = 100 // more than are woken at a time
	ws := make([]*waker, n)
	rxs := make([]*watch.Receiver[int], n)
	for i := range n {
		ws[i], rxs[i] = &waker{}, tx.Subscribe()
		rxs[i].TryNext()
		poll(h, ws[i], rxs[i].NextFuture())
	}
	tx.Send(7)
	tx.Send(8)
	for i, w := range ws {
		if r, ok := poll(h, w, rxs[i].NextFuture()); w.wakes != 1 || r.Value != 8 || !ok {
			t.Fatalf("receiver %d: woken %d times, has %v, %t", i, w.wakes, r, ok)
		}
	}
}

func TestASecondTaskThatWaitsPanics(t *testing.T) {
	h, first, second := newHost(t), &waker{}, &waker{}
	tx, rx := watch.New(0)
	rx.TryNext()
	poll(h, first, rx.NextFuture())
	poll(h, first, rx.NextFuture())
	mustPanic(t, "watch: two tasks or goroutines wait with one Receiver at once",
		func() { poll(h, second, rx.NextFuture()) })
	rx.NextFuture().Drop()
	poll(h, second, rx.NextFuture()) // after the Drop it is the other's
	if tx.Send(7); first.wakes != 0 || second.wakes != 1 {
		t.Errorf("woken %d and %d times, want 0 and 1", first.wakes, second.wakes)
	}
}

// Any number of tasks wait for the receivers to go; each wait has a future of its own.
func TestTheWaitForTheReceiversToGoMovesWithItsFuture(t *testing.T) {
	h, first, second := newHost(t), &waker{}, &waker{}
	tx, rx := watch.New(0)
	closed := tx.UntilClosedFuture()
	poll(h, first, &closed)
	poll(h, second, &closed)
	if rx.Close(); first.wakes != 0 || second.wakes != 1 {
		t.Errorf("woken %d and %d times, want 0 and 1", first.wakes, second.wakes)
	}
}

func TestADroppedWaitLosesNothingAndIsNotWoken(t *testing.T) {
	h, w := newHost(t), &waker{}
	tx, rx := watch.New(0)
	rx.TryNext()
	f := rx.NextFuture()
	poll(h, w, f)
	f.Drop()
	tx.Send(1)
	if w.wakes != 0 {
		t.Error("woken after Drop")
	}
	check(t, "dropped", rx, 1, nil)

	poll(h, w, f)
	tx.Send(2)
	f.Drop() // woken, but given up before it could look
	check(t, "woken and dropped", rx, 2, nil)

	s := spawn(h, func(co *coro.Co) (int, error) {
		coro.WithTimeout(co, time.Second, func(co *coro.Co) error { _, err := rx.Next(co); return err })
		return rx.Next(co)
	})
	h.RunFor(2 * time.Second)
	tx.Send(3)
	h.Run()
	if v, err := output(t, s); v != 3 || err != nil {
		t.Errorf("after a timeout: have %d, %v", v, err)
	}
	if _, err := rx.NextWait(cancelled()); err != context.Canceled {
		t.Errorf("have %v", err)
	}
}

func TestAWaitInARaceLeavesTheReceiver(t *testing.T) {
	h := newHost(t)
	tx, rx := watch.New(0)
	rx.TryNext()
	s := task.New(future.Select2[core.Result[int], struct{}](rx.NextFuture(), future.Yield()))
	h.Spawn(&s.Task)
	h.Run()
	if e, err := output(t, s); e.Index != 1 || err != nil || tx.Receivers() != 1 {
		t.Errorf("have %v, %v, %d receivers", e, err, tx.Receivers())
	}
}

func TestASenderLearnsThatNoReceiverIsLeft(t *testing.T) {
	h := newHost(t)
	tx := sender(watch.New(0))
	if err := tx.UntilClosedWait(t.Context()); err != nil {
		t.Errorf("before there was one: have %v", err)
	}
	a := tx.Subscribe()
	b := a.Clone()
	direct := spawn(h, func(co *coro.Co) (int, error) { return 0, tx.UntilClosed(co) })
	f := tx.UntilClosedFuture()
	polled := task.New[struct{}](&f)
	h.Spawn(&polled.Task)
	var goroutine sync.WaitGroup
	goroutine.Go(func() {
		if err := tx.UntilClosedWait(context.Background()); err != nil {
			t.Error(err)
		}
	})
	settle(h)
	a.Close()
	a.Close()
	settle(h)
	if direct.Finished() || polled.Finished() || tx.Receivers() != 1 {
		t.Error("one is left, and they say that none is")
	}
	b.Close()
	h.Run()
	goroutine.Wait()
	if _, err := output(t, direct); err != nil || !polled.Finished() {
		t.Errorf("have %v, %v", err, polled.State())
	}

	a = tx.Subscribe()
	if err := tx.UntilClosedWait(cancelled()); err != context.Canceled {
		t.Errorf("have %v", err)
	}
	s := spawn(h, func(co *coro.Co) (int, error) {
		for range 3 { // so that what was given up serves again
			err := coro.WithTimeout(co, time.Second, func(co *coro.Co) error { return tx.UntilClosed(co) })
			if err != core.ErrDeadlineExceeded {
				t.Errorf("have %v", err)
			}
		}
		return 0, nil
	})
	h.Run()
	output(t, s)
	w := &waker{}
	poll(h, w, &f)
	f.Drop()
	if a.Close(); w.wakes != 0 {
		t.Error("woken after it had given up")
	}
}

func TestAClosedReceiverIsNone(t *testing.T) {
	tx, rx := watch.New(1)
	rx.Close()
	rx.Close()
	check(t, "closed", rx, 0, watch.ErrClosed)
	check(t, "its clone", rx.Clone(), 0, watch.ErrClosed)
	if tx.Send(2); tx.Receivers() != 0 || rx.Get() != 2 || rx.Changed() {
		t.Errorf("%d receivers, %d, changed %t", tx.Receivers(), rx.Get(), rx.Changed())
	}
}

// Regression: with each receiver that was closed, all that waited were woken for nothing.
func TestAClosedReceiverWakesWhoWaitsWithItAndNobodyElse(t *testing.T) {
	h := newHost(t)
	tx := sender(watch.New(1))
	own, others, sender := &waker{}, &waker{}, &waker{}
	wait := func(w *waker) *watch.Receiver[int] {
		rx := tx.Subscribe()
		rx.TryNext()
		poll(h, w, rx.NextFuture())
		return rx
	}
	rx := wait(own)
	rest := []*watch.Receiver[int]{wait(others), wait(others)}
	gone := tx.UntilClosedFuture()
	poll(h, sender, &gone)
	tx.Subscribe().Close() // which nobody waits with
	rx.Close()
	if own.wakes != 1 || others.wakes != 0 || sender.wakes != 0 {
		t.Errorf("its own waiter was woken %d times, others %d times, a sender %d times", own.wakes, others.wakes, sender.wakes)
	}
	if r, ok := poll(h, own, rx.NextFuture()); !ok || r.Err != watch.ErrClosed {
		t.Errorf("its own waiter has %v, %t", r, ok)
	}
	if tx.Send(2); others.wakes != 2 {
		t.Errorf("others were woken %d times by a value", others.wakes)
	}
	for _, rx := range rest {
		rx.Close()
	}
	if _, ok := poll(h, sender, &gone); sender.wakes != 1 || !ok {
		t.Errorf("the sender was woken %d times when the last was closed", sender.wakes)
	}
}

func TestNobodyIsWokenUnderTheLock(t *testing.T) {
	h := newHost(t)
	for name, act := range map[string]func(tx *watch.Sender[int], rx *watch.Receiver[int]){
		"send":       func(tx *watch.Sender[int], _ *watch.Receiver[int]) { tx.Send(1) },
		"close":      func(tx *watch.Sender[int], _ *watch.Receiver[int]) { tx.Close() },
		"close recv": func(_ *watch.Sender[int], rx *watch.Receiver[int]) { rx.Close() },
	} {
		tx, rx := watch.New(0)
		woken := 0
		rx.TryNext()
		w := locking(func() { woken++; tx.Receivers(); rx.Get() })
		poll(h, w, rx.NextFuture())
		gone := tx.UntilClosedFuture()
		poll(h, w, &gone)
		if act(tx, rx); woken == 0 {
			t.Errorf("%s: nobody was woken", name)
		}
	}
}

func TestWakesInAPollGoThroughItsContext(t *testing.T) {
	h := newHost(t)
	s, cx := spied(t)
	tx, rx := watch.New(0)
	rx.TryNext()
	poll(h, &waker{}, rx.NextFuture())
	if tx.SendOn(cx, 7); s.woken != 1 {
		t.Errorf("send: %d woken through the context", s.woken)
	}
	rx.TryNext()
	poll(h, &waker{}, rx.NextFuture())
	if tx.CloseOn(cx); s.woken != 2 {
		t.Errorf("close: %d woken through the context", s.woken)
	}
}

// Regression: values that nobody would get were kept.
func TestAValueThatIsReplacedIsLetGoOf(t *testing.T) {
	v, w := newBig()
	tx, rx := watch.New(v)
	rx.TryNext()
	v = nil
	if tx.Send(nil); !released(w) {
		t.Error("the value is kept")
	}
	runtime.KeepAlive([]any{tx, rx})
}

func TestOperationsTakeFromTheBudgetAndWaitingCostsNothing(t *testing.T) {
	h := newHost(t)
	cx := h.Context()
	cx.ForHost().Begin(&waker{})
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
		t.Error("answered without a budget")
	}
}

func TestMisuse(t *testing.T) {
	tx := sender(watch.New(0))
	tx.Close()
	if err := tx.Send(1); err != watch.ErrClosed || !errors.Is(err, core.ErrClosed) {
		t.Errorf("a send after Close: have %v", err)
	}
	if changed, err := tx.Update(func(int) (int, bool) { return 1, true }); changed || err != watch.ErrClosed || tx.Get() != 0 {
		t.Errorf("an update after Close: have %t, %v, and the value is %d", changed, err, tx.Get())
	}
	mustPanic(t, "watch: Update with a nil function", func() { tx.Update(nil) })
	mustPanic(t, "watch: a Sender is made by New", func() { new(watch.Sender[int]).Get() })
	mustPanic(t, "watch: a Receiver is made by New or Subscribe", func() { new(watch.Receiver[int]).Get() })
	mustPanic(t, "watch: a Receiver is made by New or Subscribe", func() { new(watch.Receiver[int]).NextFuture() })
	mustPanic(t, "channel: Poll of a ClosedFuture that no Sender has made",
		func() { poll(newHost(t), &waker{}, new(watch.ClosedFuture)) })
	new(watch.ClosedFuture).Drop() // nothing
}

func TestWaitingAllocatesNothing(t *testing.T) {
	h, w := newHost(t), &waker{}
	tx, rx := watch.New(0)
	gone := tx.UntilClosedFuture()
	rx.TryNext()
	if n := testing.AllocsPerRun(100, func() {
		poll(h, w, core.Future[core.Result[int]](rx.NextFuture()))
		tx.Send(1)
		poll(h, w, core.Future[core.Result[int]](rx.NextFuture()))
		poll(h, w, core.Future[struct{}](&gone))
		gone.Drop()
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

// A pair is torn if its halves differ.
type pair struct{ a, b, c, d int }

// Senders, receivers in all forms that come and go, and readers, on several workers: nobody sees half
// of a value or an older one after a newer one, and everybody sees the last.
func TestAWatchUnderRaces(t *testing.T) {
	const sends, receivers = 1500, 6
	c := coretest.NewWorkers(4)
	defer c.Close()
	tx := sender(watch.New(pair{}))
	var goroutines sync.WaitGroup
	whole := func(p pair) {
		if p.a != p.b || p.a != p.c || p.a != p.d {
			t.Errorf("torn: %v", p)
		}
	}
	account := func(next func() (pair, error)) {
		last := -1
		for {
			p, err := next()
			if err != nil {
				if err != watch.ErrClosed || last != sends {
					t.Errorf("the end is %v, after %d", err, last)
				}
				return
			}
			if whole(p); p.a <= last {
				t.Errorf("%d after %d", p.a, last)
			}
			last = p.a
		}
	}
	for i := range receivers {
		rx := tx.Subscribe()
		if i%2 == 0 {
			goroutines.Go(func() { account(func() (pair, error) { return rx.NextWait(context.Background()) }) })
			goroutines.Go(func() {
				for range 1000 {
					whole(rx.Get())
				}
			})
			continue
		}
		spawn(c, func(co *coro.Co) (int, error) {
			account(func() (pair, error) { return rx.Next(co) })
			rx.Close()
			return 0, nil
		})
		spawn(c, func(co *coro.Co) (int, error) { // one that goes early
			rx := rx.Clone()
			defer rx.Close()
			for range 20 {
				rx.Next(co)
			}
			return 0, nil
		})
	}
	spawn(c, func(co *coro.Co) (int, error) {
		for range sends {
			tx.Update(func(p pair) (pair, bool) { n := p.a + 1; return pair{n, n, n, n}, true })
			co.Yield()
		}
		tx.CloseOn(co.Context())
		return 0, nil
	})
	c.Wait()
	goroutines.Wait()
}

// Whoever waits for the receivers to go is told, however they go.
func TestClosedUnderRaces(t *testing.T) {
	c := coretest.NewWorkers(4)
	defer c.Close()
	for range 200 {
		tx := sender(watch.New(0))
		rxs := []*watch.Receiver[int]{tx.Subscribe(), tx.Subscribe()}
		for range 2 {
			spawn(c, func(co *coro.Co) (int, error) { return 0, tx.UntilClosed(co) })
		}
		for _, rx := range rxs {
			spawn(c, func(co *coro.Co) (int, error) { rx.Close(); return 0, nil })
		}
	}
	c.Wait()
}

func BenchmarkSendAndReceive(b *testing.B) {
	for _, n := range []int{1, 10} {
		b.Run(fmt.Sprintf("receivers=%d", n), func(b *testing.B) {
			tx := sender(watch.New(0))
			rxs := make([]*watch.Receiver[int], n)
			for i := range rxs {
				rxs[i] = tx.Subscribe()
			}
			b.ReportAllocs()
			for b.Loop() {
				tx.Send(1)
				for _, rx := range rxs {
					rx.TryNext()
				}
			}
		})
	}
}

func TestAllEndsWithItsBody(t *testing.T) {
	h := newHost(t)
	tx, rx := watch.New(1)
	var seen []int
	var last error
	s := spawn(h, func(co *coro.Co) (int, error) {
		for v, err := range rx.All(co) {
			seen, last = append(seen, v), err
		}
		return 0, last
	})
	settle(h)
	tx.Send(2)
	settle(h)
	s.Abort()
	h.Run()
	if !slices.Equal(seen, []int{1, 2, 0}) || last != core.ErrCancelled {
		t.Errorf("have %v, %v", seen, last)
	}
}

func TestGoroutinesWaitWithoutAllocations(t *testing.T) {
	tx, rx := watch.New(0)
	rx.TryNext()
	waits(t, "NextWait", 0, func() { tx.Send(1) }, func(ctx context.Context) error { _, err := rx.NextWait(ctx); return err })
	rx.Close()
	last := tx.Subscribe()
	waits(t, "ClosedWait", 1, func() { last.Close() }, func(ctx context.Context) error {
		err := tx.UntilClosedWait(ctx)
		last = tx.Subscribe() // the one allocation
		return err
	})
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
