package executor_test

import (
	"context"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// The workloads that benchmarks and figures measure. Each does n operations; its goroutine twin
// stands beside it.

// batch is how many tasks are alive at a time in W1 and W2.
const batch = 1000

// workloadOptions is the mode that workloads run in. Written between them only.
var workloadOptions = executor.Options{Workers: 1}

// withRuntime runs f on a new runtime.
func withRuntime(f func(rt *executor.Runtime)) {
	opts := workloadOptions
	opts.OnLongPoll = func(executor.LongPoll) {}
	rt, err := executor.New(opts)
	if err != nil {
		panic(err)
	}
	defer rt.Close()
	f(rt)
}

// root runs f as the poll of a root task, again each time it is woken, until f returns true.
func root(rt *executor.Runtime, f func(cx *core.Context) bool) {
	executor.BlockOn[struct{}](context.Background(), rt, pollFunc(f))
}

// roots runs n operations by the root task that make returns for its share of them: one for all where
// workers steal, and one on each worker where tasks stay.
func roots(n int, share func(n, of int) func(cx *core.Context) bool) {
	withRuntime(func(rt *executor.Runtime) {
		if workloadOptions.Scheduling == executor.WorkStealing {
			root(rt, share(n, 1))
			return
		}
		var ends []<-chan struct{}
		for i := range rt.Workers() {
			var f func(cx *core.Context) bool
			ends = append(ends, executor.Spawn[struct{}](rt.On(i), pollFunc(func(cx *core.Context) bool {
				if f == nil {
					// Made here, the variables of two roots do not lie in one cache line.
					f = share(n/rt.Workers(), rt.Workers())
				}
				return f(cx)
			})).Done())
		}
		for _, end := range ends {
			<-end
		}
	})
}

type pollFunc func(cx *core.Context) bool

func (f pollFunc) Poll(cx *core.Context) (struct{}, bool) { return struct{}{}, f(cx) }

// result is a trivial future with a typed result.
type result struct{ v int }

func (r *result) Poll(*core.Context) (int, bool) { return r.v, true }

// joinAll polls handles from *at on and reports whether all are joined.
func joinAll(cx *core.Context, handles []joinhandle.JoinHandle[int], at *int) bool {
	for ; *at < len(handles); *at++ {
		if _, ok := handles[*at].Poll(cx); !ok {
			return false
		}
	}
	return true
}

// W1: spawn a batch of tasks with a typed result, join them all, and again.

func w1Poll(n int) {
	spawnJoin(n, func() spawner {
		futures := make([]result, batch) // the future is the user's; the spawn is what is measured
		return func(cx *core.Context, i int) joinhandle.JoinHandle[int] {
			futures[i].v = i
			return executor.Spawn[int](cx, &futures[i])
		}
	})
}

func w1Direct(n int) {
	body := func(*coro.Co) (int, error) { return 1, nil }
	spawnJoin(n, func() spawner {
		return func(cx *core.Context, i int) joinhandle.JoinHandle[int] { return executor.Go(cx, body) }
	})
}

// A spawner spawns the i-th task of a batch.
type spawner = func(cx *core.Context, i int) joinhandle.JoinHandle[int]

func spawnJoin(n int, each func() spawner) {
	roots(n, func(n, _ int) func(cx *core.Context) bool {
		spawn := each()
		handles := make([]joinhandle.JoinHandle[int], 0, batch)
		at := 0
		return func(cx *core.Context) bool {
			for {
				if !joinAll(cx, handles, &at) {
					return false
				}
				if n <= 0 {
					return true
				}
				n -= batch
				handles, at = handles[:0], 0
				for i := range batch {
					handles = append(handles, spawn(cx, i))
				}
			}
		}
	})
}

func w1Goroutine(n int) {
	chans := make([]chan int, batch)
	for ; n > 0; n -= batch {
		for i := range chans {
			c := make(chan int, 1)
			chans[i] = c
			go func() { c <- i }()
		}
		for _, c := range chans {
			<-c
		}
	}
}

// W2: a batch of tasks that yield n times together.

type yielder struct{ n int }

func (y *yielder) Poll(cx *core.Context) (int, bool) {
	if y.n == 0 {
		return 0, true
	}
	y.n--
	cx.Yield()
	return 0, false
}

func w2Poll(n int) {
	yields(func(s core.Spawner) joinhandle.JoinHandle[int] {
		return executor.Spawn[int](s, &yielder{n / batch})
	})
}

func w2Direct(n int) {
	yields(func(s core.Spawner) joinhandle.JoinHandle[int] {
		return executor.Go(s, func(co *coro.Co) (int, error) {
			for range n / batch {
				if err := co.Yield(); err != nil {
					return 0, err
				}
			}
			return 0, nil
		})
	})
}

func yields(spawn func(core.Spawner) joinhandle.JoinHandle[int]) {
	roots(0, func(_, of int) func(cx *core.Context) bool {
		var handles []joinhandle.JoinHandle[int]
		at := 0
		return func(cx *core.Context) bool {
			for len(handles) < batch/of {
				handles = append(handles, spawn(cx))
			}
			return joinAll(cx, handles, &at)
		}
	})
}

func w2Goroutine(n int) {
	var wg sync.WaitGroup
	for range batch {
		wg.Go(func() {
			for range n / batch {
				runtime.Gosched()
			}
		})
	}
	wg.Wait()
}

// W4: a task that spawns the next, n deep.

type chain struct {
	left int
	done core.Waker
}

func (c *chain) Poll(cx *core.Context) (int, bool) {
	if c.left == 0 {
		cx.Wake(c.done)
		return 0, true
	}
	executor.Spawn[int](cx, &chain{c.left - 1, c.done})
	return 0, true
}

func w4Poll(n int) {
	chained(func(cx *core.Context) { executor.Spawn[int](cx, &chain{n, cx.Waker()}) })
}

func w4Direct(n int) {
	chained(func(cx *core.Context) {
		root := cx.Waker()
		var link func(co *coro.Co) (int, error)
		link = func(co *coro.Co) (int, error) {
			if n == 0 {
				root.Wake()
				return 0, nil
			}
			n--
			executor.Go(co, link)
			return 0, nil
		}
		executor.Go(cx, link)
	})
}

func chained(start func(cx *core.Context)) {
	withRuntime(func(rt *executor.Runtime) {
		started := false
		root(rt, func(cx *core.Context) bool {
			if !started {
				started = true
				start(cx)
				return false
			}
			return true
		})
	})
}

func w4Goroutine(n int) {
	done := make(chan struct{})
	var link func(left int)
	link = func(left int) {
		if left == 0 {
			close(done)
			return
		}
		go link(left - 1)
	}
	go link(n)
	<-done
}

// Ping-pong: two tasks that wake each other, n round trips, without a channel between.

type pinger struct {
	peer  core.Waker
	turn  *int // whose turn it is
	me    int
	left  int
	ready func(core.Waker)
}

func (p *pinger) Poll(cx *core.Context) (int, bool) {
	if p.ready != nil {
		p.ready(cx.Waker())
		p.ready = nil
	}
	if *p.turn != p.me {
		return 0, false
	}
	*p.turn = 1 - p.me
	if p.peer != nil {
		cx.Wake(p.peer)
	}
	p.left--
	return 0, p.left == 0
}

func pingPong(n int) {
	withRuntime(func(rt *executor.Runtime) {
		turn := 0
		a := &pinger{turn: &turn, me: 0, left: n}
		b := &pinger{turn: &turn, me: 1, left: n}
		a.ready = func(w core.Waker) { b.peer = w }
		b.ready = func(w core.Waker) { a.peer = w; a.peer.Wake() }
		turn = 1 // nobody moves before both have shown their wakers
		handles := []joinhandle.JoinHandle[int]{}
		at := 0
		root(rt, func(cx *core.Context) bool {
			if len(handles) == 0 {
				handles = append(handles, executor.Spawn[int](cx, a), executor.Spawn[int](cx, b))
			}
			return joinAll(cx, handles, &at)
		})
	})
}

func pingPongGoroutine(n int) {
	there, back := make(chan struct{}), make(chan struct{})
	go func() {
		for range n {
			<-there
			back <- struct{}{}
		}
	}()
	for range n {
		there <- struct{}{}
		<-back
	}
}

// Spawn and join of one direct-style task at a time, on a warm pool: from a task in poll style, and
// from one in direct style, which adds a suspension and a resumption of its own.

func warmDirect(n int) {
	body := func(*coro.Co) (int, error) { return 1, nil }
	withRuntime(func(rt *executor.Runtime) {
		var h joinhandle.JoinHandle[int]
		spawned := 0
		root(rt, func(cx *core.Context) bool {
			for {
				if spawned > 0 {
					if _, ok := h.Poll(cx); !ok {
						return false
					}
				}
				if spawned == n {
					return true
				}
				h = executor.Go(cx, body)
				spawned++
			}
		})
	})
}

func warmNested(n int) {
	body := func(*coro.Co) (int, error) { return 1, nil }
	withRuntime(func(rt *executor.Runtime) {
		h := executor.Go(rt, func(co *coro.Co) (int, error) {
			for range n {
				if _, err := executor.Go(co, body).Join(co); err != nil {
					return 0, err
				}
			}
			return 0, nil
		})
		h.Wait(context.Background())
	})
}

func warmGoroutine(n int) {
	for range n {
		c := make(chan int, 1)
		go func() { c <- 1 }()
		<-c
	}
}

// W7: n parked tasks; parked is called when all of them are, and then they are woken and joined.

type parker struct{ p *parking }

// A parking counts the polls of its tasks: by one root, or by all where workers steal.
type parking struct {
	open   atomic.Bool
	parked atomic.Int64
}

func (p parker) Poll(*core.Context) (int, bool) {
	p.p.parked.Add(1)
	return 0, p.p.open.Load()
}

func w7Poll(n int, parked func()) {
	w7(n, parked, func(p *parking) *task.Slot[int] { return task.New[int](&parker{p}) })
}

func w7Direct(n int, parked func()) {
	w7(n, parked, func(p *parking) *task.Slot[int] {
		return coro.New(func(co *coro.Co) (int, error) {
			for !p.open.Load() {
				p.parked.Add(1)
				if err := co.Suspend(); err != nil {
					return 0, err
				}
			}
			return 0, nil
		})
	})
}

// w7 calls parked once: the last of the roots does, when the tasks of all are parked.
func w7(n int, parked func(), spawn func(*parking) *task.Slot[int]) {
	var ready, called atomic.Int64
	roots(n, func(n, of int) func(cx *core.Context) bool {
		p := &parking{}
		slots := make([]*task.Slot[int], 0, n)
		at, counted := 0, false
		return func(cx *core.Context) bool {
			for len(slots) < n {
				s := spawn(p)
				cx.Spawn(&s.Task)
				slots = append(slots, s)
			}
			if !counted && p.parked.Load() == int64(n) {
				counted = true
				if ready.Add(1) == int64(of) {
					parked()
					called.Store(1)
				}
			}
			if called.Load() == 0 {
				cx.Yield()
				return false
			}
			if !p.open.Load() {
				p.open.Store(true)
				for _, s := range slots {
					cx.Wake(&s.Task)
				}
			}
			for ; at < n; at++ {
				if _, ok := joinhandle.New(slots[at]).Poll(cx); !ok {
					return false
				}
			}
			return true
		}
	})
}

func w7Goroutine(n int, parked func()) {
	gate := make(chan struct{})
	results := make([]int, n)
	var wg, started sync.WaitGroup
	started.Add(n)
	for i := range n {
		wg.Go(func() {
			started.Done()
			<-gate
			results[i] = i
		})
	}
	started.Wait()
	parked()
	close(gate)
	wg.Wait()
}

// W10: n tasks asleep for ever; asleep is called when all of them are, and then they are aborted and
// joined.

func w10Poll(n int, asleep func()) {
	w10(n, asleep, func() *task.Slot[struct{}] { return task.New[struct{}](timer.Sleep(math.MaxInt64)) })
}

func w10Direct(n int, asleep func()) {
	body := func(co *coro.Co) (struct{}, error) { return struct{}{}, coro.Sleep(co, math.MaxInt64) }
	w10(n, asleep, func() *task.Slot[struct{}] { return coro.New(body) })
}

func w10(n int, asleep func(), spawn func() *task.Slot[struct{}]) {
	var ready, called atomic.Int64
	roots(n, func(n, of int) func(cx *core.Context) bool {
		slots := make([]*task.Slot[struct{}], 0, n)
		at, counted := 0, false
		return func(cx *core.Context) bool {
			for len(slots) < n {
				s := spawn()
				cx.Spawn(&s.Task)
				slots = append(slots, s)
			}
			if !counted && allIdle(slots) {
				counted = true
				if ready.Add(1) == int64(of) {
					asleep()
					called.Store(1)
				}
			}
			if called.Load() == 0 {
				cx.Yield()
				return false
			}
			if at == 0 {
				for _, s := range slots {
					s.Abort()
				}
			}
			for ; at < n; at++ {
				if _, ok := joinhandle.New(slots[at]).Poll(cx); !ok {
					return false
				}
			}
			return true
		}
	})
}

// allIdle reports whether the tasks have been polled and wait. It looks from the end, for they are
// polled in the order of their spawns, or nearly.
func allIdle(slots []*task.Slot[struct{}]) bool {
	for i := len(slots) - 1; i >= 0; i-- {
		if slots[i].State() != task.Idle {
			return false
		}
	}
	return true
}

func w10Goroutine(n int, asleep func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg, started sync.WaitGroup
	started.Add(n)
	for range n {
		wg.Go(func() {
			started.Done()
			<-ctx.Done()
		})
	}
	started.Wait()
	asleep()
	cancel()
	wg.Wait()
}
