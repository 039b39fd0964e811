package executor_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/internal/modetest"
	"github.com/moduvex/moduvex-go/executor/internal/runq"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// pull makes worker i poll the task of k, which waits. A task that is woken on a worker goes into that
// worker's slot, where nobody steals it.
func pull(t testing.TB, rt *executor.Runtime, i int, k core.Waker) {
	t.Helper()
	joinOK(t, executor.Spawn(rt.On(i), future.Func(func(cx *core.Context) (int, bool) {
		cx.Wake(k)
		return 0, true
	})))
	joinOK(t, executor.Spawn(rt.On(i), future.Ready(0))) // polled after it
}

// holdAllBut occupies the workers of rt but for number i. The test calls release.
func holdAllBut(t testing.TB, rt *executor.Runtime, i int) (release func()) {
	t.Helper()
	held, end := make(chan struct{}), make(chan struct{})
	release = sync.OnceFunc(func() { close(end) })
	t.Cleanup(release)
	for other := range rt.Workers() {
		if other == i {
			continue
		}
		executor.Spawn(rt.On(other), future.Func(func(*core.Context) (int, bool) {
			held <- struct{}{}
			<-end
			return 0, true
		}))
		receive(t, "a worker takes its task", held)
	}
	return release
}

// A tracked future knows which workers have polled it, and its task.
type tracked struct {
	core.Future[int]
	mu    sync.Mutex
	at    []int // the worker of each poll
	waker core.Waker
	drops atomic.Int64
}

func (f *tracked) Poll(cx *core.Context) (int, bool) {
	id, _ := executor.WorkerID(cx)
	f.mu.Lock()
	f.at, f.waker = append(f.at, id), cx.Waker()
	f.mu.Unlock()
	return f.Future.Poll(cx)
}

func (f *tracked) Drop() {
	f.drops.Add(1)
	core.Drop(f.Future)
}

func (f *tracked) last() (worker, polls int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.at) == 0 {
		return -1, 0
	}
	return f.at[len(f.at)-1], len(f.at)
}

// settles waits until f was polled, and its task waits.
func (f *tracked) settles(t testing.TB, rt *executor.Runtime) core.Waker {
	t.Helper()
	eventually(t, "the future is polled", func() bool { _, n := f.last(); return n > 0 })
	settled(t, rt)
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.waker
}

// Regression: the workers' queues were not those that were stolen from, and single tasks were never
// stolen: what one task spawned ran on its worker, one after the other.
func TestTasksOfABusyRootAreRunByOthers(t *testing.T) {
	for _, spawns := range []int{2, 100, 3000} { // 3000 fit neither the ring nor the queue behind it
		t.Run(fmt.Sprint(spawns), func(t *testing.T) {
			rt := tasksMove(t, executor.Options{})
			var elsewhere atomic.Int64
			home := spawns % rt.Workers()
			joinOK(t, executor.Go(rt.On(home), func(co *coro.Co) (int, error) {
				var handles []joinhandle.JoinHandle[int]
				for range spawns {
					handles = append(handles, executor.Spawn(co, future.Func(func(cx *core.Context) (int, bool) {
						if id, _ := executor.WorkerID(cx); id != home {
							elsewhere.Add(1)
						}
						cx.Yield()
						return 0, elsewhere.Load() != 0
					})))
				}
				for _, h := range handles { // and does not stop being busy
					for !h.Finished() {
						if err := co.Yield(); err != nil {
							return 0, err
						}
					}
				}
				return 0, nil
			}))
			if spawns < 3000 { // of so many, all that went elsewhere may have come by way of the injector
				eventually(t, "the theft is counted", func() bool { return rt.Stats().Stolen > 0 })
			}
		})
	}
}

// Tasks that depend on each other's progress, more than a worker could run alone, are spread over all.
func TestWorkIsSpreadOverAllWorkers(t *testing.T) {
	rt := tasksMove(t, executor.Options{})
	n := rt.Workers()
	var meeting sync.WaitGroup
	meeting.Add(n)
	var handles []joinhandle.JoinHandle[int]
	joinOK(t, executor.Spawn(rt, future.Func(func(cx *core.Context) (int, bool) {
		for range n { // each holds its worker until all others do
			handles = append(handles, executor.Spawn(cx, future.Func(func(cx *core.Context) (int, bool) {
				meeting.Done()
				meeting.Wait()
				id, _ := executor.WorkerID(cx)
				return id, true
			})))
		}
		return 0, true
	})))
	var ids []int
	for _, h := range handles {
		ids = append(ids, joinOK(t, h))
	}
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) != n {
		t.Errorf("they ran on the workers %v of %d", ids, n)
	}
}

