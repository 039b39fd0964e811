package coretest

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// Workers are a host of several workers, each a goroutine, that take tasks from one queue. So a task moves
// between workers, and tasks run in parallel: for tests under the race detector of code that must hold there.
// Workers have no timers and no I/O. The methods may be called from any goroutine.
type Workers struct {
	home task.Home
	all  []*worker
	done sync.WaitGroup // the workers' goroutines

	mu     sync.Mutex
	ready  sync.Cond // a task was queued, or closed was set
	idle   sync.Cond // live is 0
	queue  task.Queue
	tasks  task.Set
	live   int // tasks that have not ended
	lastID uint64
	rand   *rand.Rand
	closed bool
}

var _ core.Spawner = (*Workers)(nil)

// NewWorkers starts n workers, which the caller ends with Close.
func NewWorkers(n int) *Workers {
	if n < 1 {
		panic("coretest: NewWorkers of less than one worker")
	}
	ws := &Workers{rand: rand.New(rand.NewPCG(1, 1))}
	ws.home.Scheduler = ws
	ws.ready.L, ws.idle.L = &ws.mu, &ws.mu
	for range n {
		w := &worker{workers: ws, pool: coro.NewPool(0, false)}
		w.cx = core.NewContext(w)
		ws.all = append(ws.all, w)
		ws.done.Go(w.serve)
	}
	return ws
}

// Spawn implements [core.Spawner]. After Close it returns core.ErrShutdown.
func (ws *Workers) Spawn(r core.Task) error {
	t := r.(*task.Task)
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.closed {
		return core.ErrShutdown
	}
	ws.lastID++
	t.ForHost().Bind(&ws.home, ws.lastID)
	ws.tasks.Insert(t)
	ws.live++
	ws.push(t)
	return nil
}

// Schedule implements [task.Scheduler].
func (ws *Workers) Schedule(t *task.Task) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.push(t)
}

func (ws *Workers) push(t *task.Task) {
	if !ws.closed {
		ws.queue.Push(t)
		ws.ready.Signal()
	}
}

// take waits for a task and takes it. It returns nil once the workers are closed.
func (ws *Workers) take() *task.Task {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for !ws.closed && ws.queue.Len() == 0 {
		ws.ready.Wait()
	}
	if ws.closed {
		return nil
	}
	return ws.queue.Pop()
}

func (ws *Workers) forget(t *task.Task) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.tasks.Remove(t)
	if ws.live--; ws.live == 0 {
		ws.idle.Broadcast()
	}
}

// Wait waits until every task has ended. Tasks may be spawned after it.
func (ws *Workers) Wait() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for ws.live > 0 {
		ws.idle.Wait()
	}
}

// Live returns the number of tasks that have not ended.
func (ws *Workers) Live() int {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return ws.live
}

// Close lets the workers finish the polls under way, ends them, and then every task that is left: each is
// dropped once and its join resolved. A second Close does nothing. No task may call it.
func (ws *Workers) Close() {
	ws.mu.Lock()
	first := !ws.closed
	ws.closed = true
	ws.queue = task.Queue{}
	ws.ready.Broadcast()
	ws.mu.Unlock()
	if !first {
		return
	}
	ws.done.Wait()
	for _, t := range ws.tasks.Tasks() {
		t.ForHost().KillOn(ws.all[0].cx, core.ErrShutdown)
		ws.forget(t)
	}
	for _, w := range ws.all {
		w.pool.Close()
	}
}

// A worker is the [core.Host] that tasks see.
type worker struct {
	workers *Workers
	cx      *core.Context
	pool    *coro.Pool
}

var (
	_ coro.Host       = (*worker)(nil)
	_ core.MovingHost = (*worker)(nil)
)

func (w *worker) serve() {
	for t := w.workers.take(); t != nil; t = w.workers.take() {
		out := w.run(t)
		w.cx.ForHost().Clear()
		switch out {
		case core.Again:
			w.workers.Schedule(t)
		case core.Done:
			w.workers.forget(t)
		}
	}
}

// run polls t. A Goexit of t ends the worker's goroutine, so run starts another one.
func (w *worker) run(t *task.Task) (out core.Outcome) {
	returned, exits := false, true
	defer func() {
		if exits {
			w.workers.forget(t)
			w.workers.done.Go(w.serve)
		}
	}()
	defer func() {
		v := recover()
		if returned {
			exits = false
		} else if err := task.Recovered(v); err != nil {
			out = t.ForHost().Panicked(w.cx, v, err.Stack)
			exits = false
		} else {
			t.ForHost().Exited(w.cx)
		}
	}()
	out = t.ForHost().Run(w.cx)
	returned = true
	return out
}

const noTimers = "coretest: Workers have no timers"

func (w *worker) Spawn(t core.Task) error         { return w.workers.Spawn(t) }
func (w *worker) Wake(wk core.Waker)              { wk.Wake() }
func (w *worker) WakeLater(wk core.Waker)         { wk.Wake() }
func (w *worker) Now() time.Duration              { return 0 }
func (w *worker) Epoch() time.Time                { return epoch }
func (w *worker) Arm(*wheel.Entry, time.Duration) { panic(noTimers) }
func (w *worker) Disarm(*wheel.Entry)             { panic(noTimers) }
func (w *worker) IO() any                         { return nil }
func (w *worker) Coroutines() *coro.Pool          { return w.pool }

// Rand implements [core.Host]. A task that has moved may call it, so it takes the lock.
func (w *worker) Rand() uint64 {
	w.workers.mu.Lock()
	defer w.workers.mu.Unlock()
	return w.workers.rand.Uint64()
}

// Shares implements [core.MovingHost].
func (w *worker) Shares(other core.Host) bool {
	o, ok := other.(*worker)
	return ok && o.workers == w.workers
}
