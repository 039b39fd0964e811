package lock

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// A Mutex is a lock for tasks, held across awaits. For a lock that is not, sync.Mutex of the
// standard library does as well. The zero Mutex is unlocked. It must not be copied after first use.
//
// It is first in, first out: an unlock hands the lock to whoever has waited longest, and it is never
// free in between. What was done before an unlock is visible after the lock that follows.
type Mutex struct {
	// One of the three below. Anybody moves it between unlocked and locked. It is contended while
	// waiters is not empty, so that nobody can unlock past a waiter, and it is moved to and from
	// contended only under mu. Waiters that leave do not care: the unlock finds nobody then.
	state   atomic.Uint32
	mu      sync.Mutex // guards waiters
	waiters waitlist.List
}

const (
	unlocked  = 0
	locked    = 1
	contended = 2 // locked, and somebody waits
)

// A Guard is a lock on a [Mutex], to be given back by Unlock. It may be handed to another task or
// goroutine. The zero Guard locks nothing.
type Guard struct{ m *Mutex }

// TryLock locks m if it is unlocked. Any goroutine.
func (m *Mutex) TryLock() (g Guard, ok bool) {
	if m.state.CompareAndSwap(unlocked, locked) {
		return Guard{m}, true
	}
	return Guard{}, false
}

// Lock locks m, and suspends the body of co until it is its turn. The error is why co was
// cancelled; m is not locked then.
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

// LockWait locks m, and blocks the calling goroutine until it is its turn, or until ctx is done:
// then it returns the cause.
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

// lockFutures are those of bodies and goroutines that do not wait. What becomes of one whose body
// is unwound by force is up to the garbage collector.
var lockFutures = sync.Pool{New: func() any { return new(LockFuture) }}

// LockFuture returns the future that locks m.
func (m *Mutex) LockFuture() LockFuture { return LockFuture{m: m} }

// A LockFuture answers with the lock once it has it. See the package comment for its reuse.
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

// wait is the Poll of those for whom one swap was not enough.
func (f *LockFuture) wait(cx *core.Context) (Guard, bool) {
	if f.m.wait(&f.node, cx.Waker()) {
		cx.Refund()
		cx.Waits(core.WaitLock)
		return Guard{}, false
	}
	return Guard{f.m}, true
}

// wait puts n in line, or looks whether it is its turn. It reports whether n has to wait; if
// not, it has the lock.
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

// enlist is the poll of n that has no budget left for an answer. n gets its place in line all the same;
// if that is the first one, n has the lock from now on and is told so by its next poll.
func (m *Mutex) enlist(n *waitlist.Node, w core.Waker) {
	if n.State() == waitlist.Idle && m.lockOrWait(n, w) {
		n.Grant(waitlist.Granted)
	}
}

// Drop leaves the line. If it was its turn already, the lock goes to the next.
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

// Unlock unlocks the mutex, and wakes the next in line, who has it from then on. Any goroutine.
// It panics if g locks nothing, as after an Unlock.
func (g *Guard) Unlock() { g.UnlockOn(nil) }

// UnlockOn is [Guard.Unlock] for a caller that is in a poll. It is no more than it is so that it is
// inlined: a guard that lives in a register needs no write barrier.
func (g *Guard) UnlockOn(cx *core.Context) {
	m := g.m
	g.m = nil
	m.unlock(cx)
}

// unlock unlocks m, or gives it to the next in line. Were it inlined, its callers would not be.
//
//go:noinline
func (m *Mutex) unlock(cx *core.Context) {
	if m == nil || !m.state.CompareAndSwap(locked, unlocked) {
		m.pass(cx)
	}
}

// pass is the way of an unlock for which one swap was not enough.
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

// handOver gives the lock to the next in line and returns its waker, or unlocks if there is none.
// It also returns the state before, which two unlocks at once may both have found locked.
func (m *Mutex) handOver() (next core.Waker, was uint32) {
	switch m.waiters.Len() {
	case 0:
		return nil, m.state.Swap(unlocked) // all that waited have gone meanwhile
	case 1:
		m.state.Store(locked) // before Pop: from there on the waiter may unlock
	}
	return m.waiters.Pop(waitlist.Granted), contended
}

const errUnlock = "lock: unlock of an unlocked Mutex"