// A waiting is one way in which a task can wait. What it waits for stays with the worker that it
// began on.
type waiting struct {
	future core.Future[int]
	finish func() // lets the wait end
	want   int
}

// moving are the ways to wait for which a task needs its worker, or another goroutine.
var moving = map[string]func(t *testing.T, rt *executor.Runtime) waiting{
	"a socket": func(t *testing.T, _ *executor.Runtime) waiting {
		a, b := socketPair(t)
		return waiting{&reader{stream: a}, func() { b.Write([]byte{7}) }, 7}
	},
	"a join": func(_ *testing.T, rt *executor.Runtime) waiting {
		g := &gate{}
		h := executor.Spawn[int](rt, g)
		return waiting{future.Map(h, func(r core.Result[int]) int { return r.Value + 8 }), g.Open, 8}
	},
	"a timer": func(*testing.T, *executor.Runtime) waiting {
		f := &resettable{}
		f.Reset(time.Hour)
		return waiting{f, f.early.Open, 9}
	},
}

// A resettable is a timer that is far away until its gate is opened. Then it is moved, not polled.
type resettable struct {
	timer.Timer
	early gate
	moved bool
}

func (f *resettable) Poll(cx *core.Context) (int, bool) {
	if _, open := f.early.Poll(cx); open && !f.moved {
		f.moved = true
		f.Timer.Reset(time.Microsecond)
		return 0, false
	}
	_, ok := f.Timer.Poll(cx)
	return 9, ok
}

// A task that waits is polled by one worker after the other, without what it waits for having happened.
// Then it happens, or the task is aborted while all workers but one are occupied, or the runtime is
// closed. Nothing is left of the wait.
func TestTaskThatMovesWhileItWaits(t *testing.T) {
	realPoller(t)
	for on, start := range moving {
		for _, style := range []string{"poll", "direct"} {
			for _, end := range []string{"it happens", "abort", "Close"} {
				t.Run(on+"/"+style+"/"+end, func(t *testing.T) {
					rt := tasksMove(t, executor.Options{})
					w := start(t, rt)
					f := &tracked{Future: w.future}
					h := await(rt, style, f)
					k := f.settles(t, rt)
					for i := range rt.Workers() {
						pull(t, rt, i, k)
						if at, _ := f.last(); at != i {
							t.Fatalf("worker %d was to poll it, and %d has", i, at)
						}
					}
					switch end {
					case "it happens":
						w.finish()
						if v := joinOK(t, h); v != w.want {
							t.Errorf("it answered %d, want %d", v, w.want)
						}
					case "abort":
						first, _ := f.at[0], 0
						release := holdAllBut(t, rt, (first+1)%rt.Workers())
						h.Abort()
						joinCancelled(t, h)
						release()
					case "Close":
						closeRuntime(t, rt)
						joinCancelled(t, h)
					}
					if n, want := f.drops.Load(), int64(1); end == "it happens" && n != 0 || end != "it happens" && n != want {
						t.Errorf("the future was dropped %d times", n)
					}
					if n := rt.Stats().Registrations; n != 0 {
						t.Errorf("%d registrations are left", n)
					}
					if end != "Close" {
						if n := armedTimers(t, rt); n != 0 {
							t.Errorf("%d timers are left", n)
						}
					}
				})
			}
		}
	}
}

