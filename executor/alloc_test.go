package executor_test

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

const cycleTasks = 100 // less than the idle coroutines that a worker keeps

// A cycle spawns and joins cycleTasks tasks each time it is called.
type cycle struct {
	spawn   func(cx *core.Context, i int) joinhandle.JoinHandle[int]
	handles []joinhandle.JoinHandle[int]
	at      int
	asked   atomic.Bool
	done    chan struct{}
	waker   atomic.Pointer[core.Waker]
}

func (c *cycle) Poll(cx *core.Context) (int, bool) {
	if c.waker.Load() == nil {
		w := cx.Waker()
		c.waker.Store(&w)
	}
	if !c.asked.Load() {
		return 0, false
	}
	if len(c.handles) == 0 {
		for i := range cycleTasks {
			c.handles = append(c.handles, c.spawn(cx, i))
		}
	}
	for ; c.at < len(c.handles); c.at++ {
		if _, ok := c.handles[c.at].Poll(cx); !ok {
			return 0, false
		}
	}
	c.handles, c.at = c.handles[:0], 0
	c.asked.Store(false)
	c.done <- struct{}{}
	return 0, false
}

// allocsOfSpawn returns what the spawn, the run and the join of a task allocate.
func allocsOfSpawn(t *testing.T, spawn func(cx *core.Context, i int) joinhandle.JoinHandle[int]) float64 {
	t.Helper()
	rt := startRuntime(t, executor.Options{Workers: 1, LongPollThreshold: -1})
	c := &cycle{spawn: spawn, done: make(chan struct{}, 1)}
	executor.Spawn[int](rt, c)
	eventually(t, "the driver is polled", func() bool { return c.waker.Load() != nil })
	waker := *c.waker.Load()
	run := func() {
		c.asked.Store(true)
		waker.Wake()
		<-c.done
	}
	run() // warm
	return testing.AllocsPerRun(20, run) / cycleTasks
}

// constant is a future that is ready at once.
type constant int

func (c *constant) Poll(*core.Context) (int, bool) { return int(*c), true }

func TestSpawnAllocatesTheTaskOnly(t *testing.T) {
	t.Run("poll", func(t *testing.T) {
		futures := make([]constant, cycleTasks)
		n := allocsOfSpawn(t, func(cx *core.Context, i int) joinhandle.JoinHandle[int] {
			return executor.Spawn[int](cx, &futures[i])
		})
		if n != 1 {
			t.Errorf("a spawn, with its run and join, allocates %v times, want 1", n)
		}
	})
	t.Run("poll, the future moves", func(t *testing.T) {
		n := allocsOfSpawn(t, func(cx *core.Context, i int) joinhandle.JoinHandle[int] {
			return executor.SpawnValue[int](cx, constant(i))
		})
		if n != 1 {
			t.Errorf("a spawn, with its future, its run and join, allocates %v times, want 1", n)
		}
	})
	t.Run("direct", func(t *testing.T) {
		body := func(co *coro.Co) (int, error) { return 1, co.Yield() }
		n := allocsOfSpawn(t, func(cx *core.Context, i int) joinhandle.JoinHandle[int] {
			return executor.Go(cx, body)
		})
		if n != 1 {
			t.Errorf("a spawn, with its run and join, allocates %v times, want 1", n)
		}
	})
	t.Run("remote", func(t *testing.T) {
		rt := startRuntime(t, executor.Options{LongPollThreshold: -1})
		f := new(constant)
		for name, spawner := range map[string]func() core.Spawner{
			"a spawn from elsewhere":               func() core.Spawner { return rt },
			"a spawn from elsewhere on one worker": func() core.Spawner { return rt.On(0) },
		} {
			n := testing.AllocsPerRun(100, func() {
				for h := executor.Spawn[int](spawner(), f); !h.Finished(); {
					runtime.Gosched()
				}
			})
			if n != 1 {
				t.Errorf("%s allocates %v times, want 1", name, n)
			}
		}
	})
}

func TestWakeAndParkAllocateNothing(t *testing.T) {
	rt := startRuntime(t, executor.Options{Workers: 1, LongPollThreshold: -1})
	g := &gate{}
	executor.Spawn[int](rt, g)
	g.polled(t, 1)
	settled(t, rt)
	if n := testing.AllocsPerRun(100, func() {
		polls := g.polls.Load()
		g.Wake()
		for g.polls.Load() == polls || !executor.Parked(rt) {
			runtime.Gosched()
		}
	}); n != 0 {
		t.Errorf("a wake and a park allocate %v times", n)
	}
}

func TestAwaitsAllocateNothing(t *testing.T) {
	rt := startRuntime(t, executor.Options{LongPollThreshold: -1})
	awaits := map[string]func(co *coro.Co){
		"a yield": func(co *coro.Co) { co.Yield() },
		"a sleep": func(co *coro.Co) { coro.Sleep(co, 10*time.Microsecond) },
	}
	for name, await := range awaits {
		joinOK(t, executor.Go(rt, func(co *coro.Co) (int, error) {
			if n := testing.AllocsPerRun(50, func() { await(co) }); n != 0 {
				t.Errorf("%s allocates %v times", name, n)
			}
			return 0, nil
		}))
	}
}
