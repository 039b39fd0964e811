// Package crew has hosts for the tests of core/sync and of the packages below it: a [Crew], whose
// tasks move between workers at every poll, and a [Solo], which costs next to nothing, for
// benchmarks. Neither has timers or I/O.
package crew

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

// A Crew is a few workers, each a goroutine, that take tasks from one queue.
type Crew struct {
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

// New starts a crew. The caller calls Wait at the end.
func New(workers int) *Crew {
	c := &Crew{ready: make(chan *task.Task, queueSize)}
	c.home.Scheduler = c
	for range workers {
		w := &worker{crew: c, pool: coro.NewPool(0, false)}
		w.cx = core.NewContext(w)
		c.work.Go(w.run)
	}
	return c
}

// Schedule implements [task.Scheduler].
func (c *Crew) Schedule(t *task.Task) { c.ready <- t }

// Spawn implements [core.Spawner]. Any goroutine.
func (c *Crew) Spawn(r core.Runnable) error {
	t := r.(*task.Task)
	t.Bind(&c.home, c.ids.Add(1))
	c.live.Add(1)
	c.mu.Lock()
	c.tasks.Insert(t)
	c.mu.Unlock()
	c.Schedule(t)
	return nil
}

// Wait waits until every task has ended, and then ends the workers.
func (c *Crew) Wait() {
	c.live.Wait()
	close(c.ready)
	c.work.Wait()
}

// A worker is the host that the tasks see.
type worker struct {
	crew *Crew
	cx   *core.Context
	pool *coro.Pool
}

func (w *worker) run() {
	defer w.pool.Close()
	for t := range w.crew.ready {
		switch w.poll(t) {
		case core.Again:
			w.crew.Schedule(t)
		case core.Done:
			w.crew.mu.Lock()
			w.crew.tasks.Remove(t)
			w.crew.mu.Unlock()
			w.crew.live.Done()
		}
	}
}

func (w *worker) poll(t *task.Task) (out core.Outcome) {
	defer func() {
		if v := recover(); v != nil {
			out = t.Panicked(w.cx, v, debug.Stack())
		}
	}()
	return t.Run(w.cx)
}

func (w *worker) Spawn(r core.Runnable) error     { return w.crew.Spawn(r) }
func (w *worker) Wake(k core.Waker)               { k.Wake() }
func (w *worker) WakeLater(k core.Waker)          { k.Wake() }
func (w *worker) Coroutines() *coro.Pool          { return w.pool }
func (w *worker) Now() time.Duration              { return 0 }
func (w *worker) Epoch() time.Time                { return time.Time{} }
func (w *worker) Arm(*wheel.Entry, time.Duration) { panic(noTimers) }
func (w *worker) Disarm(*wheel.Entry)             { panic(noTimers) }
func (w *worker) Rand() uint64                    { return 4 }
func (w *worker) IO() any                         { return nil }

const noTimers = "crew: there are no timers"

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
		switch t.Run(s.cx) {
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
	if !ok || t.Home() != &s.home {
		w.Wake()
		return
	}
	if t.Notify() {
		s.queue.Push(t)
	}
}

// Spawn implements [core.Spawner].
func (s *Solo) Spawn(r core.Runnable) error {
	t := r.(*task.Task)
	s.ids++
	s.live++
	t.Bind(&s.home, s.ids)
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