// The waits that exist in direct style only. The body moves to every worker while it is in them.
func TestBodyThatMovesWhileItAwaits(t *testing.T) {
	const soon = 30 * time.Millisecond
	release := make(chan struct{})
	bodies := map[string]struct {
		await func(co *coro.Co, d time.Duration) error
		want  error
	}{
		"Sleep": {func(co *coro.Co, d time.Duration) error { return coro.Sleep(co, d) }, nil},
		"WithTimeout": {func(co *coro.Co, d time.Duration) error {
			return coro.WithTimeout(co, d, func(co *coro.Co) error {
				_, err := coro.Await[int](co, &gate{})
				return err
			})
		}, core.ErrDeadlineExceeded},
		"WithTimeout that is left before": {func(co *coro.Co, d time.Duration) error {
			return coro.WithTimeout(co, time.Hour, func(co *coro.Co) error { return coro.Sleep(co, d) })
		}, nil},
		"Blocking": {func(co *coro.Co, d time.Duration) error {
			_, err := executor.Blocking(co, func() (int, error) {
				if d == soon {
					return 0, nil
				}
				<-release
				return 0, nil
			})
			return err
		}, nil},
	}
	for name, b := range bodies {
		for _, d := range []time.Duration{soon, time.Hour} {
			t.Run(fmt.Sprint(name, "/", d), func(t *testing.T) {
				rt := tasksMove(t, executor.Options{})
				wakers := make(chan core.Waker, 1)
				var begin time.Time
				h := executor.Go(rt, func(co *coro.Co) (int, error) {
					wakers <- co.Context().Waker()
					begin = time.Now()
					err := b.await(co, d)
					if slept := time.Since(begin); err == b.want && slept < d && name != "Blocking" {
						t.Errorf("it took %v, want at least %v", slept, d)
					}
					return 0, err
				})
				k := receive(t, "the body begins", wakers)
				for range 3 {
					for i := range rt.Workers() {
						pull(t, rt, i, k)
					}
				}
				if d == time.Hour {
					h.Abort()
					joinCancelled(t, h)
					if name == "Blocking" {
						release <- struct{}{} // nothing waits for it any more but the pool
					}
				} else if _, err := join(t, h); !errors.Is(err, b.want) {
					t.Errorf("the body ended with %v", err)
				}
				if n := armedTimers(t, rt); n != 0 {
					t.Errorf("%d timers are left", n)
				}
			})
		}
	}
}

// A worker sleeps until the timer in its wheel, an hour from now. The task that has armed it is polled
// by another worker, which moves the timer to an earlier time: the sleeper wakes up for it.
func TestEarlierTimeFromAnotherWorkerWakesTheOwnerOfTheWheel(t *testing.T) {
	rt := tasksMove(t, executor.Options{})
	for i := range rt.Workers() {
		f := &resettable{}
		f.Reset(time.Hour)
		ready := &gate{}
		tr := &tracked{Future: future.Func(func(cx *core.Context) (int, bool) {
			if _, ok := ready.Poll(cx); !ok {
				return 0, false
			}
			return f.Poll(cx)
		})}
		h := executor.Spawn[int](rt, tr)
		k := tr.settles(t, rt)
		ready.mu.Lock()
		ready.open = true // quietly
		ready.mu.Unlock()
		owner, other := i, (i+1)%rt.Workers()
		pull(t, rt, owner, k) // arms the timer there
		settled(t, rt)
		f.early.mu.Lock()
		f.early.open = true
		f.early.mu.Unlock()
		pull(t, rt, other, k)
		if at, _ := tr.last(); at != other && !h.Finished() {
			t.Fatalf("worker %d was to poll it, and %d has", other, at)
		}
		joinOK(t, h)
	}
	if n := armedTimers(t, rt); n != 0 {
		t.Errorf("%d timers are left", n)
	}
}

// An alarm is a sleep that sees when its timer fires.
type alarm struct {
	t     testing.TB
	d     time.Duration
	at    time.Duration
	host  core.Host
	entry wheel.Entry
	task  core.Waker
	fired atomic.Bool
}

func (a *alarm) Poll(cx *core.Context) (int, bool) {
	if a.host == nil {
		a.host, a.task = cx.Host(), cx.Waker()
		a.at = cx.Now() + a.d
		a.entry.Waker = a
		a.host.Arm(&a.entry, a.at)
	}
	return 0, a.fired.Load()
}

// Wake is called by the wheel.
func (a *alarm) Wake() {
	if now := a.host.Now(); now < a.at {
		a.t.Errorf("a timer fired %v early", a.at-now)
	}
	a.fired.Store(true)
	a.task.Wake()
}

func (a *alarm) Drop() {
	if a.host != nil {
		a.host.Disarm(&a.entry)
	}
}

