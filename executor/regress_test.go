package executor_test

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/internal/runq"
	"github.com/moduvex/moduvex-go/joinhandle"
	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/reactortest"
)

// Mistakes of runtimes with one worker are more likely with many. In each test here the workers interact.

// Regression: an abort of an idle task never queued it, so that its join hung; and a join reported the
// task as cancelled before its future was dropped.
func TestAbortFromEveryWorkerDropsBeforeTheJoin(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	for range 20 {
		for home := range rt.Workers() {
			g := &gate{}
			h := executor.Spawn[int](rt.On(home), g)
			g.polled(t, 1)
			joiner := executor.Go(rt.On((home+1)%rt.Workers()), func(co *coro.Co) (int64, error) {
				_, err := h.Join(co)
				if !errors.Is(err, core.ErrCancelled) {
					t.Errorf("the join returned %v", err)
				}
				return g.drops.Load(), nil
			})
			var took atomic.Int64
			for _, a := range executor.GoEach(rt, func(*coro.Co, int) (int, error) {
				if h.Abort() {
					took.Add(1)
				}
				return 0, nil
			}) {
				joinOK(t, a)
			}
			if n := joinOK(t, joiner); n != 1 || took.Load() != 1 {
				t.Fatalf("%d aborts took; at the join the future has been dropped %d times", took.Load(), n)
			}
		}
	}
}

// Regression: an abort while the task ran was lost, or was overwritten by the start of the poll.
func TestAbortFromAnotherWorkerWhileATaskRuns(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	for _, style := range []string{"poll", "direct"} {
		for range 200 {
			fate := &fate{}
			h := await(rt, style, &followed{fate: fate, Future: future.Func(func(cx *core.Context) (int, bool) {
				cx.Yield() // it is running or scheduled at every moment
				return 0, false
			})})
			aborter := executor.Go(rt, func(co *coro.Co) (int, error) { h.Abort(); return 0, nil })
			receive(t, "the join", h.Done())
			joinCancelled(t, h)
			joinOK(t, aborter)
			if polled, dropped := fate.polled.Load(), fate.dropped.Load(); dropped != 1 && (style == "poll" || polled != 0) {
				t.Fatalf("%s: the future was begun %d times and dropped %d times", style, polled, dropped)
			}
		}
	}
}

// A passer waits for its turn, and passes it on, in the last moment of its poll: the next is on another
// worker, and may be polled and wake this one before its own poll has ended.
type passer struct {
	next  *passer
	waker atomic.Pointer[core.Waker]
	turns atomic.Int64
	left  int
}

func (p *passer) Poll(cx *core.Context) (int, bool) {
	if p.waker.Load() == nil {
		k := cx.Waker()
		p.waker.Store(&k)
	}
	for p.turns.Load() > 0 {
		p.turns.Add(-1)
		p.left--
		p.next.turns.Add(1)
		if k := p.next.waker.Load(); k != nil {
			cx.Wake(*k)
		}
	}
	return 0, p.left <= 0
}

// Regression: a task was lost when it was woken between its poll and its return to where wakes look for
// it.
func TestTaskThatIsWokenAsItsPollEndsIsNotLost(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	const rounds, rings = 300, 20
	var handles []joinhandle.JoinHandle[int]
	for range rings {
		ring := make([]*passer, 2*rt.Workers())
		for i := range ring {
			ring[i] = &passer{left: rounds}
		}
		for i, p := range ring {
			p.next = ring[(i+1)%len(ring)]
		}
		ring[0].turns.Store(1)
		for i, p := range ring {
			s := core.Spawner(rt)
			if i%2 == 0 {
				s = rt.On(i / 2)
			}
			handles = append(handles, executor.Spawn[int](s, p))
		}
		// Passing the turn to one that has no waker yet is no wake: it looks when it is first polled.
	}
	for _, h := range handles {
		joinOK(t, h)
	}
}

