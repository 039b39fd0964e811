package executor

import (
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
	"github.com/moduvex/moduvex-go/executor/internal/drain"
	"github.com/moduvex/moduvex-go/executor/internal/hostlog"
)

// An outside is the core.Host of ordinary goroutines that wait for the I/O of one worker: see [Parker]. The worker's reactor
// wakes them. The worker's wheel is not theirs, since where tasks stay it has no lock; so an outside has a wheel of its own,
// which a timer of Go drives. Any goroutine may call all of its methods.
//
// # Why no timer is late
//
// wake is when the timer of Go is set for, or the greatest time if it is off. Both change under mu, and while mu is free
// nothing in the wheel is due before wake: arm brings wake forward if need be, and fire sets it after it has emptied the
// wheel of what is due. A disarm leaves it: the timer then fires once although nothing is due.
type outside struct {
	worker  *worker
	parkers sync.Pool // of *Parker

	mu     sync.Mutex
	wheel  *wheel.Wheel // nil before the first arm, as is timer
	timer  *time.Timer
	wake   time.Duration
	closed bool
}

var (
	_ core.TimersApartHost = (*outside)(nil)
	_ core.MovingHost      = (*outside)(nil)
	_ core.ReleasingHost   = (*outside)(nil)
	_ drain.Host           = (*outside)(nil)
	_ hostlog.Host         = (*outside)(nil)
)

func (o *outside) init(w *worker) {
	o.worker = w
	o.wake = math.MaxInt64
	o.parkers.New = func() any { return newParker(o) }
}

// Spawn implements core.Host: the task is one from outside.
func (o *outside) Spawn(r core.Task) error { return o.worker.rt.Spawn(r) }

// Wake implements core.Host.
func (o *outside) Wake(w core.Waker) { w.Wake() }

// WakeLater implements core.Host.
func (o *outside) WakeLater(w core.Waker) { w.Wake() }

// Now implements core.Host.
func (o *outside) Now() time.Duration { return o.worker.rt.now() }

// Epoch implements core.Host.
func (o *outside) Epoch() time.Time { return o.worker.rt.epoch }

// Arm implements core.Host.
func (o *outside) Arm(e *wheel.Entry, at time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.wheel == nil {
		o.wheel = wheel.New(o.Now())
	}
	o.wheel.Reset(e, at)
	if at < o.wake {
		o.setTimer(at)
	}
}

// Disarm implements core.Host.
func (o *outside) Disarm(e *wheel.Entry) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.wheel != nil {
		o.wheel.Remove(e)
		o.rest()
	}
}

// close is called when the runtime ends: from then on the timer of Go, which keeps the runtime reachable, is on only while a
// goroutine waits for it.
func (o *outside) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.rest()
}

// rest turns the timer of Go off if it is set for nothing and the runtime has ended. Before that it may as well fire once.
// Under mu.
func (o *outside) rest() {
	if o.closed && o.timer != nil && o.wheel.Len() == 0 {
		o.timer.Stop()
		o.wake = math.MaxInt64
	}
}

// Release implements core.ReleasingHost.
func (o *outside) Release(e *wheel.Entry) { o.Disarm(e) }

// TimersApart implements core.TimersApartHost.
func (o *outside) TimersApart() {}

// Shares implements core.MovingHost: a pending future with an armed timer cannot leave.
func (o *outside) Shares(other core.Host) bool { return other == core.Host(o) }

// Rand implements core.Host.
func (o *outside) Rand() uint64 { return o.worker.keptRand.Uint64() }

// IO returns the *reactor.Reactor of the worker.
func (o *outside) IO() any { return o.worker.reactor }

// DrainList implements drain.Host.
func (o *outside) DrainList() *drain.List { return o.worker.DrainList() }

// Logger implements hostlog.Host.
func (o *outside) Logger() *slog.Logger { return o.worker.Logger() }

// fire wakes the waiters of the timers that are due. It reads the wakers under mu, because they belong to the owner of the
// timer once the entry is out of the wheel, and calls them without it, because they may arm and disarm.
func (o *outside) fire() {
	var due []core.Waker
	o.mu.Lock()
	now := o.Now()
	for e := o.wheel.Expire(now); e != nil; e = o.wheel.Expire(now) {
		due = append(due, e.Waker)
	}
	if at, ok := o.wheel.Next(); ok {
		o.setTimer(at)
	} else {
		o.wake = math.MaxInt64
	}
	o.mu.Unlock()
	for _, w := range due {
		w.Wake()
	}
}

// setTimer has fire called at a time. Under mu.
func (o *outside) setTimer(at time.Duration) {
	o.wake = at
	after := max(at-o.Now(), 0)
	if o.timer == nil {
		o.timer = time.AfterFunc(after, o.fire)
	} else {
		o.timer.Reset(after)
	}
}
