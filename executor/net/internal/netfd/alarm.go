package netfd

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// An Alarm rings at a given time, for a deadline, a pause or a jam. It may be set from any worker, but a wheel may be its worker's alone. So it is carried by a ringer, in
// the wheel of the worker that set it, and another worker makes another ringer. The one before is given back
// to its worker, and wakes nobody any more.
//
// An alarm that is off has no entry in any wheel and keeps no worker.
type Alarm struct {
	mu     sync.Mutex
	owner  rings
	over   bool // Forget was called: it is not set again
	ringer *ringer
}

// rings is what has an Alarm.
type rings interface {
	// ring is called on h's worker when the time has come; or before, with due false, when h's runtime closes: then
	// those that wait are on others, and nothing is armed on h. It wakes tasks, and arms nothing itself.
	ring(h core.Host, due bool)
}

// A ringer is an alarm in one wheel. The entry is touched on its host only, or given back to it; alarm is
// set to nil when it is; the rest is under the lock of the alarm.
type ringer struct {
	entry wheel.Entry
	alarm atomic.Pointer[Alarm]
	host  core.Host // nil while it is not armed
	when  time.Time
}

// Init says whose a is.
func (a *Alarm) Init(owner rings) { a.owner = owner }

// SetBy reports whether a is set, for when or earlier. Any goroutine.
func (a *Alarm) SetBy(when time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.ringer
	return r != nil && r.host != nil && !r.when.After(when)
}

// Set makes a go off at when. On h.
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

// Forget is Off for good: the socket is closed, and a task that has seen it open may be about to set the
// alarm. Any goroutine.
func (a *Alarm) Forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.over = true
	a.giveBack()
}

// giveBack gives the ringer back to the worker that has armed it. It is not used again: that worker may
// have taken it out of the wheel this instant, and be about to wake it.
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

// Wake is what the wheel's worker calls when the time has come.
func (r *ringer) Wake() {
	a := r.alarm.Load()
	if a == nil {
		return
	}
	a.mu.Lock()
	if a.ringer != r {
		a.mu.Unlock()
		return // it was given back this instant
	}
	h, when := r.host, r.when
	r.host = nil
	a.mu.Unlock()
	if h != nil {
		a.owner.ring(h, h.Now() >= when.Sub(h.Epoch()))
	}
}
