package lock

import (
	"sync"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// permits is a counting semaphore, which Semaphore, RWMutex and OnceCell are made of.
//
// The state word holds the number of free permits above three flags:
//
//	flagQueued   the list of waiters is not empty
//	flagClosed   no permit is granted any more
//	flagInit     the first permits of an owner whose zero value has some were added
//
// While flagQueued and flagClosed are clear, any goroutine acquires and releases permits with a single swap.
// flagQueued and the list change together, under the lock. While flagQueued is set, an acquire without the lock
// fails, and the state changes only under the lock: so no goroutine acquires a permit past a waiter, and
// released permits go to the waiters. While flagClosed is set, every acquire fails; a release still adds
// permits.
//
// Permits that are free while flagQueued is set are too few for the first waiter. They are kept for it, even if
// those behind it want fewer.
type permits struct {
	state   atomic.Int64
	mu      sync.Mutex // guards waiters
	waiters waitlist.List
}

const (
	flagQueued = 1 << iota
	flagClosed
	flagInit
	one // permit

	permitShift = 3
)

func (p *permits) init(n int) { p.state.Store(int64(n) * one) }

// initOnce gives p its first n permits, once. Owners whose zero value has permits call it before each use.
func (p *permits) initOnce(n int) {
	if p.state.Load() == 0 {
		p.state.CompareAndSwap(0, int64(n)*one|flagInit)
	}
}

func (p *permits) available() int { return int(p.state.Load() >> permitShift) }

func (p *permits) isClosed() bool { return p.state.Load()&flagClosed != 0 }

// tryAcquire takes n permits if they are free and the list of waiters is empty.
func (p *permits) tryAcquire(n int) bool { return p.tryAcquireFrom(p.state.Load(), n) }

// tryAcquireFrom is tryAcquire for a caller that has loaded s. Each loop around a swap has this form, so that a
// test can pass a state that is out of date, which makes the first swap fail.
func (p *permits) tryAcquireFrom(s int64, n int) bool {
	for {
		if s&(flagQueued|flagClosed) != 0 || s < int64(n)*one {
			return false
		}
		if p.state.CompareAndSwap(s, s-int64(n)*one) {
			return true
		}
		s = p.state.Load()
	}
}

// poll is the Poll of a future that wants n permits. It returns Granted, Closed, or Waiting if the future is
// pending.
func (p *permits) poll(cx *core.Context, node *waitlist.Node, n int) waitlist.State {
	if !cx.Spend() {
		p.enlist(node, n, cx.Waker())
		return waitlist.Waiting
	}
	s := node.State()
	switch s {
	case waitlist.Idle:
		if p.tryAcquire(n) {
			return waitlist.Granted
		}
		s = p.acquireOrWait(node, n, cx.Waker())
	case waitlist.Waiting:
		p.mu.Lock()
		p.waiters.Rearm(node, cx.Waker())
		s = node.State()
		p.mu.Unlock()
	}
	if s == waitlist.Waiting {
		cx.Refund()
		cx.Waits(core.WaitLock)
		return s
	}
	node.Reset()
	return s
}

// enlist is a poll that has no budget left for a result. The node enters the line anyway; if its permits
// are free it acquires them, and its next poll returns Granted.
func (p *permits) enlist(node *waitlist.Node, n int, w core.Waker) {
	if node.State() == waitlist.Idle && p.acquireOrWait(node, n, w) == waitlist.Granted {
		node.Grant(waitlist.Granted)
	}
}

func (p *permits) acquireOrWait(node *waitlist.Node, n int, w core.Waker) waitlist.State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.acquireOrWaitFrom(p.state.Load(), node, n, w)
}

// acquireOrWaitFrom needs the lock.
func (p *permits) acquireOrWaitFrom(s int64, node *waitlist.Node, n int, w core.Waker) waitlist.State {
	for ; ; s = p.state.Load() {
		switch {
		case s&flagClosed != 0:
			return waitlist.Closed
		case s&flagQueued != 0:
		case s >= int64(n)*one:
			if p.state.CompareAndSwap(s, s-int64(n)*one) {
				return waitlist.Granted
			}
			continue
		case !p.state.CompareAndSwap(s, s|flagQueued):
			continue
		}
		node.Want = n
		p.waiters.Push(node, w)
		return waitlist.Waiting
	}
}

