package executor_test

import (
	"context"
	"runtime"
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// The workloads that benchmarks and figures measure. Each does n operations; its goroutine twin
// stands beside it.

// batch is how many tasks are alive at a time in W1 and W2.
const batch = 1000

// withRuntime runs f on a new runtime.
func withRuntime(f func(rt *executor.Runtime)) {
	rt, err := executor.New(executor.Options{Workers: 1, OnLongPoll: func(executor.LongPoll) {}})
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
	futures := make([]result, batch) // the future is the user's; the spawn is what is measured
	spawnJoin(n, func(cx *core.Context, i int) joinhandle.JoinHandle[int] {
		futures[i].v = i
		return executor.Spawn[int](cx, &futures[i])
	})
}

func w1Direct(n int) {
	body := func(*coro.Co) (int, error) { return 1, nil }
	spawnJoin(n, func(cx *core.Context, i int) joinhandle.JoinHandle[int] {
		return executor.Go(cx, body)
	})
}

func spawnJoin(n int, spawn func(*core.Context, int) joinhandle.JoinHandle[int]) {
	withRuntime(func(rt *executor.Runtime) {
		handles := make([]joinhandle.JoinHandle[int], 0, batch)
		at := 0
		root(rt, func(cx *core.Context) bool {
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
		})
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
	withRuntime(func(rt *executor.Runtime) {
		var handles []joinhandle.JoinHandle[int]
		at := 0
		root(rt, func(cx *core.Context) bool {
			for len(handles) < batch {
				handles = append(handles, spawn(cx))
			}
			return joinAll(cx, handles, &at)
		})
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

type parking struct {
	open   bool
	parked int
}

func (p parker) Poll(*core.Context) (int, bool) {
	p.p.parked++
	return 0, p.p.open
}

func w7Poll(n int, parked func()) {
	p := &parking{}
	w7(n, p, parked, func(cx *core.Context) *task.Slot[int] {
		return task.New[int](&parker{p})
	})
}

func w7Direct(n int, parked func()) {
	p := &parking{}
	body := func(co *coro.Co) (int, error) {
		for !p.open {
			p.parked++
			if err := co.Suspend(); err != nil {
				return 0, err
			}
		}
		return 0, nil
	}
	w7(n, p, parked, func(cx *core.Context) *task.Slot[int] { return coro.New(body) })
}

func w7(n int, p *parking, parked func(), spawn func(*core.Context) *task.Slot[int]) {
	withRuntime(func(rt *executor.Runtime) {
		slots := make([]*task.Slot[int], 0, n)
		at := 0
		root(rt, func(cx *core.Context) bool {
			for len(slots) < n {
				s := spawn(cx)
				cx.Spawn(&s.Task)
				slots = append(slots, s)
			}
			if p.parked < n {
				cx.Yield()
				return false
			}
			if !p.open {
				parked()
				p.open = true
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
		})
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
