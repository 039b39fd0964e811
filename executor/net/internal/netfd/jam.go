package netfd

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/reactor"
)

// A Jam is what sends of a socket meet that the receiver has no room for, when the system does not
// report that it has again: a datagram to a Unix socket that the sender is not connected to counts
// against the receiver's queue, while the sender's own socket is writable all the time. (Linux even
// reports that after each failure, since the datagram's memory has become free.) So whoever waits is
// woken after a pause, to try again, and until then nobody tries.
//
//	          no room                     no room after the pause: twice the pause
//	flowing ──────────→ paused, then open ────────────┐
//	   ↑                     │         ↑──────────────┘
//	   └─────────────────────┘ something was sent
type Jam struct {
	active atomic.Bool // pause != 0; the one look that a send takes as long as all is well

	mu    sync.Mutex
	pause time.Duration
	until time.Time
	alarm Alarm
}

// The pauses: a receiver that is alive makes room within microseconds, so the first is the shortest
// that the wheel has; a receiver that sleeps should not cost much.
const (
	firstJam = time.Millisecond
	lastJam  = 32 * time.Millisecond
)

// Init says whose sends j holds up.
func (j *Jam) Init(f *FD) { j.alarm.Init(f, reactor.Write) }

// paused reports whether it is too early to try.
func (j *Jam) paused(h core.Host) bool {
	if !j.active.Load() {
		return false
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.pause != 0 && h.Now() < j.until.Sub(h.Epoch())
}

// begin says that there was no room. A pause that is under way is not made longer.
func (j *Jam) begin(h core.Host) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.pause != 0 && h.Now() < j.until.Sub(h.Epoch()) {
		return
	}
	j.pause = min(max(2*j.pause, firstJam), lastJam)
	j.until = h.Epoch().Add(h.Now() + j.pause)
	j.active.Store(true)
}

// wait sees to it that whoever has registered its waker is woken at the end of the pause. It comes
// after the registering: the alarm may have gone off in between, and then goes off again.
func (j *Jam) wait(h core.Host) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.alarm.Set(h, j.until)
}

// over says that something was sent: whoever still waits need not wait for longer.
func (j *Jam) over() {
	if !j.active.Load() {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.pause = 0
	j.active.Store(false)
}

// Forget is for when the socket is closed.
func (j *Jam) Forget() { j.alarm.Forget() }
