package netfd

import (
	"time"

	"github.com/moduvex/moduvex-go/core"
)

// A Pause separates two tries of an operation that cannot succeed yet, where the system does not report when it can:
// an accept without descriptors, a datagram to a full receiver, a connect to a full backlog. Each pause is twice as
// long as the one before it, from First up to Last.
//
// Its user guards it with a lock, or owns it.
type Pause struct {
	First, Last time.Duration

	length time.Duration // of the last one; 0 if the next one is the first again
	until  time.Time     // the end of the last one; zero for none
}

// Begin begins the next pause, by the clock of h.
func (p *Pause) Begin(h core.Host) {
	p.length = min(max(2*p.length, p.First), p.Last)
	p.until = after(h, p.length)
}

// Running reports whether the last pause is not over by the clock of h.
func (p *Pause) Running(h core.Host) bool {
	return !p.until.IsZero() && h.Now() < p.until.Sub(h.Epoch())
}

// Until returns the end of the last pause.
func (p *Pause) Until() time.Time { return p.until }

// Length returns how long the last pause was, or how long the first will be.
func (p *Pause) Length() time.Duration { return max(p.length, p.First) }

// Restart makes the next pause a first one. One that runs goes on.
func (p *Pause) Restart() { p.length = 0 }

// End ends a pause that runs, and makes the next one a first one.
func (p *Pause) End() { p.length, p.until = 0, time.Time{} }

// after returns the time that is d from now, by the clock of h.
func after(h core.Host, d time.Duration) time.Time { return h.Epoch().Add(h.Now() + d) }