// Regression: a worker ended early, while tasks of the others could still reach it.
func TestWorkersGoOnAfterTheRootHasEnded(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	var handles []joinhandle.JoinHandle[int]
	ready := make(chan struct{})
	v, err := executor.BlockOn(within(t), rt, future.Func(func(cx *core.Context) (int, bool) {
		for i := range rt.Workers() {
			handles = append(handles, executor.Go(rt.On(i), func(co *coro.Co) (int, error) {
				_, err := executor.Blocking(co, func() (int, error) { <-ready; return 0, nil })
				if err != nil {
					return 0, err
				}
				// Through every worker once more, after the root has ended.
				for j := range rt.Workers() {
					if _, err := executor.Go(rt.On(j), func(co *coro.Co) (int, error) { return 0, co.Yield() }).Join(co); err != nil {
						return 0, err
					}
				}
				return 0, nil
			}))
		}
		return 5, true
	}))
	if v != 5 || err != nil {
		t.Fatalf("the root returned %d, %v", v, err)
	}
	close(ready)
	for _, h := range handles {
		joinOK(t, h)
	}
}

// Regression: futures that must not be shared between threads were polled by several. Here all futures
// may move, but one is polled by one worker at a time, and what a poll has written is there for the next,
// on whatever worker. The fields have no lock: the race detector looks on.
func TestFutureIsPolledByOneWorkerAtATime(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	const tasks, polls = 20, 300
	type unlocked struct {
		polls   int
		polling bool
		last    core.Waker
		log     map[int]int // worker to polls
	}
	var handles []joinhandle.JoinHandle[int]
	var wakers []core.Waker
	for range tasks {
		f := &unlocked{log: map[int]int{}}
		got := make(chan core.Waker, 1)
		handles = append(handles, executor.Spawn(noting{rt, got}, future.Func(func(cx *core.Context) (int, bool) {
			if f.polling {
				t.Error("the future is polled by two workers")
			}
			f.polling = true
			if f.last != nil && f.last != cx.Waker() {
				t.Error("the waker has changed")
			}
			id, _ := executor.WorkerID(cx)
			f.last = cx.Waker()
			f.log[id]++
			f.polls++
			f.polling = false
			if f.polls%3 == 0 {
				cx.Yield()
			}
			return f.polls, f.polls >= polls
		})))
		wakers = append(wakers, receive(t, "the waker", got))
	}
	var stop atomic.Bool
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for !stop.Load() {
				for _, k := range wakers {
					k.Wake()
				}
				runtime.Gosched()
			}
		})
	}
	wakes := executor.GoEach(rt, func(co *coro.Co, _ int) (int, error) {
		for !stop.Load() {
			for _, k := range wakers {
				co.Context().Wake(k)
			}
			if err := co.Yield(); err != nil {
				return 0, err
			}
		}
		return 0, nil
	})
	for _, h := range handles {
		if n := joinOK(t, h); n != polls {
			t.Errorf("a future counted %d polls", n)
		}
	}
	stop.Store(true)
	wg.Wait()
	for _, h := range wakes {
		joinOK(t, h)
	}
}

// Regression: tasks that did not fit a worker's queue were dropped.
func TestTasksThatDoNotFitAnyQueueAllRunOnce(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	const tasks = 20_000
	ran := make([]atomic.Int32, tasks)
	once := func(i int) core.Future[int] {
		return future.Func(func(*core.Context) (int, bool) { ran[i].Add(1); return 0, true })
	}
	workers := rt.Workers()
	for _, h := range executor.GoEach(rt, func(co *coro.Co, worker int) (int, error) {
		for i := worker; i < tasks/2; i += workers {
			executor.Spawn(co, once(i))
		}
		return 0, nil
	}) {
		joinOK(t, h)
	}
	for i := tasks / 2; i < tasks; i++ {
		executor.Spawn(rt, once(i))
	}
	eventually(t, "the tasks end", func() bool { return rt.Stats().Live == 0 })
	for i := range ran {
		if n := ran[i].Load(); n != 1 {
			t.Fatalf("task %d ran %d times", i, n)
		}
	}
}

// Regression: a spawn woke no worker, and the task waited until its worker woke up for another reason.
func TestSpawnOntoSleepingWorkersWakesOne(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	for range 20 {
		settled(t, rt)
		joinOK(t, executor.Spawn(rt, future.Ready(0)))
		for i := range rt.Workers() {
			settled(t, rt)
			joinOK(t, executor.Spawn(rt.On(i), future.Ready(0)))
			settled(t, rt)
			joinOK(t, executor.Go(rt.On(i), func(co *coro.Co) (int, error) { // from one worker to the next
				return executor.Spawn(rt.On((i+1)%rt.Workers()), future.Ready(0)).Join(co)
			}))
		}
	}
}

