// Package coretest provides hosts for tests.
//
//   - [Host] runs tasks on the test's own goroutine, in a fixed order, on a clock that moves only when
//     every task waits. It is a complete [core.Host] without I/O, small enough to serve as the example for
//     authors of hosts.
//   - [Workers] run tasks in parallel, and each task on changing workers.
//
// # The clock in tests of your own
//
// All code that takes its time from a host (package timer, coro.Sleep, coro.WithTimeout, a Co as a
// context) runs on the clock of the Host. A test spawns its tasks, and then calls:
//
//   - [Host.Run] to run them to the end, in no time: the clock jumps from deadline to deadline.
//   - [Host.RunFor] to run them for a given time, for tasks that never end, such as a loop around a
//     timer.Interval.
//   - [Host.Step] to run one task without moving the clock, and [Host.Advance] to move the clock without
//     running a task: timers that were due meanwhile fire late, as after a stall.
//
// A test repeats exactly, as long as no other goroutine takes part.
package coretest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// A Host runs tasks in calls of Run and the like. Any goroutine may wake and spawn tasks; one goroutine
// calls the other methods.
type Host struct {
	mu      sync.Mutex
	queue   task.Queue
	closed  bool
	arrived chan struct{} // holds a token after a push

	cx       *core.Context
	home     task.Home
	live     task.Set
	wheel    *wheel.Wheel
	pool     *coro.Pool
	rand     *rand.Rand
	now      time.Duration
	lastID   uint64
	schedule int // how often a task was put into the queue
}

var _ coro.Host = (*Host)(nil)

// New returns a host whose random source starts from seed. The caller calls Close at the end.
func New(seed uint64) *Host {
	h := &Host{
		arrived: make(chan struct{}, 1),
		wheel:   wheel.New(0),
		pool:    coro.NewPool(0, false),
		rand:    rand.New(rand.NewPCG(seed, seed)),
	}
	h.home.Scheduler = h
	h.cx = core.NewContext(h)
	return h
}

// Spawn implements [core.Spawner]. After Close it returns core.ErrShutdown. Any goroutine.
func (h *Host) Spawn(r core.Task) error {
	t := r.(*task.Task)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return core.ErrShutdown
	}
	h.lastID++
	t.ForHost().Bind(&h.home, h.lastID)
	h.live.Insert(t)
	h.push(t)
	return nil
}

// Schedule implements [task.Scheduler]. Any goroutine.
func (h *Host) Schedule(t *task.Task) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.push(t)
}

func (h *Host) push(t *task.Task) {
	if h.closed {
		return
	}
	h.schedule++
	h.queue.Push(t)
	select {
	case h.arrived <- struct{}{}:
	default:
	}
}

// Step runs the task at the front of the queue, if there is one, and reports whether there was.
func (h *Host) Step() bool {
	h.mu.Lock()
	t := h.queue.Pop()
	h.mu.Unlock()
	if t == nil {
		return false
	}
	out := h.run(t)
	h.cx.ForHost().Clear() // t may have been the last task
	switch out {
	case core.Again:
		h.Schedule(t)
	case core.Done:
		h.live.Remove(t)
	}
	return true
}

func (h *Host) run(t *task.Task) (out core.Outcome) {
	returned := false
	defer func() {
		v := recover()
		if returned {
			return
		}
		if err := task.Recovered(v); err != nil {
			out = t.ForHost().Panicked(h.cx, v, err.Stack)
		}
	}()
	out = t.ForHost().Run(h.cx)
	returned = true
	return out
}

// Run steps until no task is scheduled and no timer is armed, moving the clock from deadline to deadline. The
// tasks that are left wait for an event that only another goroutine can cause, or for none.
func (h *Host) Run() { h.runUpTo(math.MaxInt64) }

// RunFor is Run up to the instant that is d from now, at which it leaves the clock. A negative d panics.
func (h *Host) RunFor(d time.Duration) {
	if d < 0 || d > math.MaxInt64-h.now {
		panic(fmt.Sprintf("coretest: RunFor %v, at %v", d, h.now))
	}
	end := h.now + d
	h.runUpTo(end)
	h.Advance(end - h.now)
}

func (h *Host) runUpTo(end time.Duration) {
	for {
		for h.Step() {
		}
		at, ok := h.wheel.Next()
		if !ok || at > end {
			return
		}
		h.Advance(max(at-h.now, 0))
	}
}

// RunUntil runs until done returns true, and waits for wakes from other goroutines in between.
func (h *Host) RunUntil(done func() bool) {
	for !done() {
		if !h.Step() {
			h.Run()
			if !done() {
				<-h.arrived
			}
		}
	}
}

// Advance moves the clock by d and wakes the wakers of the timers that are due.
func (h *Host) Advance(d time.Duration) {
	h.now += d
	for e := h.wheel.Expire(h.now); e != nil; e = h.wheel.Expire(h.now) {
		h.Wake(e.Waker)
	}
}

// Close ends every task that is left: it drops each once and resolves its join.
func (h *Host) Close() {
	h.mu.Lock()
	h.closed = true
	h.queue = task.Queue{}
	h.mu.Unlock()
	for _, t := range h.live.Tasks() {
		t.ForHost().KillOn(h.cx, core.ErrShutdown)
		h.live.Remove(t)
	}
	h.pool.Close()
}

// Live returns the number of tasks that have not ended.
func (h *Host) Live() int { return h.live.Len() }

// Queued returns the number of tasks that are scheduled.
func (h *Host) Queued() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.queue.Len()
}

// Scheduled returns how often a task was put into the queue, first runs included.
func (h *Host) Scheduled() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.schedule
}

// Context returns the context that tasks are polled with, for tests that poll by hand. They call
// ForHost().Begin on it first.
func (h *Host) Context() *core.Context { return h.cx }

// Wake implements [core.Host].
func (h *Host) Wake(w core.Waker) { w.Wake() }

// WakeLater implements [core.Host].
func (h *Host) WakeLater(w core.Waker) { w.Wake() }

// Now returns the time of the virtual clock.
func (h *Host) Now() time.Duration { return h.now }

// Epoch returns a fixed instant.
func (h *Host) Epoch() time.Time { return epoch }

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Arm implements [core.Host].
func (h *Host) Arm(e *wheel.Entry, at time.Duration) { h.wheel.Reset(e, at) }

// Disarm implements [core.Host].
func (h *Host) Disarm(e *wheel.Entry) { h.wheel.Remove(e) }

// Release implements [core.ReleasingHost], but for the goroutine of the other methods only.
func (h *Host) Release(e *wheel.Entry) { h.wheel.Remove(e) }

// Timers returns how many timers are armed.
func (h *Host) Timers() int { return h.wheel.Len() }

// Rand implements [core.Host].
func (h *Host) Rand() uint64 { return h.rand.Uint64() }

// IO implements [core.Host]: there is none.
func (h *Host) IO() any { return nil }

// Coroutines implements [coro.Host].
func (h *Host) Coroutines() *coro.Pool { return h.pool }
