package netfd

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
	"github.com/moduvex/moduvex-go/reactor"
)

// An Alarm wakes all that wait for one direction of a socket at a given time. It may be set from
// any worker, but a wheel may be its worker's alone. So it is carried by a ringer, in the wheel of the
// worker that set it, and another worker makes another ringer. The one before is taken out if tasks move
// between the two, and otherwise abandoned: it stays there until its time, and wakes nobody.
type Alarm struct {
	mu     sync.Mutex
	f      *FD
	d      reactor.Direction
	ringer *ringer // nil before the first Set
}

// A ringer is an alarm in one wheel. The entry is touched on its host only, or on one that shares tasks
// with it; alarm is set to nil by Forget; the rest is under the lock of the alarm.
type ringer struct {
	entry wheel.Entry
	alarm atomic.Pointer[Alarm]
	host  core.Host
	when  time.Time
	armed bool
}

// Init says whom a wakes.
func (a *Alarm) Init(f *FD, d reactor.Direction) { a.f, a.d = f, d }

// Set makes a go off at when. On h.
func (a *Alarm) Set(h core.Host, when time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.ringer
	if r != nil && r.armed {
		if r.when.Equal(when) {
			return
		}
		if r.host != h {
			r.leave(h)
			r = nil
		}
	}
	if r == nil {
		r = &ringer{}
		r.alarm.Store(a)
		r.entry.Waker = r
		a.ringer = r
	}
	r.host, r.when, r.armed = h, when, true
	h.Arm(&r.entry, when.Sub(h.Epoch()))
}

// Clear turns a off and reports whether it was on. On h.
func (a *Alarm) Clear(h core.Host) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.ringer
	if r == nil || !r.armed {
		return false
	}
	if r.host == h {
		h.Disarm(&r.entry)
		r.armed = false
	} else {
		r.leave(h)
		a.ringer = nil
	}
	return true
}

// leave takes r out of the wheel of another worker than h, if that is within reach. It is not used
// again: the other worker may have taken it out this instant, and be about to wake it.
func (r *ringer) leave(h core.Host) {
	r.alarm.Store(nil)
	if m, ok := h.(core.MovingHost); ok && m.Shares(r.host) {
		r.host.Disarm(&r.entry)
	}
}

// Wake is what the wheel's worker calls when the time has come.
func (r *ringer) Wake() {
	a := r.alarm.Load()
	if a == nil {
		return
	}
	a.mu.Lock()
	r.armed = false
	a.mu.Unlock()
	a.wakeAll()
}

// Forget makes a let go of its socket, which is closed: should nobody come to clear it, then only a
// ringer stays in the wheel until its time. Any goroutine.
func (a *Alarm) Forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ringer != nil {
		a.ringer.alarm.Store(nil)
	}
}

func (a *Alarm) wakeAll() { a.f.wake(a.d) }
