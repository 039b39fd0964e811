package executor_test

import (
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
	"github.com/moduvex/moduvex-go/reactor/reactortest"
)

// A fate counts how the futures of a test end.
type fate struct {
	polled    atomic.Int64 // first polls
	completed atomic.Int64
	dropped   atomic.Int64
}

// followed is a future whose end is counted.
type followed struct {
	core.Future[int]
	fate   *fate
	polled bool
}

func (f *followed) Poll(cx *core.Context) (int, bool) {
	if !f.polled {
		f.polled = true
		f.fate.polled.Add(1)
	}
	v, ok := f.Future.Poll(cx)
	if ok {
		f.fate.completed.Add(1)
	}
	return v, ok
}

func (f *followed) Drop() {
	f.fate.dropped.Add(1)
	core.Drop(f.Future)
}

// await makes f a task, in either style.
func await(s core.Spawner, style string, f core.Future[int]) joinhandle.JoinHandle[int] {
	if style == "poll" {
		return executor.Spawn(s, f)
	}
	return executor.Go(s, func(co *coro.Co) (int, error) { return coro.Await(co, f) })
}

// waits are futures that wait for something, each in its own way.
func waits(t testing.TB, rt *executor.Runtime, fake *reactortest.Fake) map[string]core.Future[int] {
	a, b := fake.Pair()
	t.Cleanup(func() { a.Close(); b.Close() })
	other := executor.Spawn[int](rt, &gate{})
	blocked := make(chan struct{})
	t.Cleanup(func() { close(blocked) })
	blocking := executor.SpawnBlocking(rt, func() (int, error) { <-blocked; return 0, nil })
	outputOf := func(h joinhandle.JoinHandle[int]) core.Future[int] {
		return future.Map(h, func(r core.Result[int]) int { return r.Value })
	}
	return map[string]core.Future[int]{
		"a wake":            &gate{},
		"a timer":           &sleeper{d: time.Hour},
		"input":             &reader{stream: a},
		"a join":            outputOf(other),
		"a blocking pool":   outputOf(blocking),
		"nothing, it spins": future.Func(func(cx *core.Context) (int, bool) { cx.Yield(); return 0, false }),
	}
}

// Regression: an abort of an idle task never queued it, and the join hung.
func TestAbortOfATaskThatWaits(t *testing.T) {
	aborts := map[string]func(t *testing.T, rt *executor.Runtime, h joinhandle.JoinHandle[int]){
		"from outside": func(t *testing.T, _ *executor.Runtime, h joinhandle.JoinHandle[int]) {
			if !h.Abort() {
				t.Error("the abort did not take")
			}
		},
		"from a task on the same worker": func(t *testing.T, rt *executor.Runtime, h joinhandle.JoinHandle[int]) {
			inTask(t, rt, func(*core.Context) {
				if !h.Abort() || h.Abort() {
					t.Error("of two aborts not just the first took")
				}
				if h.Finished() {
					t.Error("the task was dropped inside Abort")
				}
			})
		},
		"through its abort handle, from many": func(t *testing.T, _ *executor.Runtime, h joinhandle.JoinHandle[int]) {
			var took atomic.Int64
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					if h.AbortHandle().Abort() {
						took.Add(1)
					}
				})
			}
			wg.Wait()
			if n := took.Load(); n != 1 {
				t.Errorf("%d of the aborts took", n)
			}
		},
	}
	for _, style := range []string{"poll", "direct"} {
		for name, abort := range aborts {
			t.Run(style+"/"+name, func(t *testing.T) {
				fake := reactortest.NewFake()
				rt := startRuntime(t, executor.Options{Poller: fakePoller(fake)})
				for on, f := range waits(t, rt, fake) {
					t.Run(on, func(t *testing.T) {
						fate := &fate{}
						h := await(rt, style, &followed{Future: f, fate: fate})
						eventually(t, "it is polled", func() bool { return fate.polled.Load() == 1 })
						abort(t, rt, h)
						receive(t, "the join", h.Done())
						if n := fate.dropped.Load(); n != 1 {
							t.Errorf("at the join the future has been dropped %d times", n)
						}
						joinCancelled(t, h)
						if h.Abort() {
							t.Error("an abort after the end took")
						}
					})
				}
				if n := armedTimers(t, rt); n != 0 {
					t.Errorf("%d timers are left", n)
				}
				if n := rt.Stats().Registrations; n != 0 {
					t.Errorf("%d registrations are left", n)
				}
			})
		}
	}
}

// Regression: an abort between the check for one and the start of the poll was overwritten.
func TestAbortOfAScheduledTaskIsNotPolledAgain(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	woken, fresh := &gate{}, &gate{}
	hWoken := executor.Spawn[int](rt, woken)
	woken.polled(t, 1)
	release := hold(t, rt)
	woken.Open()
	hFresh := executor.Spawn[int](rt, fresh)
	for _, h := range []joinhandle.JoinHandle[int]{hWoken, hFresh} {
		if !h.Abort() {
			t.Error("an abort did not take")
		}
	}
	release()
	joinCancelled(t, hWoken)
	joinCancelled(t, hFresh)
	woken.polled(t, 1)
	fresh.polled(t, 0)
	woken.droppedOnce(t)
	fresh.droppedOnce(t)
}

