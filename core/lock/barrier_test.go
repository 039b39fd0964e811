package lock_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
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

func arrivals(t testing.TB, b *lock.Barrier, n int) (ws []*waittest.Waiter[bool]) {
	for range n {
		f := b.ArriveFuture()
		ws = append(ws, waittest.NewWaiter[bool](t, &f))
	}
	return ws
}

func TestABarrierOpensWhenAllHaveArrivedAndHasOneLeader(t *testing.T) {
	b := lock.NewBarrier(3)
	ws := arrivals(t, b, 3)
	for round := range 3 {
		last := ws[round%3]
		for _, w := range ws {
			if w != last {
				w.Pends(t)
				w.Pends(t) // does not arrive twice
			}
		}
		if !last.Completes(t, last.Wakes) {
			t.Errorf("round %d: the last is not the leader", round)
		}
		last.Pends(t) // for the next round
		for _, w := range ws {
			if w != last && w.Completes(t, w.Wakes) {
				t.Errorf("round %d: a second leader", round)
			}
		}
		last.Drop()
	}
	one := arrivals(t, lock.NewBarrier(1), 1)[0]
	for range 2 {
		if !one.Completes(t, 0) {
			t.Error("a barrier for one has no leader")
		}
	}
}

func TestADroppedArrivalDoesNotCount(t *testing.T) {
	b := lock.NewBarrier(2)
	ws := arrivals(t, b, 3)
	ws[0].Pends(t)
	ws[0].Drop()
	ws[0].Drop()
	ws[1].Pends(t)
	ws[2].Completes(t, 0)
	ws[1].Drop() // too late: the round is complete
	ws[0].Pends(t)
	if ws[0].Wakes != 0 || ws[1].Wakes != 1 {
		t.Errorf("woken %d and %d times", ws[0].Wakes, ws[1].Wakes)
	}
	ws[2].Completes(t, 0)
	ws[0].Completes(t, 1)
}

// Waiters of a round that is complete are woken in several batches, with the lock free in between: a waiter
// that is dropped then does not take an arrival from the next round.
func TestABarrierForManyTellsItsRoundsApart(t *testing.T) {
	const n = 100
	b := lock.NewBarrier(n)
	ws := arrivals(t, b, n)
	cx := waittest.Host(t).Context()
	for i, w := range ws[:n-1] {
		last := ws[n-2]
		cx.ForHost().Begin(core.WakerFunc(func() {
			if i == 0 {
				last.Drop() // has yet to be woken
			}
			w.Poll()
			w.Poll() // for the next round
		}))
		w.Future.Poll(cx)
	}
	if !ws[n-1].Completes(t, 0) {
		t.Error("no leader")
	}
	for _, w := range ws[:n-2] {
		w.Pends(t)
	}
	ws[n-2].Pends(t)
	if !ws[n-1].Completes(t, 0) {
		t.Error("the second round is not complete")
	}
}

func TestBadBarriersPanic(t *testing.T) {
	for _, n := range []int{0, -1} {
		waittest.MustPanic(t, fmt.Sprintf("lock: NewBarrier for %d tasks, which is not positive", n), func() { lock.NewBarrier(n) })
	}
	waittest.MustPanic(t, "lock: Poll of an ArriveFuture that no Barrier has made", func() {
		waittest.NewWaiter[bool](t, new(lock.ArriveFuture)).Poll()
	})
	new(lock.ArriveFuture).Drop()
}

func TestBodiesAndGoroutinesMeetAtABarrier(t *testing.T) {
	rounds := 500
	if racetest.Enabled {
		rounds = 100
	}
	b := lock.NewBarrier(5)
	var leaders, passed atomic.Int64
	round := func(leader bool, err error, n int) error {
		if err != nil {
			return err
		}
		if leader {
			leaders.Add(1)
		}
		if have := passed.Add(1); have > int64(5*(n+1)) {
			return fmt.Errorf("%d have passed in round %d", have, n)
		}
		return nil
	}
	c := coretest.NewWorkers(3)
	defer c.Close()
	var slots []*task.Slot[struct{}]
	for range 3 {
		slots = append(slots, waittest.Body(c, func(co *coro.Co) error {
			for n := range rounds {
				leader, err := b.Arrive(co)
				if err := round(leader, err, n); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for n := range rounds {
				ctx, cancel := context.WithCancel(context.Background())
				if n%3 == 0 {
					go cancel()
				}
				leader, err := b.ArriveWait(ctx)
				if err != nil {
					leader, err = b.ArriveWait(context.Background())
				}
				cancel()
				if err := round(leader, err, n); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	c.Wait()
	for _, s := range slots {
		if err := waittest.Ended(t, s); err != nil {
			t.Error(err)
		}
	}
	if leaders.Load() != int64(rounds) {
		t.Errorf("%d leaders in %d rounds", leaders.Load(), rounds)
	}
}

func TestAnAbortedBodyHasNotArrived(t *testing.T) {
	b := lock.NewBarrier(2)
	h := waittest.Host(t)
	arrive := func(co *coro.Co) error { _, err := b.Arrive(co); return err }
	doomed, a := waittest.Body(h, arrive), (*task.Slot[struct{}])(nil)
	h.Run()
	doomed.Abort()
	h.Run()
	a = waittest.Body(h, arrive)
	h.Run()
	if err := waittest.Ended(t, doomed); !errors.Is(err, core.ErrCancelled) || a.Finished() {
		t.Errorf("have %v, and the other has passed: %t", err, a.Finished())
	}
	waittest.Body(h, arrive)
	h.Run()
	if err := waittest.Ended(t, a); err != nil {
		t.Error(err)
	}
}

func TestABarrierAllocatesNothing(t *testing.T) {
	ws := arrivals(t, lock.NewBarrier(50), 50)
	waittest.Allocates(t, "poll style", 0, func() {
		for _, w := range ws {
			w.Poll()
		}
		for _, w := range ws[:49] {
			w.Poll()
		}
	})
}

// A zero Barrier has no number of tasks; it must not wait for ever.
func TestZeroBarrierPanics(t *testing.T) {
	for name, arrive := range map[string]func(b *lock.Barrier){
		"Arrive":       func(b *lock.Barrier) { _, _ = b.Arrive(nil) },
		"ArriveWait":   func(b *lock.Barrier) { _, _ = b.ArriveWait(context.Background()) },
		"ArriveFuture": func(b *lock.Barrier) { _ = b.ArriveFuture() },
	} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.Contains(text, "zero Barrier") {
					t.Errorf("%s: panicked with %q", name, text)
				}
			}()
			arrive(&lock.Barrier{})
			t.Errorf("%s returned", name)
		}()
	}
}