// Ten thousand sleeps of all kinds end by themselves or are aborted, from other goroutines and from tasks
// of all workers, on whatever worker they are by then. Every one ends once, none early, and no timer is
// left in any wheel.
//
// Regression: a timer that was dropped on another worker cancelled somebody else's.
func TestTimersThatAreDisarmedFromEverywhere(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	const sleeps, longest = 10_000, 30 * time.Millisecond
	rng := rand.New(rand.NewPCG(1, 2))
	fates := make([]fate, sleeps)
	handles := make([]joinhandle.JoinHandle[int], sleeps)
	start := func(s core.Spawner, i int, d time.Duration) joinhandle.JoinHandle[int] {
		kinds := []func(core.Spawner) joinhandle.JoinHandle[int]{
			func(s core.Spawner) joinhandle.JoinHandle[int] {
				return executor.Spawn[int](s, &followed{Future: &alarm{t: t, d: d}, fate: &fates[i]})
			},
			func(s core.Spawner) joinhandle.JoinHandle[int] {
				return await(s, "direct", &followed{Future: &alarm{t: t, d: d}, fate: &fates[i]})
			},
			func(s core.Spawner) joinhandle.JoinHandle[int] {
				f := future.Map(timer.Sleep(d), func(struct{}) int { return 0 })
				return executor.Spawn[int](s, &followed{Future: f, fate: &fates[i]})
			},
			func(s core.Spawner) joinhandle.JoinHandle[int] {
				return executor.Go(s, func(co *coro.Co) (int, error) {
					begin := time.Now()
					err := coro.Sleep(co, d)
					if slept := time.Since(begin); err == nil && slept < d {
						t.Errorf("a sleep of %v took %v", d, slept)
					}
					return 0, err
				})
			},
			func(s core.Spawner) joinhandle.JoinHandle[int] {
				return executor.Go(s, func(co *coro.Co) (int, error) {
					f := &followed{Future: &alarm{t: t, d: time.Hour}, fate: &fates[i]}
					err := coro.WithTimeout(co, d, func(co *coro.Co) error {
						_, err := coro.Await[int](co, f)
						return err
					})
					if errors.Is(err, core.ErrDeadlineExceeded) {
						err = nil
					}
					return 0, err
				})
			},
		}
		return kinds[i%len(kinds)](s)
	}
	durations := make([]time.Duration, sleeps)
	for i := range durations {
		durations[i] = time.Duration(rng.Int64N(int64(longest)))
	}
	// Half of them come from tasks, so that they begin on all workers.
	for i := range sleeps / 2 {
		handles[i] = start(rt, i, durations[i])
	}
	workers := rt.Workers()
	for _, h := range executor.GoEach(rt, func(co *coro.Co, worker int) (int, error) {
		for i := sleeps/2 + worker; i < sleeps; i += workers {
			handles[i] = start(co, i, durations[i])
		}
		return 0, nil
	}) {
		joinOK(t, h)
	}
	var wg sync.WaitGroup
	for seed := range uint64(2) {
		wg.Go(func() {
			for n, i := range rand.New(rand.NewPCG(3, seed)).Perm(sleeps) {
				if i%3 != 0 { // the rest ends by itself
					handles[i].Abort()
				}
				if n%256 == 0 {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	aborters := executor.GoEach(rt, func(co *coro.Co, worker int) (int, error) {
		for n, i := range rand.New(rand.NewPCG(4, uint64(worker))).Perm(sleeps) {
			if i%3 == 1 {
				handles[i].Abort()
			}
			if n%64 == 0 {
				if err := co.Yield(); err != nil {
					return 0, err
				}
			}
		}
		return 0, nil
	})
	ends(t, "the aborts", wg.Wait)
	for _, h := range aborters {
		joinOK(t, h)
	}
	for i, h := range handles {
		receive(t, "a sleep", h.Done())
		_, err := h.Wait(within(t))
		if err != nil && (i%3 == 0 || !errors.Is(err, core.ErrCancelled)) {
			t.Fatalf("sleep %d ended with %v", i, err)
		}
		if polled, ends := fates[i].polled.Load(), fates[i].answered.Load()+fates[i].dropped.Load(); polled > 1 || ends > 1 || ends < polled {
			t.Fatalf("future %d was polled for the first time %d times and ended %d times", i, polled, ends)
		}
	}
	if n := armedTimers(t, rt); n != 0 {
		t.Errorf("%d timers are left", n)
	}
}

// descend recurses with locals on the stack at each level, and moves at the bottom. On the way back they
// must be what they were.
func descend(depth int, move func() error) (sum int, err error) {
	var locals [16]int
	for i := range locals {
		locals[i] = depth * i
	}
	if depth == 0 {
		return 0, move()
	}
	sum, err = descend(depth-1, move)
	for i, v := range locals {
		if v != depth*i {
			return 0, fmt.Errorf("at depth %d the local %d is %d", depth, i, v)
		}
	}
	return sum + locals[1], err
}

func TestCoroutineKeepsItsLocalsOnEveryWorker(t *testing.T) {
	rt := tasksMove(t, executor.Options{})
	const depth, rounds = 50, 3
	never := &gate{}
	f := &tracked{Future: never}
	var order []string
	h := executor.Go(rt, func(co *coro.Co) (sum int, err error) {
		defer func() { order = append(order, "outer") }()
		defer func() { order = append(order, "inner") }()
		for range rounds {
			n, err := descend(depth, func() error { _, err := coro.Await[int](co, f); return err })
			if err != nil {
				return 0, err
			}
			sum += n
			never.mu.Lock()
			never.open = false
			never.mu.Unlock()
		}
		return sum, nil
	})
	for round := range rounds {
		eventually(t, "the body awaits", func() bool { _, n := f.last(); return n >= 1 })
		k := f.settles(t, rt)
		for i := range rt.Workers() {
			if i == rt.Workers()-1 { // goes on, and then awaits again
				never.mu.Lock()
				never.open = true
				never.mu.Unlock()
			}
			pull(t, rt, i, k)
			if at, _ := f.last(); at != i && !h.Finished() {
				t.Fatalf("round %d: worker %d was to resume it, and %d has", round, i, at)
			}
		}
	}
	if sum, want := joinOK(t, h), rounds*depth*(depth+1)/2; sum != want {
		t.Errorf("the sum is %d, want %d", sum, want)
	}
	if !slices.Equal(order, []string{"inner", "outer"}) {
		t.Errorf("the deferred functions ran in the order %v", order)
	}
}

// Bodies that have begun on one worker, which has nothing but them, are stolen and go on elsewhere, each
// with its own numbers on its stack. One may stay: a task that is alone is not stolen.
func TestStolenCoroutinesKeepTheirLocals(t *testing.T) {
	rt := tasksMove(t, executor.Options{})
	const bodies = 150
	const home = 0
	release := holdAllBut(t, rt, home)
	var begun, moved atomic.Int64
	var handles []joinhandle.JoinHandle[int]
	joinOK(t, executor.Go(rt, func(co *coro.Co) (int, error) {
		for range bodies {
			handles = append(handles, executor.Go(co, func(co *coro.Co) (int, error) {
				return descend(10, func() error {
					if id, _ := executor.WorkerID(co); id != home {
						t.Errorf("a body began on worker %d, which is occupied", id)
					}
					begun.Add(1)
					for moved.Load() < bodies-1 {
						if err := co.Yield(); err != nil {
							return err
						}
						if id, _ := executor.WorkerID(co); id != home {
							moved.Add(1)
							return nil
						}
					}
					return nil
				})
			}))
		}
		for begun.Load() < bodies {
			if err := co.Yield(); err != nil {
				return 0, err
			}
		}
		release()
		return 0, nil
	}))
	for _, h := range handles {
		if v := joinOK(t, h); v != 55 {
			t.Errorf("a body answered %d", v)
		}
	}
}

// A body that has moved ends where it is: by a panic, by Goexit, or by an abort.
func TestBodyThatMovedEndsOnItsNewWorker(t *testing.T) {
	tests := map[string]struct {
		end   func()
		check func(t *testing.T, h joinhandle.JoinHandle[int])
	}{
		"panic": {explode, func(t *testing.T, h joinhandle.JoinHandle[int]) { wantExplosion(t, joinPanicked(t, h)) }},
		"Goexit": {runtime.Goexit, func(t *testing.T, h joinhandle.JoinHandle[int]) {
			if _, err := join(t, h); !errors.Is(err, core.ErrGoexit) {
				t.Errorf("the join answered with %v", err)
			}
		}},
	}
	for name, tt := range tests {
		for _, style := range []string{"poll", "direct"} {
			t.Run(name+"/"+style, func(t *testing.T) {
				rt := tasksMove(t, executor.Options{})
				for i := range rt.Workers() {
					g := &gate{}
					f := &tracked{Future: future.Func(func(cx *core.Context) (int, bool) {
						if _, open := g.Poll(cx); open {
							tt.end()
						}
						return 0, false
					})}
					h := await(rt, style, f)
					k := f.settles(t, rt)
					pull(t, rt, i, k)
					g.mu.Lock()
					g.open = true
					g.mu.Unlock()
					pull(t, rt, (i+1)%rt.Workers(), k)
					tt.check(t, h)
					if at, n := f.last(); at != (i+1)%rt.Workers() || n != 3 || f.drops.Load() != 1 {
						t.Errorf("of %d polls the last was on worker %d; drops: %d", n, at, f.drops.Load())
					}
					alive(t, rt)
				}
			})
		}
	}
}

// Each task wakes the next, which goes into the slot, out of sight of thieves, as often as the slot may be
// used in a row. The one after that goes behind what was in the queue before it.
func TestSlotIsUsedABoundedNumberOfTimesInARow(t *testing.T) {
	rt := tasksMove(t, executor.Options{})
	for home := range rt.Workers() {
		release := holdAllBut(t, rt, home)
		var order []string // written on that worker
		gates := make([]*gate, runq.MaxRuns+2)
		var handles []joinhandle.JoinHandle[int]
		wakeNext := func(cx *core.Context, i int) {
			g := gates[i]
			g.mu.Lock()
			g.open = true
			k := g.waker
			g.mu.Unlock()
			cx.Wake(k)
		}
		for i := range gates {
			gates[i] = &gate{}
			handles = append(handles, executor.Spawn(rt, future.Func(func(cx *core.Context) (int, bool) {
				if _, open := gates[i].Poll(cx); !open {
					return 0, false
				}
				order = append(order, fmt.Sprint("slot ", i))
				if i+1 < len(gates) {
					wakeNext(cx, i+1)
				}
				return 0, true
			})))
			gates[i].polled(t, 1)
		}
		joinOK(t, executor.Spawn(rt.On(home), future.Func(func(cx *core.Context) (int, bool) {
			for i := range 3 {
				handles = append(handles, executor.Spawn(cx, future.Func(func(*core.Context) (int, bool) {
					order = append(order, fmt.Sprint("queue ", i))
					return 0, true
				})))
			}
			wakeNext(cx, 0)
			return 0, true
		})))
		for _, h := range handles {
			joinOK(t, h)
		}
		release()
		var want []string
		for i := range runq.MaxRuns {
			want = append(want, fmt.Sprint("slot ", i))
		}
		want = append(want, "queue 0", "queue 1", "queue 2", fmt.Sprint("slot ", runq.MaxRuns), fmt.Sprint("slot ", runq.MaxRuns+1))
		if !slices.Equal(order, want) {
			t.Errorf("worker %d polled %v, want %v", home, order, want)
		}
	}
}

// Regression: a worker that was chosen to search, and met the task in the injector before it searched,
// polled while it was counted as a searcher; so nobody else was woken until its poll was over.
func TestStealingWorkerThatPollsKeepsNobodyAsleep(t *testing.T) {
	if !modetest.First() {
		return
	}
	rt := startRuntime(t, executor.Options{Scheduling: executor.WorkStealing, Workers: 2, LongPollThreshold: -1})
	eventually(t, "all workers sleep", func() bool { return executor.Parked(rt) })
	began, second := make(chan struct{}), make(chan struct{})
	first := executor.Go(rt, func(*coro.Co) (bool, error) {
		close(began)
		select {
		case <-second:
			return true, nil
		case <-time.After(patience / 2):
			return false, nil
		}
	})
	receive(t, "the first poll begins", began)
	executor.Go(rt, func(*coro.Co) (int, error) { close(second); return 0, nil })
	if ok, err := join(t, first); !ok || err != nil {
		t.Errorf("the second task did not run during the first poll (%v)", err)
	}
}