// Regression: an abort while the task ran was lost.
func TestAbortOfARunningTask(t *testing.T) {
	for _, completes := range []bool{false, true} {
		rt := startRuntime(t, executor.Options{})
		polling, aborted := make(chan struct{}), make(chan struct{})
		fate := &fate{}
		h := executor.Spawn[int](rt, &followed{fate: fate, Future: future.Func(func(*core.Context) (int, bool) {
			close(polling)
			<-aborted
			return 6, completes
		})})
		receive(t, "the poll begins", polling)
		if !h.Abort() {
			t.Error("the abort did not take")
		}
		close(aborted)
		if completes { // it has completed, and the abort came too late
			if v := joinOK(t, h); v != 6 {
				t.Errorf("the join returned %d", v)
			}
		} else {
			joinCancelled(t, h)
		}
		if n, m := fate.completed.Load(), fate.dropped.Load(); n+m != 1 || completes != (n == 1) {
			t.Errorf("ready: %d, drops: %d", n, m)
		}
		alive(t, rt)
	}
}

func TestTaskThatAbortsItself(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	handles := make(chan joinhandle.JoinHandle[int], 1)
	h := executor.Spawn(rt, future.Func(func(*core.Context) (int, bool) {
		self := <-handles
		self.Abort()
		return 0, false
	}))
	handles <- h
	joinCancelled(t, h)
	alive(t, rt)
}

// Ten thousand tasks of all kinds are aborted in whatever state they are in. Every future ends
// once, every join resolves, and nothing is left.
func TestAbortsInRandomStates(t *testing.T) {
	fake := reactortest.NewFake()
	rt := startRuntime(t, executor.Options{Poller: fakePoller(fake)})
	const rounds, batch = 20, 500
	for round := range rounds {
		rng := rand.New(rand.NewPCG(1, uint64(round)))
		gates := make([]*gate, 0, batch)
		handles := make([]joinhandle.JoinHandle[int], 0, batch)
		fates := make([]fate, batch)
		for i := range batch {
			var f core.Future[int]
			switch rng.IntN(4) {
			case 0:
				g := &gate{}
				gates = append(gates, g)
				f = g
			case 1:
				f = &sleeper{d: time.Duration(rng.IntN(2_000_000))}
			case 2:
				left := rng.IntN(20)
				f = future.Func(func(cx *core.Context) (int, bool) { left--; cx.Yield(); return 0, left < 0 })
			case 3:
				f = future.Ready(1)
			}
			style := []string{"poll", "direct"}[i%2]
			handles = append(handles, await(rt, style, &followed{Future: f, fate: &fates[i]}))
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			for _, i := range rng.Perm(batch) {
				handles[i].Abort()
			}
		})
		wg.Go(func() {
			for _, g := range gates {
				g.Wake()
			}
		})
		wg.Go(func() {
			inTask(t, rt, func(*core.Context) {
				for _, h := range handles {
					h.Abort()
				}
			})
		})
		ends(t, "the aborts", wg.Wait)
		for i, h := range handles {
			receive(t, "a join", h.Done())
			polled, ends := fates[i].polled.Load(), fates[i].completed.Load()+fates[i].dropped.Load()
			// A body that was aborted before it began never took its future over.
			if ends != 1 && (i%2 == 0 || polled+ends != 0) {
				t.Fatalf("a future was polled %d times for the first time, and ended %d times", polled, ends)
			}
		}
	}
	eventually(t, "no task is left", func() bool { return rt.Stats().Live == 0 })
	inTask(t, rt, func(cx *core.Context) {
		if n := executor.ArmedTimers(cx.Host()); n != 0 {
			t.Errorf("%d timers are left", n)
		}
	})
}

// TestAnAbortByATaskNeedsNoHandOver: what a task aborts through its own context comes through neither an inbox nor the
// injector, unless it belongs to another worker.
func TestAnAbortByATaskNeedsNoHandOver(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	const n = 10
	gates := make([]*gate, n)
	near := joinOK(t, executor.Go(rt.On(0), func(co *coro.Co) (hs []joinhandle.JoinHandle[int], err error) {
		for i := range gates {
			gates[i] = &gate{}
			hs = append(hs, executor.Spawn[int](co, gates[i]))
		}
		return hs, nil
	}))
	last := &gate{}
	far := executor.Spawn[int](rt.On(rt.Workers()-1), last)
	for _, g := range append(gates, last) {
		g.polled(t, 1)
	}
	settled(t, rt)
	before := rt.Stats()
	joinOK(t, executor.Do(rt.On(0), func(co *coro.Co) error {
		for _, h := range append(near, far) {
			if !h.AbortOn(co.Context()) {
				t.Error("an abort took no effect")
			}
		}
		return nil
	}))
	settled(t, rt)
	want := uint64(1) // the task that aborts
	if rt.Workers() > 1 {
		want++ // the far task
	}
	if remote := rt.Stats().WakesRemote - before.WakesRemote; remote > want {
		t.Errorf("%d tasks came from elsewhere, want at most %d", remote, want)
	}
	for _, h := range append(near, far) {
		if _, err := join(t, h); !errors.Is(err, core.ErrCancelled) {
			t.Errorf("have %v, want a cancelled task", err)
		}
	}
}
