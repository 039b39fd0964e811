package lock

import (
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// Permits are those that the primitives are made of. The methods that end in From take a state that was
// loaded before, as their loops do.
type Permits struct{ permits }

// NewPermits makes n of them.
func NewPermits(n int) *Permits {
	p := &Permits{}
	p.init(n)
	return p
}

func (p *Permits) State() int64                         { return p.state.Load() }
func (p *Permits) Available() int                       { return p.available() }
func (p *Permits) Closed() bool                         { return p.isClosed() }
func (p *Permits) TryAcquire(n int) bool                { return p.tryAcquire(n) }
func (p *Permits) TryAcquireFrom(s int64, n int) bool   { return p.tryAcquireFrom(s, n) }
func (p *Permits) Release(n int) bool                   { return p.release(nil, n, MaxPermits) }
func (p *Permits) ReleaseFrom(s int64, n, max int) bool { return p.releaseFrom(s, nil, n, max) }
func (p *Permits) AddFrom(s int64, n, max int) bool     { return p.addFrom(s, n, max) }
func (p *Permits) ForgetFrom(s int64, n int) int        { return p.forgetFrom(s, n) }
func (p *Permits) SetClosedFrom(s int64) bool           { return p.setClosedFrom(s) }
func (p *Permits) Shut() bool                           { return p.close(nil) }
func (p *Permits) Waiters() int                         { return p.waiters.Len() }
func (p *Permits) Acquire(n int) AcquireFuture          { return AcquireFuture{p: &p.permits, n: n} }

// AcquireOrWaitFrom reports whether n permits were acquired; if not, w is in line, unless the permits are
// closed.
func (p *Permits) AcquireOrWaitFrom(s int64, n int, w core.Waker) bool {
	return p.acquireOrWaitFrom(s, new(waitlist.Node), n, w) == waitlist.Granted
}
