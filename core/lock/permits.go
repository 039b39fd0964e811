package lock

import (
	"sync"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// permits is a counting semaphore: what Semaphore, RWMutex and OnceCell are made of.
//
// The state has the number of free permits above three flags:
//
//	queued   somebody waits
//	closed   nobody gets a permit any more
//	made     for owners whose zero value has permits: they are there
//
// While neither is set, anybody takes and returns permits with a single swap. queued is set exactly
// while the list is not empty, and while it is set the state is changed only under the lock: so
// nobody takes a permit past a waiter, and what is returned goes to those who wait.
//
// Permits that are free while somebody waits are too few for the first in line. They are kept for
// it, however few those behind it want.
type permits struct {
	state   atomic.Int64
	mu      sync.Mutex // guards waiters
	waiters waitlist.List
}

const (
	queued = 1 << iota
	closed
	made
	one // permit

	permitShift = 3
)

func (p *permits) init(n int) { p.state.Store(int64(n) * one) }

// make gives p its first n permits, once. Owners whose zero value has permits call it first.
func (p *permits) make(n int) {
	if p.state.Load() == 0 {
		p.state.CompareAndSwap(0, int64(n)*one|made)
	}
}

func (p *permits) available() int { return int(p.state.Load() >> permitShift) }

func (p *permits) isClosed() bool { return p.state.Load()&closed != 0 }

// tryAcquire takes n permits if they are free and nobody waits.
func (p *permits) tryAcquire(n int) bool { return p.tryAcquireFrom(p.state.Load(), n) }

// tryAcquireFrom is tryAcquire for a caller that has loaded s. Each loop around a swap has this form, so
// that a test can hand it a state that is not true any more, and the swap is lost.
func (p *permits) tryAcquireFrom(s int64, n int) bool {
	for {
		if s&(queued|closed) != 0 || s < int64(n)*one {
			return false
		}
		if p.state.CompareAndSwap(s, s-int64(n)*one) {
			return true
		}
		s = p.state.Load()
	}
}

// poll is the Poll of a future that wants n permits: it answers Granted, Closed, or Waiting if it is
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

// enlist is a poll that has no budget left for an answer. The node gets its place in line all the same;
// if there are permits for it, it has them from now on and is told so by its next poll.
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
		case s&closed != 0:
			return waitlist.Closed
		case s&queued != 0:
		case s >= int64(n)*one:
			if p.state.CompareAndSwap(s, s-int64(n)*one) {
				return waitlist.Granted
			}
			continue
		case !p.state.CompareAndSwap(s, s|queued):
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
			p.grant(nil) // those behind it may want less
			return
		}
		p.mu.Unlock()
	}
	granted := node.State() == waitlist.Granted
	node.Reset()
	if granted {
		// Somebody who released what he did not have may have left no room. What is too much is lost.
		p.release(nil, n, MaxPermits)
	}
}

// release returns n permits, unless there would then be more than limit: then it changes nothing
// and returns false.
func (p *permits) release(cx *core.Context, n, limit int) bool {
	return p.releaseFrom(p.state.Load(), cx, n, limit)
}

func (p *permits) releaseFrom(s int64, cx *core.Context, n, limit int) bool {
	for ; s&queued == 0; s = p.state.Load() {
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

// addFrom adds n free permits, unless there would then be more than limit. It needs the lock. The state may
// change all the same: once no waiter is left, others change it without the lock.
func (p *permits) addFrom(s int64, n, limit int) bool {
	for ; n <= limit-int(s>>permitShift); s = p.state.Load() {
		if p.state.CompareAndSwap(s, s+int64(n)*one) {
			return true
		}
	}
	return false
}

// grant hands free permits to those who wait, in order, and wakes them. The caller holds the lock;
// grant releases it.
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

// grantSome serves as many as b holds, and reports whether there may be more.
func (p *permits) grantSome(b *waitlist.Batch) (more bool) {
	for !b.Full() {
		first, s := p.waiters.Front(), p.state.Load()
		switch {
		case first == nil:
			if s&queued != 0 {
				p.state.Store(s &^ queued) // nobody else changes it
			}
			return false
		case s&closed != 0 || s < int64(first.Want)*one:
			return false
		}
		p.state.Add(-int64(first.Want) * one)
		b.Add(p.waiters.Pop(waitlist.Granted))
	}
	return true
}

// forget takes up to n free permits away, and returns how many.
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

// close sends all waiters away. It reports whether it was the first to do so.
func (p *permits) close(cx *core.Context) bool {
	p.mu.Lock()
	if !p.shutFrom(p.state.Load()) {
		p.mu.Unlock()
		return false
	}
	p.waiters.WakeAll(&p.mu, waitlist.Closed, cx)
	return true
}

// shutFrom sets closed, and reports whether it was not. It needs the lock.
func (p *permits) shutFrom(s int64) bool {
	for ; s&closed == 0; s = p.state.Load() {
		if p.state.CompareAndSwap(s, s&^queued|closed) {
			return true
		}
	}
	return false
}
