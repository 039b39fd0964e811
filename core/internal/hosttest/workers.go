// Package hosttest provides hosts for the tests of core/lock and core/channel: [Workers], whose
// tasks move between workers at every poll, and [Solo], which costs next to nothing, for
// benchmarks. Neither has timers or I/O.
package hosttest

import (
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// Workers are a few workers, each a goroutine, which take tasks from one queue.
type Workers struct {
	home  task.Home
	ready chan *task.Task
	live  sync.WaitGroup
	mu    sync.Mutex
	tasks task.Set
	ids   atomic.Uint64
	work  sync.WaitGroup
}

// queueSize is more than the tests ever queue, so that Schedule does not block.
const queueSize = 1 << 16

// New starts n workers. The caller calls Wait at the end.
func New(n int) *Workers {
	ws := &Workers{ready: make(chan *task.Task, queueSize)}
	ws.home.Scheduler = ws
	for range n {
		w := &worker{all: ws, pool: coro.NewPool(0, false)}
		w.cx = core.NewContext(w)
		ws.work.Go(w.run)
	}
	return ws
}

// Schedule implements [task.Scheduler].
func (ws *Workers) Schedule(t *task.Task) { ws.ready <- t }

// Spawn implements [core.Spawner]. Any goroutine.
func (ws *Workers) Spawn(r core.Task) error {
	t := r.(*task.Task)
	t.ForHost().Bind(&ws.home, ws.ids.Add(1))
	ws.live.Add(1)
	ws.mu.Lock()
	ws.tasks.Insert(t)
	ws.mu.Unlock()
	ws.Schedule(t)
	return nil
}

// Wait waits until every task has ended, and then ends the workers.
func (ws *Workers) Wait() {
	ws.live.Wait()
	close(ws.ready)
	ws.work.Wait()
}

// A worker is the host that the tasks see.
type worker struct {
	all  *Workers
	cx   *core.Context
	pool *coro.Pool
}

func (w *worker) run() {
	defer w.pool.Close()
	for t := range w.all.ready {
		switch w.poll(t) {
		case core.Again:
			w.all.Schedule(t)
		case core.Done:
			w.all.mu.Lock()
			w.all.tasks.Remove(t)
			w.all.mu.Unlock()
			w.all.live.Done()
		}
	}
}

func (w *worker) poll(t *task.Task) (out core.Outcome) {
	defer func() {
		if v := recover(); v != nil {
			out = t.ForHost().Panicked(w.cx, v, debug.Stack())
		}
	}()
	return t.ForHost().Run(w.cx)
}

func (w *worker) Spawn(r core.Task) error         { return w.all.Spawn(r) }
func (w *worker) Wake(k core.Waker)               { k.Wake() }
func (w *worker) WakeLater(k core.Waker)          { k.Wake() }
func (w *worker) Coroutines() *coro.Pool          { return w.pool }
func (w *worker) Now() time.Duration              { return 0 }
func (w *worker) Epoch() time.Time                { return time.Time{} }
func (w *worker) Arm(*wheel.Entry, time.Duration) { panic(noTimers) }
func (w *worker) Disarm(*wheel.Entry)             { panic(noTimers) }
func (w *worker) Rand() uint64                    { return 4 }
func (w *worker) IO() any                         { return nil }

const noTimers = "hosttest: there are no timers"

// A Solo is one worker on the goroutine of its user, with a queue that needs no lock. Only that
// goroutine may wake its tasks.
type Solo struct {
	cx    *core.Context
	home  task.Home
	queue task.Queue
	pool  *coro.Pool
	ids   uint64
	live  int
}

// NewSolo makes a Solo.
func NewSolo() *Solo {
	s := &Solo{pool: coro.NewPool(0, false)}
	s.cx = core.NewContext(s)
	s.home.Scheduler = s
	return s
}

// Run runs tasks until none is scheduled, and returns how many have not ended.
func (s *Solo) Run() (live int) {
	for t := s.queue.Pop(); t != nil; t = s.queue.Pop() {
		switch t.ForHost().Run(s.cx) {
		case core.Again:
			s.queue.Push(t)
		case core.Done:
			s.live--
		}
	}
	return s.live
}

// Close ends the coroutines that are idle.
func (s *Solo) Close() { s.pool.Close() }

// Schedule implements [task.Scheduler].
func (s *Solo) Schedule(t *task.Task) { s.queue.Push(t) }

// Wake puts a task of s at the back of the queue.
func (s *Solo) Wake(w core.Waker) {
	t, ok := w.(*task.Task)
	if !ok || t.ForHost().Home() != &s.home {
		w.Wake()
		return
	}
	if t.ForHost().MarkWoken() {
		s.queue.Push(t)
	}
}

// Spawn implements [core.Spawner].
func (s *Solo) Spawn(r core.Task) error {
	t := r.(*task.Task)
	s.ids++
	s.live++
	t.ForHost().Bind(&s.home, s.ids)
	s.queue.Push(t)
	return nil
}

// Context returns the context that tasks are polled with, for who polls by hand.
func (s *Solo) Context() *core.Context { return s.cx }

func (s *Solo) WakeLater(w core.Waker)          { s.Wake(w) }
func (s *Solo) Coroutines() *coro.Pool          { return s.pool }
func (s *Solo) Now() time.Duration              { return 0 }
func (s *Solo) Epoch() time.Time                { return time.Time{} }
func (s *Solo) Arm(*wheel.Entry, time.Duration) { panic(noTimers) }
func (s *Solo) Disarm(*wheel.Entry)             { panic(noTimers) }
func (s *Solo) Rand() uint64                    { return 4 }
func (s *Solo) IO() any                         { return nil }
