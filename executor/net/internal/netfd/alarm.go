package netfd

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// An Alarm rings at a given time: at a deadline, or at the end of a pause. Any worker may set it, but a timer wheel
// belongs to one worker. So a ringer carries the alarm, in the wheel of the worker that set it. A worker that sets it
// later makes another ringer, and returns the first one to its worker; that one wakes no task any more. The timers of a
// host for ordinary goroutines have a lock: any goroutine sets an alarm there.
//
// An alarm that is off has no entry in any wheel and keeps no worker.
type Alarm struct {
	mu     sync.Mutex
	owner  alarmOwner
	over   bool // Forget was called: it is not set again
	ringer *ringer
}

// An alarmOwner is called when its alarm rings.
type alarmOwner interface {
	// ring is called when the time has come: on h's worker, or, if h serves ordinary goroutines, on a goroutine of its
	// own. With due false it is called earlier, since h's runtime closes: then the tasks that wait are on other workers,
	// and nothing is armed on h. ring wakes tasks and sets no alarm.
	ring(h core.Host, due bool)
}

// A ringer is an alarm in one wheel. Only its host touches the entry, unless the entry is given back to it; then
// alarm is set to nil. The lock of the alarm guards the rest.
type ringer struct {
	entry wheel.Entry
	alarm atomic.Pointer[Alarm]
	host  core.Host // nil while it is not armed
	when  time.Time
}

// Init sets the owner of a.
func (a *Alarm) Init(owner alarmOwner) { a.owner = owner }

// SetBy reports whether a is set, for when or earlier. Any goroutine.
func (a *Alarm) SetBy(when time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.ringer
	return r != nil && r.host != nil && !r.when.After(when)
}

// Set makes a ring at when. On h.
func (a *Alarm) Set(h core.Host, when time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.over {
		return
	}
	r := a.ringer
	if r != nil && r.host != nil {
		if r.when.Equal(when) {
			return
		}
		if r.host != h {
			a.giveBack()
			r = nil
		}
	}
	if r == nil {
		r = &ringer{}
		r.alarm.Store(a)
		r.entry.Waker = r
		a.ringer = r
	}
	r.host, r.when = h, when
	h.Arm(&r.entry, when.Sub(h.Epoch()))
}

// Clear turns a off. On h.
func (a *Alarm) Clear(h core.Host) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch r := a.ringer; {
	case r == nil || r.host == nil:
	case r.host == h:
		h.Disarm(&r.entry)
		r.host = nil
	default:
		a.giveBack()
	}
}

// Off is Clear on any goroutine.
func (a *Alarm) Off() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.giveBack()
}

// Forget turns a off, and later Sets have no effect. The socket is closed, and a task that has seen it open may be about to set the alarm. Any
// goroutine.
func (a *Alarm) Forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.over = true
	a.giveBack()
}

// giveBack gives the ringer back to the worker that has armed it. The ringer is not used again: that worker may just
// have taken it out of the wheel, and be about to wake it.
func (a *Alarm) giveBack() {
	r := a.ringer
	if r == nil || r.host == nil {
		return
	}
	a.ringer = nil
	r.alarm.Store(nil)
	if h, ok := r.host.(core.ReleasingHost); ok {
		h.Release(&r.entry)
	}
}

// Wake implements core.Waker: the worker of the wheel calls it when the time has come.
func (r *ringer) Wake() {
	a := r.alarm.Load()
	if a == nil {
		return
	}
	a.mu.Lock()
	if a.ringer != r {
		a.mu.Unlock()
		return // it has just been given back
	}
	h, when := r.host, r.when
	r.host = nil
	a.mu.Unlock()
	if h != nil {
		a.owner.ring(h, h.Now() >= when.Sub(h.Epoch()))
	}
}
