package executor_test

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/joinhandle"
	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/reactortest"
)

func TestRemoteWakeOfAParkedWorkerCostsOneNotify(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	g := &gate{}
	h := executor.Spawn[int](rt, g)
	g.polled(t, 1)
	undisturbed(t, rt)
	before := rt.Stats()
	const wakes = 100
	for i := range int64(wakes) {
		g.Wake()
		g.polled(t, i+2) // the worker has left its park, so the next one is another
		settled(t, rt)
	}
	after := rt.Stats()
	if n := after.Notifies - before.Notifies; n != wakes {
		t.Errorf("%d wakes cost %d notifies", wakes, n)
	}
	g.Open()
	joinOK(t, h)
}

// A slowPoller does not return from a wait while its lock is held.
type slowPoller struct {
	*reactortest.Fake
	sync.Mutex
}

func (p *slowPoller) Wait(events []reactor.Event, timeout time.Duration) ([]reactor.Event, error) {
	events, err := p.Fake.Wait(events, timeout)
	p.Lock()
	defer p.Unlock()
	return events, err
}

func TestManyRemoteWakesOfAParkedWorkerCostOneNotify(t *testing.T) {
	p := &slowPoller{Fake: reactortest.NewFake()}
	rt := startRuntime(t, executor.Options{Poller: func() (reactor.Poller, error) { return p, nil }})
	gates := make([]*gate, 100)
	for i := range gates {
		gates[i] = &gate{}
		executor.Spawn[int](rt, gates[i])
		gates[i].polled(t, 1)
	}
	undisturbed(t, rt)
	p.Lock()
	before := rt.Stats().Notifies
	for _, g := range gates {
		g.Wake()
	}
	executor.Spawn(rt, future.Ready(0))
	n := rt.Stats().Notifies - before
	p.Unlock()
	if n != 1 {
		t.Errorf("%d wakes and a spawn in one park cost %d notifies", len(gates), n)
	}
	for _, g := range gates {
		g.polled(t, 2)
	}
}

// notifies returns how often the poller of each worker was notified.
func notifies(fakes []*reactortest.Fake) (n []int) {
	for _, f := range fakes {
		n = append(n, f.Calls("notify"))
	}
	return n
}

// A task that is bound is woken on its worker, at the cost of one notify of that one's poller. The others
// sleep on.
func TestWakeOfAParkedWorkerNotifiesNoOther(t *testing.T) {
	rt, all := seats(t)
	fakes := all[0].fakes
	gates := make([]*gate, rt.Workers())
	for i := range gates {
		gates[i] = &gate{}
		executor.Spawn[int](rt.On(i), gates[i])
		gates[i].polled(t, 1)
	}
	const rounds = 20
	for round := range int64(rounds) {
		for i, g := range gates {
			settled(t, rt)
			before := notifies(fakes)
			g.Wake()
			g.polled(t, round+2)
			settled(t, rt)
			for j, n := range notifies(fakes) {
				if d := n - before[j]; i == j && d != 1 || i != j && d != 0 {
					t.Fatalf("a wake on worker %d cost worker %d %d notifies", i, j, d)
				}
			}
		}
	}
}

// A task that any worker may run wakes one of them, if all sleep; and none, if that is awake.
func TestWakeOfATaskThatIsNotBoundWakesOneWorker(t *testing.T) {
	rt, all := seats(t)
	fakes := all[0].fakes
	g := &gate{}
	executor.Spawn[int](rt, g)
	g.polled(t, 1)
	undisturbed(t, rt)
	for round := range int64(50) {
		settled(t, rt)
		before := notifies(fakes)
		g.Wake()
		g.polled(t, round+2)
		settled(t, rt)
		total := 0
		for j, n := range notifies(fakes) {
			total += n - before[j]
		}
		if total != 1 {
			t.Fatalf("in round %d the wake of one task cost %d notifies", round, total)
		}
	}
}

