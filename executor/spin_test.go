package executor_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A volley is two tasks that pass a number to and fro, each of which makes its worker spin whenever it waits.
func volley(left, right core.Spawner, trips int) []joinhandle.JoinHandle[int] {
	play := func(s core.Spawner, rx *mpsc.Receiver[int], tx *mpsc.Sender[int]) joinhandle.JoinHandle[int] {
		return executor.Go(s, func(co *coro.Co) (n int, err error) {
			for range trips {
				executor.SpinNext(co.Context().Host())
				if n, err = rx.Recv(co); err != nil {
					return 0, err
				}
				if err := tx.Send(co, n+1); err != nil {
					return 0, err
				}
			}
			return n, nil
		})
	}
	pingTx, pingRx := mpsc.New[int](1)
	pongTx, pongRx := mpsc.New[int](1)
	if err := pingTx.TrySend(0); err != nil {
		panic(err)
	}
	return []joinhandle.JoinHandle[int]{play(left, pingRx, pongTx), play(right, pongRx, pingTx)}
}

// volleys begins one between each worker and the next, and one of tasks that are bound to no worker.
func volleys(rt *executor.Runtime, trips int) (all []joinhandle.JoinHandle[int]) {
	n := rt.Workers()
	for i := range n {
		all = append(all, volley(rt.On(i), rt.On((i+1)%n), trips)...)
	}
	return append(all, volley(rt, rt, trips)...)
}

// A push that comes while a worker spins, or between that and its sleep, finds it awake or wakes it: else a volley
// stops.
func TestNoTaskIsLostToASpin(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	trips := 2000
	if testing.Short() {
		trips = 300
	}
	c := counted(t, rt, func() {
		for i, h := range volleys(rt, trips) {
			if n := joinOK(t, h); n != 2*trips-2+i%2 {
				t.Errorf("the last number of task %d is %d, want %d", i, n, 2*trips-2+i%2)
			}
		}
	})
	switch spun := c.Spins != 0; {
	case spun != executor.CanSpin(rt):
		t.Errorf("%d spins of %d workers", c.Spins, rt.Workers())
	case c.SpinHits > c.Spins:
		t.Errorf("%d of %d spins found tasks", c.SpinHits, c.Spins)
	}
	if n := executor.Spinning(rt); n != 0 {
		t.Errorf("%d of the workers spin, and all sleep", n)
	}
}

func TestAtMostHalfOfTheWorkersSpin(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	var done atomic.Bool
	most := make(chan int)
	go func() {
		n := 0
		for !done.Load() {
			n = max(n, executor.Spinning(rt))
		}
		most <- n
	}()
	for _, h := range volleys(rt, 300) {
		joinOK(t, h)
	}
	done.Store(true)
	if n := <-most; n > rt.Workers()/2 {
		t.Errorf("%d of %d workers spin", n, rt.Workers())
	}
}

func TestSpinnersAreLimited(t *testing.T) {
	if !modetest.First() {
		return
	}
	const limit, callers = 3, 8
	s := executor.NewSpinners(limit)
	var in atomic.Int64
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			if s.Enter() {
				in.Add(1)
			}
		})
	}
	group.Wait()
	if n := in.Load(); n != limit {
		t.Errorf("%d of %d enter, want %d", n, callers, limit)
	}
	if executor.NewSpinners(0).Enter() {
		t.Error("one enters, and none may")
	}
}

// The workers are told to stop at any time of their spins.
func TestCloseWhileWorkersSpin(t *testing.T) {
	for i := range 100 {
		rt, err := executor.New(modetest.Options(executor.Options{}))
		if err != nil {
			t.Fatal(err)
		}
		all := volleys(rt, 1<<30)
		for rt.Stats().Polls < uint64(i) {
			time.Sleep(10 * time.Microsecond)
		}
		closeRuntime(t, rt)
		for _, h := range all {
			joinCancelled(t, h)
		}
		if n := executor.Spinning(rt); n != 0 {
			t.Fatalf("%d of the workers of a closed runtime spin", n)
		}
	}
}