// drop is the Drop of a future that wanted n permits.
func (p *permits) drop(node *waitlist.Node, n int) {
	switch node.State() {
	case waitlist.Idle:
		return
	case waitlist.Waiting:
		p.mu.Lock()
		if p.waiters.Remove(node) {
			p.grant(nil) // those behind it may want fewer
			return
		}
		p.mu.Unlock()
	}
	granted := node.State() == waitlist.Granted
	node.Reset()
	if granted {
		// A release of permits that were never acquired may have left no room. The excess is discarded.
		p.release(nil, n, MaxPermits)
	}
}

// release returns n permits. If more than limit would be free then, it changes nothing and returns false.
func (p *permits) release(cx *core.Context, n, limit int) bool {
	return p.releaseFrom(p.state.Load(), cx, n, limit)
}

func (p *permits) releaseFrom(s int64, cx *core.Context, n, limit int) bool {
	for ; s&flagQueued == 0; s = p.state.Load() {
		if n > limit-int(s>>permitShift) {
			return false
		}
		if p.state.CompareAndSwap(s, s+int64(n)*one) {
			return true
		}
	}
	p.mu.Lock()
	if !p.addFrom(p.state.Load(), n, limit) {
		p.mu.Unlock()
		return false
	}
	p.grant(cx)
	return true
}

// addFrom adds n free permits, unless more than limit would be free then. It needs the lock. The swap can fail
// all the same: while no waiter is left, other goroutines change the state without the lock.
func (p *permits) addFrom(s int64, n, limit int) bool {
	for ; n <= limit-int(s>>permitShift); s = p.state.Load() {
		if p.state.CompareAndSwap(s, s+int64(n)*one) {
			return true
		}
	}
	return false
}

// grant gives free permits to the waiters in order, and wakes them. The caller holds the lock; grant releases
// it.
func (p *permits) grant(cx *core.Context) {
	var b waitlist.Batch
	for more := true; more; {
		more = p.grantSome(&b)
		p.mu.Unlock()
		b.Wake(cx)
		if more {
			p.mu.Lock()
		}
	}
}

// grantSome serves as many waiters as fit in b, and reports whether more may be served.
func (p *permits) grantSome(b *waitlist.Batch) (more bool) {
	for !b.Full() {
		first, s := p.waiters.Front(), p.state.Load()
		switch {
		case first == nil:
			if s&flagQueued != 0 {
				p.state.Store(s &^ flagQueued) // while it is set only this goroutine, with the lock, changes the state
			}
			return false
		case s&flagClosed != 0 || s < int64(first.Want)*one:
			return false
		}
		p.state.Add(-int64(first.Want) * one)
		b.Add(p.waiters.Pop(waitlist.Granted))
	}
	return true
}

// forget removes up to n free permits, and returns how many.
func (p *permits) forget(n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.forgetFrom(p.state.Load(), n)
}

// forgetFrom needs the lock.
func (p *permits) forgetFrom(s int64, n int) int {
	for {
		k := min(int64(n), s>>permitShift)
		if p.state.CompareAndSwap(s, s-k*one) {
			return int(k)
		}
		s = p.state.Load()
	}
}

// close makes every waiter fail. It reports whether p was open.
func (p *permits) close(cx *core.Context) bool {
	p.mu.Lock()
	if !p.setClosedFrom(p.state.Load()) {
		p.mu.Unlock()
		return false
	}
	p.waiters.WakeAll(&p.mu, waitlist.Closed, cx)
	return true
}

// setClosedFrom sets flagClosed, and reports whether it was clear. It needs the lock.
func (p *permits) setClosedFrom(s int64) bool {
	for ; s&flagClosed == 0; s = p.state.Load() {
		if p.state.CompareAndSwap(s, s&^flagQueued|flagClosed) {
			return true
		}
	}
	return false
}