// A burst of tasks from outside wakes as many workers as there are tasks, and no more: each task holds its
// worker until all of them run. Where workers steal, one that has seen a task may be overtaken by a worker
// that takes it, and then wakes a worker that finds no task. That is rare, so not every burst does it.
func TestBurstWakesNoMoreWorkersThanThereAreTasks(t *testing.T) {
	rt, all := seats(t)
	fakes := all[0].fakes
	for n := 1; n <= rt.Workers(); n++ {
		least := rt.Workers()
		for range 10 {
			undisturbed(t, rt)
			before := notifies(fakes)
			var meeting sync.WaitGroup
			meeting.Add(n)
			var handles []joinhandle.JoinHandle[int]
			for range n {
				handles = append(handles, executor.Spawn(rt, future.Func(func(*core.Context) (int, bool) {
					meeting.Done()
					meeting.Wait()
					return 0, true
				})))
			}
			for _, h := range handles {
				joinOK(t, h)
			}
			settled(t, rt)
			woken := 0
			for i, m := range notifies(fakes) {
				if m != before[i] {
					woken++
				}
			}
			if woken < n || woken > n && !modetest.Stealing() {
				t.Fatalf("a burst of %d tasks woke %d of %d workers", n, woken, rt.Workers())
			}
			least = min(least, woken)
		}
		if least != n {
			t.Errorf("each burst of %d tasks woke at least %d of %d workers", n, least, rt.Workers())
		}
	}
}

// One worker polls, the others sleep. Nobody is notified of tasks for the one that polls.
func TestTasksForARunningWorkerCostNoNotify(t *testing.T) {
	rt, all := seats(t)
	fakes := all[0].fakes
	for i := range rt.Workers() {
		g := &gate{}
		executor.Spawn[int](rt.On(i), g)
		g.polled(t, 1)
		settled(t, rt)
		running, end := make(chan struct{}), make(chan struct{})
		h := executor.Spawn(rt.On(i), future.Func(func(*core.Context) (int, bool) {
			close(running)
			<-end
			return 0, true
		}))
		receive(t, "the worker polls", running)
		before := notifies(fakes)
		for range 100 {
			g.Wake()
		}
		h2 := executor.Spawn(rt.On(i), future.Ready(0))
		after := notifies(fakes)
		close(end)
		joinOK(t, h)
		joinOK(t, h2)
		g.polled(t, 2)
		if !slices.Equal(before, after) {
			t.Errorf("tasks for worker %d, which polls, cost notifies: %v before, %v after", i, before, after)
		}
	}
}

// Regression: a notification went to a worker that was busy.
func TestRemoteWakesOfABusyWorkerCostNoNotify(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	gates := make([]*gate, 100)
	for i := range gates {
		gates[i] = &gate{}
		executor.Spawn[int](rt, gates[i])
		gates[i].polled(t, 1)
	}
	release := hold(t, rt)
	before := rt.Stats().Notifies
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 10 {
				for _, g := range gates {
					g.Wake()
				}
			}
		})
	}
	wg.Wait()
	if n := rt.Stats().Notifies - before; n != 0 {
		t.Errorf("wakes of a busy worker cost %d notifies", n)
	}
	release()
	for _, g := range gates {
		g.polled(t, 2) // and no more: a wake of a task that is queued is no second wake
	}
}

// Regression: a wake while the task ran was ignored.
func TestWakeWhileRunningIsAnotherPoll(t *testing.T) {
	wakes := map[string]func(cx *core.Context){
		"by the task itself":       func(cx *core.Context) { cx.Waker().Wake() },
		"through the context":      func(cx *core.Context) { cx.Wake(cx.Waker()) },
		"by yielding":              func(cx *core.Context) { cx.Yield() },
		"a hundred times":          func(cx *core.Context) { times(100, cx.Waker().Wake) },
		"by another goroutine":     func(cx *core.Context) { elsewhere(cx.Waker().Wake) },
		"by many, in several ways": func(cx *core.Context) { cx.Yield(); times(9, func() { elsewhere(cx.Waker().Wake) }) },
	}
	rt := startRuntime(t, executor.Options{})
	for name, wake := range wakes {
		t.Run(name, func(t *testing.T) {
			polls := 0
			h := executor.Spawn(rt.On(0), future.Func(func(cx *core.Context) (int, bool) {
				if polls++; polls == 1 {
					wake(cx)
				}
				return polls, false
			}))
			// Whatever the wake has queued comes before these.
			joinOK(t, executor.Spawn(rt.On(0), future.Ready(0)))
			joinOK(t, executor.Spawn(rt.On(0), future.Ready(0)))
			if n := joinOK(t, executor.Spawn(rt.On(0), future.Func(func(*core.Context) (int, bool) { return polls, true }))); n != 2 {
				t.Errorf("%d polls, want 2", n)
			}
			h.Abort()
			joinCancelled(t, h)
		})
	}
}

