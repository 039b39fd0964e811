package joinhandle_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/joinhandle"
)

func TestWaitForATaskThatHasEnded(t *testing.T) {
	h := newHost(t)
	j := spawn(h, future.Ready(7))
	h.Run()
	// The value is ready, so a wait returns it although the context is done.
	if v, err := j.Wait(over(nil)); v != 7 || err != nil {
		t.Errorf("have %d, %v", v, err)
	}
}

func TestWaitBlocksUntilTheEnd(t *testing.T) {
	h := newHost(t)
	j := spawnBody(h, sleeper(7, time.Second))
	type result struct {
		v   int
		err error
	}
	got := make(chan result)
	go func() {
		v, err := j.Wait(context.Background())
		got <- result{v, err}
	}()
	h.Run()
	if r := <-got; r != (result{7, nil}) {
		t.Errorf("have %v", r)
	}
}

func TestWaitReturnsTheCauseOfItsContext(t *testing.T) {
	h := newHost(t)
	j := spawn(h, future.Pending[int]())
	h.Run()
	cause := errors.New("mine")
	if v, err := j.Wait(over(cause)); v != 0 || err != cause {
		t.Errorf("have %d, %v, want the cause", v, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if v, err := j.Wait(ctx); v != 0 || err != context.DeadlineExceeded {
		t.Errorf("have %d, %v, want the deadline", v, err)
	}
	if j.Finished() {
		t.Error("the task ended with the wait")
	}
}

func TestOneOfManyWaitersGetsTheValue(t *testing.T) {
	const waiters = 64
	h := newHost(t)
	p := &probe{}
	j := spawn(h, p)
	h.Run()
	var wg, ready sync.WaitGroup
	var values, late atomic.Int32
	ready.Add(waiters)
	for range waiters {
		wg.Go(func() {
			ready.Done()
			switch v, err := j.Wait(context.Background()); {
			case v == 7 && err == nil:
				values.Add(1)
			case v == 0 && err == core.ErrAlreadyJoined:
				late.Add(1)
			default:
				t.Errorf("have %d, %v", v, err)
			}
		})
	}
	ready.Wait() // some wait, some are about to
	p.complete(7)
	h.Run()
	wg.Wait()
	if values.Load() != 1 || late.Load() != waiters-1 {
		t.Errorf("%d values and %d second joins, want 1 and %d", values.Load(), late.Load(), waiters-1)
	}
}

// A running task does not collect the wakers of waiters whose deadline has passed.
func TestWaitersThatGiveUpLeaveNothingBehind(t *testing.T) {
	const waits = 10_000
	h := newHost(t)
	p := &probe{}
	j := spawn(h, p)
	h.Run()
	ctx := over(nil)
	wait := func() {
		for range waits {
			if _, err := j.Wait(ctx); err != context.Canceled {
				t.Fatal(err)
			}
		}
	}
	if n := growth(wait); n > waits/10 {
		t.Errorf("%d objects are kept after %d waits", n, waits)
	}
	var w counter
	poll(h, &w, j) // the same with another that stays
	if n := growth(wait); n > waits/10 {
		t.Errorf("%d objects are kept beside a waker after %d waits", n, waits)
	}
	p.complete(7)
	h.Run()
	if w.wakes != 1 {
		t.Errorf("the waker that stayed: %d wakes", w.wakes)
	}
	if v, err := joined(t, j); v != 7 || err != nil {
		t.Errorf("have %d, %v", v, err)
	}
}

func TestJoinersThatGiveUpLeaveNothingBehind(t *testing.T) {
	const joins = 1000
	h := newHost(t)
	j := spawn(h, future.Pending[int]())
	join := func() {
		for range joins {
			joiner := spawnBody(h, func(co *coro.Co) (int, error) { return j.Join(co) })
			h.Run()
			joiner.Abort()
			h.Run()
			if _, err := joined(t, joiner); !errors.Is(err, core.ErrCancelled) {
				t.Fatal(err)
			}
		}
	}
	join()
	if n := growth(join); n > joins/10 {
		t.Errorf("%d objects are kept after %d joins", n, joins)
	}
	if j.Finished() {
		t.Error("the task ended with a joiner")
	}
}

func TestDoneIsClosedAtTheEnd(t *testing.T) {
	h := newHost(t)
	p := &probe{}
	j := spawn(h, p)
	h.Run()
	var before []<-chan struct{}
	for range 10 {
		before = append(before, j.Done())
	}
	for _, ch := range before {
		if !isOpen(ch) {
			t.Error("closed before the end")
		}
	}
	p.complete(7)
	h.Run()
	for _, ch := range append(before, j.Done()) { // also by a call after the end
		if isOpen(ch) {
			t.Error("open after the end")
		}
	}
	if v, err := joined(t, j); v != 7 || err != nil {
		t.Errorf("Done took the output: %d, %v", v, err)
	}
	if isOpen(j.Done()) {
		t.Error("open after the join")
	}
}

// Waits and ends meet at every instant: no waiter hangs, and each task has one that gets its value.
func TestWaitersRaceWithTheEnd(t *testing.T) {
	rounds := 2000
	if testing.Short() {
		rounds = 200
	}
	c := newWorkers(t, 2)
	for i := range rounds {
		j := spawn(c, newSteps(i, i%4))
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		var values atomic.Int32
		for k := range 3 {
			wg.Go(func() {
				if k == 0 {
					<-j.Done()
				}
				v, err := j.Wait(ctx)
				switch {
				case err == nil && v == i:
					values.Add(1)
				case err != core.ErrAlreadyJoined && err != context.Canceled:
					t.Errorf("have %d, %v", v, err)
				}
			})
		}
		cancel()
		wg.Wait()
		if values.Load() != 1 {
			t.Fatalf("task %d: %d waiters got the value", i, values.Load())
		}
	}
}

// A lateContext is done, and runs a function when a wait calls its Done: the effect of the function is simultaneous
// with the end of the context.
type lateContext struct {
	context.Context
	meanwhile func()
}

func (c lateContext) Done() <-chan struct{} {
	c.meanwhile()
	return c.Context.Done()
}

func TestWaitPrefersTheValueToASimultaneousCancellation(t *testing.T) {
	h := newHost(t)
	set := joinhandle.NewJoinSet[int](h)
	ctx := lateContext{over(nil), h.Run}
	for i := range 64 { // select chooses at random
		if v, err := spawn(h, future.Ready(i)).Wait(ctx); v != i || err != nil {
			t.Fatalf("handle: have %d, %v, want %d", v, err, i)
		}
		set.Spawn(future.Ready(i))
		if j, err := set.Wait(ctx); j.Value != i || j.Err != nil || err != nil {
			t.Fatalf("set: have %v, %v, want %d", j, err, i)
		}
	}
}

func TestWaitersForASetThatGiveUpLeaveNothingBehind(t *testing.T) {
	const waits = 10_000
	h := newHost(t)
	set := joinhandle.NewJoinSet[int](h)
	set.Spawn(future.Pending[int]())
	h.Run()
	ctx := over(nil)
	n := growth(func() {
		for range waits {
			if _, err := set.Wait(ctx); err != context.Canceled {
				t.Fatal(err)
			}
		}
	})
	if n > waits/10 {
		t.Errorf("%d objects are kept after %d waits", n, waits)
	}
	if set.Len() != 1 {
		t.Errorf("Len %d", set.Len())
	}
}