// Regression: wakers that outlived their runtime wrote to descriptors that were closed, and belonged to
// other code by then.
func TestWakersThatOutliveTheirRuntimeTouchNoDescriptor(t *testing.T) {
	realPoller(t)
	for range 5 {
		rt := startRuntime(t, executor.Options{})
		var gates []*gate
		for i := range rt.Workers() {
			bound, free := &gate{}, &gate{}
			executor.Spawn[int](rt.On(i), bound)
			executor.Spawn[int](rt, free)
			gates = append(gates, bound, free)
		}
		for _, g := range gates {
			g.polled(t, 1)
		}
		settled(t, rt)
		closeRuntime(t, rt)
		var ends []*socket // with the numbers that the pollers had
		for range 2 * rt.Workers() {
			a, b := socketPair(t)
			ends = append(ends, a, b)
		}
		for range 100 {
			for _, g := range gates {
				g.Wake()
			}
		}
		for _, s := range ends {
			if n, err := s.Read(make([]byte, 8)); err != reactortest.ErrWouldBlock {
				t.Errorf("a socket that nobody has written to has %d bytes: %v", n, err)
			}
		}
		for _, g := range gates {
			g.droppedOnce(t)
			g.polled(t, 1)
		}
	}
}

// Regression: the loop that drained the queue had no bound, and the root starved.
func TestRootHasItsTurnsWhileAllWorkersAreFlooded(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	var stop atomic.Bool
	var flood func() core.Future[int]
	flood = func() core.Future[int] {
		return future.Func(func(cx *core.Context) (int, bool) {
			if !stop.Load() {
				executor.Spawn(cx, flood())
			}
			return 0, true
		})
	}
	for i := range rt.Workers() {
		for range 3 * runq.PollsPerRound { // more than a round takes
			executor.Spawn(rt.On(i), flood())
		}
	}
	for range 3 {
		turns := 0
		if _, err := executor.BlockOn(within(t), rt, future.Func(func(cx *core.Context) (int, bool) {
			turns++
			cx.Yield()
			return 0, turns == 20
		})); err != nil {
			t.Fatal(err)
		}
		joinOK(t, executor.Go(rt, func(co *coro.Co) (int, error) { return 0, coro.Sleep(co, time.Millisecond) }))
	}
	stop.Store(true)
	eventually(t, "the flood ends", func() bool { return rt.Stats().Live == 0 })
}

// Regression: a reactor belonged to a thread, and a socket that was used on another was not found there.
// Here a socket is registered on one worker, waited for on every one, and given up on another.
func TestSocketIsUsedOnEveryWorker(t *testing.T) {
	realPoller(t)
	rt := startRuntime(t, executor.Options{})
	for home := range rt.Workers() {
		a, b := socketPair(t)
		reg := joinOK(t, executor.Spawn(rt.On(home), future.Func(func(cx *core.Context) (*reactor.Registration, bool) {
			reg, err := cx.Host().IO().(*reactor.Reactor).Register(a.FD(), reactor.Readable)
			if err != nil {
				t.Error(err)
			}
			return reg, true
		})))
		waits := make(chan int, rt.Workers())
		handles := executor.GoEach(rt, func(co *coro.Co, worker int) (int, error) {
			return coro.Await(co, future.Func(func(cx *core.Context) (int, bool) {
				if id, _ := executor.WorkerID(cx); id != worker {
					t.Errorf("the task of worker %d is on %d", worker, id)
				}
				ev, ok := reg.PollReady(cx.Waker(), reactor.Read)
				if !ok {
					waits <- worker
				}
				return int(ev.Ready & reactor.ReadReady), ok
			}))
		})
		for range rt.Workers() {
			receive(t, "every worker waits for the socket", waits)
		}
		b.Write([]byte{1})
		for _, h := range handles {
			if ready := joinOK(t, h); ready == 0 {
				t.Error("a task was woken and the socket is not ready")
			}
		}
		joinOK(t, executor.Go(rt.On((home+1)%rt.Workers()), func(*coro.Co) (int, error) { return 0, reg.Deregister() }))
		if n := rt.Stats().Registrations; n != 0 {
			t.Errorf("%d registrations are left", n)
		}
	}
}