func times(n int, f func()) {
	for range n {
		f()
	}
}

func elsewhere(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

func TestWakeAfterTheEndDoesNothing(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	done, aborted := &gate{open: true}, &gate{}
	joinOK(t, executor.Spawn[int](rt, done))
	h := executor.Spawn[int](rt, aborted)
	aborted.polled(t, 1)
	h.Abort()
	joinCancelled(t, h)
	for range 3 {
		done.Wake()
		aborted.Wake()
		alive(t, rt)
	}
	done.polled(t, 1)
	aborted.polled(t, 1)
	aborted.droppedOnce(t)
	if n := done.drops.Load(); n != 0 {
		t.Errorf("a future that was ready was dropped %d times", n)
	}
	closeRuntime(t, rt)
	done.Wake()
	aborted.Wake()
	aborted.droppedOnce(t)
}

// Regression: every poll made another waker.
func TestWakerIsTheSameInEveryPoll(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	var first core.Waker
	polls := 0
	joinOK(t, executor.Spawn(rt, future.Func(func(cx *core.Context) (int, bool) {
		if first == nil {
			first = cx.Waker()
		}
		if cx.Waker() != first {
			t.Error("the waker has changed")
		}
		cx.Yield()
		polls++
		return 0, polls == 10
	})))
}

func TestIdleTaskIsNotPolled(t *testing.T) {
	fake := reactortest.NewFake()
	rt := startRuntime(t, executor.Options{Poller: fakePoller(fake)})
	a, b := fake.Pair()
	defer a.Close()
	defer b.Close()
	idle := &gate{}
	read := &reader{stream: a}
	executor.Spawn[int](rt, idle)
	h := executor.Spawn[int](rt, read)
	idle.polled(t, 1)
	// Everything that can happen on a worker happens, but not to the idle task.
	for range 10 {
		alive(t, rt)
		joinOK(t, executor.SpawnBlocking(rt, func() (int, error) { return 0, nil }))
		joinOK(t, executor.Spawn[int](rt, &sleeper{d: time.Millisecond}))
		inTask(t, rt, func(cx *core.Context) { executor.Spawn(cx, future.Yield()) })
	}
	b.Write([]byte{1})
	joinOK(t, h)
	idle.polled(t, 1)
	if n := read.polls.Load(); n != 2 {
		t.Errorf("the reader was polled %d times, want 2: to register, and to read", n)
	}
}

func TestFloodOfRemoteWakesLosesNone(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	const tasks, wakes = 50, 200
	var wg sync.WaitGroup
	for range tasks {
		// Each replies to a request; a lost wake would leave it waiting.
		var asked atomic.Int64
		var received int64
		g := &gate{}
		response := make(chan int64, 1)
		h := executor.Spawn(rt, future.Func(func(cx *core.Context) (int, bool) {
			g.Poll(cx)
			n := asked.Load()
			if n != received {
				received = n
				response <- n
			}
			return 0, n == wakes
		}))
		wg.Go(func() {
			eventually(t, "the first poll", func() bool { return g.polls.Load() > 0 })
			for i := range int64(wakes) {
				asked.Store(i + 1)
				g.Wake()
				if got := <-response; got != i+1 {
					t.Errorf("response %d to request %d", got, i+1)
				}
			}
			h.Wait(within(t))
		})
	}
	ends(t, "the flood", wg.Wait)
}

// A wake through the context takes the short way if the task is of this worker, and must take the
// long one if it is not.
func TestWakeOfATaskOfAnotherRuntime(t *testing.T) {
	here, there := startRuntime(t, executor.Options{}), startRuntime(t, executor.Options{})
	g := &gate{}
	h := executor.Spawn[int](there, g)
	g.polled(t, 1)
	inTask(t, here, func(cx *core.Context) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.open = true
		cx.Wake(g.waker)
	})
	joinOK(t, h)
}

func TestJoinBetweenRuntimes(t *testing.T) {
	here, there := startRuntime(t, executor.Options{}), startRuntime(t, executor.Options{})
	var far joinhandle.JoinHandle[int] = executor.Go(there, func(co *coro.Co) (int, error) {
		return 9, coro.Sleep(co, time.Millisecond)
	})
	near := executor.Go(here, func(co *coro.Co) (int, error) { return far.Join(co) })
	if v := joinOK(t, near); v != 9 {
		t.Fatalf("the join returned %d", v)
	}
}
