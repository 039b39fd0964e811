package lock

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// A Mutex is a lock that tasks hold across awaits. If no await happens under the lock, sync.Mutex of the standard
// library serves as well. The zero Mutex is unlocked. It must not be copied after first use.
//
// It is first in, first out: an unlock passes the lock to the oldest waiter, and it is never free in between. What a
// task does before an unlock is visible after the lock that follows.
type Mutex struct {
	// One of the three below. Any goroutine moves it between unlocked and locked. It is contended while waiters is
	// not empty, so that no unlock passes a waiter over, and it moves to and from contended only under mu. A waiter
	// that leaves does not move it: the unlock finds an empty list then.
	state   atomic.Uint32
	mu      sync.Mutex // guards waiters
	waiters waitlist.List
}

const (
	unlocked  = 0
	locked    = 1
	contended = 2 // locked, and waiters are in line
)

// A Guard holds the lock of a [Mutex], until its Unlock. It may be passed to another task or goroutine. The zero
// Guard holds nothing.
type Guard struct{ m *Mutex }

// TryLock locks m if it is unlocked. Any goroutine.
func (m *Mutex) TryLock() (g Guard, ok bool) {
	if m.state.CompareAndSwap(unlocked, locked) {
		return Guard{m}, true
	}
	return Guard{}, false
}

// Lock locks m, and suspends the body of co until it has the lock. The error says why co was cancelled; m is not
// locked then.
func (m *Mutex) Lock(co *coro.Co) (Guard, error) {
	if err := co.Interrupted(); err != nil {
		return Guard{}, err
	}
	if cx := co.Context(); cx.Spend() {
		if g, ok := m.TryLock(); ok {
			return g, nil
		}
		cx.Refund()
	}
	f := lockFutures.Get().(*LockFuture)
	f.m = m
	g, err := coro.Await[Guard](co, f)
	f.m = nil
	lockFutures.Put(f)
	return g, err
}

// LockWait locks m, and blocks the calling goroutine until it has the lock. The error is the cause of ctx if ctx is
// done first; m is not locked then.
func (m *Mutex) LockWait(ctx context.Context) (Guard, error) {
	if !waitlist.Direct(ctx) && ctx.Err() == nil {
		if g, ok := m.TryLock(); ok {
			return g, nil
		}
	}
	f := lockFutures.Get().(*LockFuture)
	f.m = m
	g, err := waitlist.Block[Guard](ctx, f)
	f.m = nil
	lockFutures.Put(f)
	return g, err
}

// lockFutures holds the futures that no body and no goroutine waits with. A body that is unwound by force leaves its
// future to the garbage collector.
var lockFutures = sync.Pool{New: func() any { return new(LockFuture) }}

// LockFuture returns the future that locks m.
func (m *Mutex) LockFuture() LockFuture { return LockFuture{m: m} }

// A LockFuture is ready with the lock once it has it. The package comment says how it is used again.
type LockFuture struct {
	m    *Mutex
	node waitlist.Node
}

var (
	_ core.Future[Guard] = (*LockFuture)(nil)
	_ core.Dropper       = (*LockFuture)(nil)
)

// Poll locks the mutex, or waits in line.
func (f *LockFuture) Poll(cx *core.Context) (Guard, bool) {
	m := f.m
	if m == nil {
		panic("lock: Poll of a LockFuture that no Mutex has made")
	}
	if !cx.Spend() {
		m.enlist(&f.node, cx.Waker())
		return Guard{}, false
	}
	if f.node.State() == waitlist.Idle && m.state.CompareAndSwap(unlocked, locked) {
		return Guard{m}, true
	}
	return f.wait(cx)
}

// wait is the rest of a Poll whose single swap has failed.
func (f *LockFuture) wait(cx *core.Context) (Guard, bool) {
	if f.m.wait(&f.node, cx.Waker()) {
		cx.Refund()
		cx.Waits(core.WaitLock)
		return Guard{}, false
	}
	return Guard{f.m}, true
}

// wait enters n into the line, or finds that n was granted the lock. It reports whether n has to wait; if not, n has
// the lock.
func (m *Mutex) wait(n *waitlist.Node, w core.Waker) bool {
	switch n.State() {
	case waitlist.Idle:
		return !m.lockOrWait(n, w)
	case waitlist.Waiting:
		m.mu.Lock()
		waiting := m.waiters.Rearm(n, w)
		m.mu.Unlock()
		if waiting {
			return true
		}
	}
	n.Reset()
	return false
}

func (m *Mutex) lockOrWait(n *waitlist.Node, w core.Waker) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.state.Load() != contended {
		if m.state.CompareAndSwap(unlocked, locked) {
			return true
		}
		if m.state.CompareAndSwap(locked, contended) {
			break
		}
	}
	m.waiters.Push(n, w)
	return false
}

// enlist is the poll of n that has no budget left for a result. n enters the line anyway; if m is unlocked, n
// has the lock from now on, and its next poll finds that.
func (m *Mutex) enlist(n *waitlist.Node, w core.Waker) {
	if n.State() == waitlist.Idle && m.lockOrWait(n, w) {
		n.Grant(waitlist.Granted)
	}
}

// Drop leaves the line. A lock that was granted already goes to the next waiter.
func (f *LockFuture) Drop() {
	m := f.m
	if m == nil || f.node.State() == waitlist.Idle {
		return
	}
	m.mu.Lock()
	waited := m.waiters.Remove(&f.node)
	m.mu.Unlock()
	if !waited {
		f.node.Reset()
		m.unlock(nil)
	}
}

// Unlock unlocks the mutex. If waiters are in line, the first has the lock from then on and is woken. It panics if g
// holds nothing, as after an Unlock. Any goroutine.
func (g *Guard) Unlock() { g.UnlockOn(nil) }

// UnlockOn is [Guard.Unlock] for a caller that is in a poll. It is so short that it is inlined: a guard that lives in
// a register needs no write barrier.
func (g *Guard) UnlockOn(cx *core.Context) {
	m := g.m
	g.m = nil
	m.unlock(cx)
}

// unlock unlocks m, or passes it to the next in line. If it were inlined, its callers would not be.
//
//go:noinline
func (m *Mutex) unlock(cx *core.Context) {
	if m == nil || !m.state.CompareAndSwap(locked, unlocked) {
		m.pass(cx)
	}
}

// pass is the rest of an unlock whose single swap has failed.
func (m *Mutex) pass(cx *core.Context) {
	if m == nil || m.state.Load() == unlocked {
		panic(errUnlock)
	}
	m.mu.Lock()
	w, was := m.handOver()
	m.mu.Unlock()
	if was == unlocked {
		panic(errUnlock)
	}
	waitlist.Wake(cx, w)
}

// handOver passes the lock to the next in line and returns its waker, or unlocks m if the line is empty. It also
// returns the state before: two unlocks at once may both have found m locked.
func (m *Mutex) handOver() (next core.Waker, was uint32) {
	switch m.waiters.Len() {
	case 0:
		return nil, m.state.Swap(unlocked) // every waiter has left
	case 1:
		m.state.Store(locked) // before Pop: from there on the waiter may unlock
	}
	return m.waiters.Pop(waitlist.Granted), contended
}

const errUnlock = "lock: unlock of an unlocked Mutex"