// A spin that finds nothing is counted before the sleep, after which nothing may happen for long.
func TestASpinIsCountedBeforeTheSleep(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	if !executor.CanSpin(rt) {
		t.Skip("no worker spins here")
	}
	c := counted(t, rt, func() {
		joinOK(t, executor.Spawn(rt.On(0), future.Func(func(cx *core.Context) (int, bool) {
			executor.SpinNext(cx.Host())
			return 0, true
		})))
	})
	if c.Spins == 0 || c.Spins == c.SpinHits {
		t.Errorf("%d spins are counted, and %d that found a task", c.Spins, c.SpinHits)
	}
}

func TestSpinsCanBeSwitchedOff(t *testing.T) {
	rt := startRuntime(t, executor.Options{SpinBeforePark: -1})
	for _, h := range volleys(rt, 100) {
		joinOK(t, h)
	}
	settled(t, rt)
	if n := rt.Stats().Spins; n != 0 {
		t.Errorf("%d spins", n)
	}
}

// A timer is not late because of a spin, and I/O by spinForIO at most.
func TestSpinsEndBeforeTimersAndLookAfterIO(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	if !executor.CanSpin(rt) {
		t.Skip("no worker spins here")
	}
	longest := func(cx *core.Context) time.Duration { return executor.LongestSpin(cx.Host()) }
	inTask(t, rt, func(cx *core.Context) {
		if d := longest(cx); d != executor.SpinFor {
			t.Errorf("without a timer or I/O a spin takes %v at most, want %v", d, executor.SpinFor)
		}
	})
	inTask(t, rt, func(cx *core.Context) {
		s := timer.Sleep(time.Millisecond)
		defer s.Drop()
		s.Poll(cx)
		time.Sleep(10 * time.Millisecond) // the timer is due, and cannot fire meanwhile
		if d := longest(cx); d > 0 {
			t.Errorf("with a timer that is due a spin takes %v at most", d)
		}
	})
	a, b, err := newSocketPair()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	h := executor.Spawn[int](rt.On(0), &reader{stream: a})
	joinOK(t, executor.Spawn(rt.On(0), future.Func(func(cx *core.Context) (int, bool) {
		if d := longest(cx); d != executor.SpinForIO {
			t.Errorf("with I/O a spin takes %v at most, want %v", d, executor.SpinForIO)
		}
		return 0, true
	})))
	h.Abort()
	joinCancelled(t, h)
}

// A worker spins after a few short sleeps, and not any more once spins have cost more than they save.
func TestSpinsHaveToPay(t *testing.T) {
	if !modetest.First() {
		return
	}
	const never = 1 << 20
	short := func(s *executor.Spinner) int { // sleeps until it spins
		for n := range never {
			if s.Slept(true, time.Microsecond) {
				return n + 1
			}
		}
		return never
	}
	s := executor.NewSpinner()
	first := short(s)
	if first < 2 || first > 16 {
		t.Errorf("a worker spins after %d short sleeps", first)
	}
	if s.Slept(true, time.Second) || s.Slept(false, 0) {
		t.Error("a worker spins after a long sleep, or one that I/O has ended")
	}
	short(s)
	for range 1000 {
		if !s.Spun(true, time.Microsecond) {
			t.Fatal("spins that find tasks at once do not go on")
		}
	}
	if !s.Spun(false, executor.SpinFor) {
		t.Error("one spin that finds nothing undoes the savings of a thousand")
	}
	useless := func() (n int) {
		for n < never && s.Spun(false, executor.SpinFor) {
			n++
		}
		return n
	}
	if n := useless(); n > 100 {
		t.Errorf("a worker spins %d times and finds nothing", n)
	}
	for last := 0; last < 1000; {
		n := short(s)
		if n <= last {
			t.Fatalf("spins that find nothing are followed by %d short sleeps, and the next time by %d", last, n)
		}
		if last = n; useless() > 10 {
			t.Fatal("a worker that has been wrong spins more than ten times and finds nothing")
		}
	}
	if n := short(s); n == never {
		t.Error("a worker never spins again")
	}
	for n := 0; s.Spun(true, executor.SpinFor*9/10); n++ {
		if n > 1000 {
			t.Fatal("spins go on although each takes more than it saves")
		}
	}
}
