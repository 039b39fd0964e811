package netfd

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// A Waiter is how an ordinary goroutine waits for a socket. The Parker of package executor is one. One goroutine at a time
// uses it, outside of tasks.
type Waiter interface {
	// Context begins a poll, and returns its context. All polls have the same waker.
	Context() *core.Context
	// Park blocks the goroutine until the waker is called. It returns at once if that was called since the last Park, or if
	// the poll has spent its budget.
	Park()
	// Release ends the use of the Waiter.
	Release()
}

// A goroutine is the Waiter of a goroutine without a runtime. It waits for sockets that a task has registered, and registers
// none itself.
type goroutine struct {
	cx    *core.Context
	woken chan struct{}
}

func newGoroutine() *goroutine {
	return &goroutine{cx: core.NewContext(&clock{epoch: time.Now()}), woken: make(chan struct{}, 1)}
}

// Context implements Waiter.
func (g *goroutine) Context() *core.Context {
	g.cx.ForHost().Begin((*parked)(g))
	return g.cx
}

// Park implements Waiter.
func (g *goroutine) Park() {
	if g.cx.ForHost().Yielded() {
		runtime.Gosched()
		return
	}
	<-g.woken
}

// Release implements Waiter.
func (g *goroutine) Release() {}

// parked is a goroutine as the waker of its polls.
type parked goroutine

// Wake implements core.Waker.
func (p *parked) Wake() {
	select {
	case p.woken <- struct{}{}:
	default: // it is woken already
	}
}

// A clock is the host of a goroutine's polls: the clock of the system, and timers of Go. An alarm in it works as one in the
// wheel of a worker does, but any goroutine may arm and disarm it. It may outlive the wait of the goroutine, since it serves
// all waiters: see limit.
type clock struct {
	epoch time.Time

	mu    sync.Mutex
	armed map[*wheel.Entry]*armed
}

// An armed is the timer of an entry.
type armed struct{ timer *time.Timer }

var (
	_ core.ReleasingHost   = (*clock)(nil)
	_ core.TimersApartHost = (*clock)(nil)
)

// Now implements core.Host.
func (c *clock) Now() time.Duration { return time.Since(c.epoch) }

// Epoch implements core.Host.
func (c *clock) Epoch() time.Time { return c.epoch }

// Arm implements core.Host.
func (c *clock) Arm(e *wheel.Entry, at time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stop(e)
	a := &armed{}
	a.timer = time.AfterFunc(max(at-c.Now(), 0), func() { c.fire(e, a) })
	if c.armed == nil {
		c.armed = map[*wheel.Entry]*armed{}
	}
	c.armed[e] = a
}

// Disarm implements core.Host.
func (c *clock) Disarm(e *wheel.Entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stop(e)
}

// Release implements core.ReleasingHost.
func (c *clock) Release(e *wheel.Entry) { c.Disarm(e) }

// TimersApart implements core.TimersApartHost.
func (c *clock) TimersApart() {}

// stop stops the timer of e, if there is one. Under mu.
func (c *clock) stop(e *wheel.Entry) {
	if a := c.armed[e]; a != nil {
		a.timer.Stop()
		delete(c.armed, e)
	}
}

// fire wakes e's waker, unless e was disarmed or armed anew. It calls the waker without mu, since that may arm and disarm.
func (c *clock) fire(e *wheel.Entry, a *armed) {
	c.mu.Lock()
	due := c.armed[e] == a
	if due {
		delete(c.armed, e)
	}
	c.mu.Unlock()
	if due {
		e.Waker.Wake()
	}
}

// Wake implements core.Host.
func (c *clock) Wake(w core.Waker) { w.Wake() }

// WakeLater implements core.Host.
func (c *clock) WakeLater(w core.Waker) { w.Wake() }

// Rand implements core.Host.
func (c *clock) Rand() uint64 { return rand.Uint64() }

// IO implements core.Host: there is no reactor.
func (c *clock) IO() any { return nil }

// Spawn implements core.Host: there is nothing to run a task.
func (c *clock) Spawn(core.Task) error { return errors.ErrUnsupported }
