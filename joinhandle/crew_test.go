package joinhandle_test

import (
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// A crew is a small host with several workers: they share one queue, so that tasks move between
// them. It has no timers.
type crew struct {
	home task.Home
	wg   sync.WaitGroup

	mu    sync.Mutex
	work  sync.Cond // something was queued, or shut was set
	queue task.Queue
	live  task.Set
	ids   uint64
	shut  bool
}

func newCrew(t testing.TB, workers int) *crew {
	c := &crew{}
	c.home.Scheduler = c
	c.work.L = &c.mu
	for range workers {
		c.wg.Go(c.serve)
	}
	t.Cleanup(c.close)
	return c
}

func (c *crew) serve() {
	cx := core.NewContext(c)
	for t := c.next(); t != nil; t = c.next() {
		switch c.run(cx, t) {
		case core.Again:
			c.Schedule(t)
		case core.Done:
			c.live.Remove(t)
		}
	}
}

// next waits for a task. It returns nil once the crew is shut.
func (c *crew) next() *task.Task {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.shut && c.queue.Len() == 0 {
		c.work.Wait()
	}
	if c.shut {
		return nil
	}
	return c.queue.Pop()
}

func (c *crew) run(cx *core.Context, t *task.Task) (out core.Outcome) {
	defer func() {
		if v := recover(); v != nil {
			out = t.ForHost().Panicked(cx, v, debug.Stack())
		}
	}()
	return t.ForHost().Run(cx)
}

func (c *crew) Spawn(r core.Task) error {
	t := r.(*task.Task)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shut {
		return core.ErrShutdown
	}
	c.ids++
	t.ForHost().Bind(&c.home, c.ids)
	c.live.Insert(t)
	c.queue.Push(t)
	c.work.Signal()
	return nil
}

func (c *crew) Schedule(t *task.Task) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.shut {
		c.queue.Push(t)
		c.work.Signal()
	}
}

// close lets the workers finish their polls, and gives up what is left.
func (c *crew) close() {
	c.mu.Lock()
	c.shut = true
	c.work.Broadcast()
	c.mu.Unlock()
	c.wg.Wait()
	for _, t := range c.live.Tasks() {
		t.ForHost().Kill(core.ErrShutdown)
		c.live.Remove(t)
	}
}

func (c *crew) Wake(w core.Waker)               { w.Wake() }
func (c *crew) WakeLater(w core.Waker)          { w.Wake() }
func (c *crew) Now() time.Duration              { return 0 }
func (c *crew) Epoch() time.Time                { return time.Time{} }
func (c *crew) Arm(*wheel.Entry, time.Duration) { panic("a crew has no timers") }
func (c *crew) Disarm(*wheel.Entry)             {}
func (c *crew) Rand() uint64                    { return 4 }
func (c *crew) IO() any                         { return nil }

// steps is a future that gives way a number of times before it answers.
type steps struct{ value, left int }

func newSteps(value, left int) *steps { return &steps{value, left} }

func (s *steps) Poll(cx *core.Context) (int, bool) {
	if s.left == 0 {
		return s.value, true
	}
	s.left--
	cx.Yield()
	return 0, false
}
