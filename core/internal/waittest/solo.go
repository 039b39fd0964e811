// Package waittest provides [Solo], a host for the benchmarks of core/lock and core/channel that costs
// next to nothing. It has no timers and no I/O.
package waittest

import (
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

const noTimers = "waittest: there are no timers"

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

// Context returns the context that tasks are polled with, for a test that polls by hand.
func (s *Solo) Context() *core.Context { return s.cx }

func (s *Solo) WakeLater(w core.Waker)          { s.Wake(w) }
func (s *Solo) Coroutines() *coro.Pool          { return s.pool }
func (s *Solo) Now() time.Duration              { return 0 }
func (s *Solo) Epoch() time.Time                { return time.Time{} }
func (s *Solo) Arm(*wheel.Entry, time.Duration) { panic(noTimers) }
func (s *Solo) Disarm(*wheel.Entry)             { panic(noTimers) }
func (s *Solo) Rand() uint64                    { return 4 }
func (s *Solo) IO() any                         { return nil }
