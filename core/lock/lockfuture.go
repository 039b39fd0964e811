package lock

import (
	"sync"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// maxWaitUs is how long a waiter waits before a lost turn makes the next unlock hand the mutex over. It is the limit
// of sync.Mutex: far longer than a switch, so that hand-overs are rare, and short beside what a user of a service sees.
const maxWaitUs = 1000

// lostTurnUs is how much a lost turn counts beside the time that passes. So a waiter is handed the mutex over in the end
// also where the clock stands while tasks are ready, as the virtual one of coretest does. With a clock that runs it is
// little: a lost turn takes a tenth of that on the worker of the holder, and several times that on another.
const lostTurnUs = 1

// A LockFuture is ready with the lock once it has it. The package comment says how it is used again.
type LockFuture struct {
	m *Mutex
	// Want is the time of the first wait in us, less the lost turns. It wraps around where an int has 32 bits: a
	// waiter that is misjudged then, once in 71 minutes, loses a turn more.
	node waitlist.Node
}

var (
	_ core.Future[Guard] = (*LockFuture)(nil)
	_ core.Dropper       = (*LockFuture)(nil)
)

// lockFutures holds the futures that no body and no goroutine waits with. A body that is unwound by force leaves its
// future to the garbage collector.
var lockFutures = sync.Pool{New: func() any { return new(LockFuture) }}

// Poll locks the mutex, or waits in line.
func (f *LockFuture) Poll(cx *core.Context) (Guard, bool) {
	m := f.m
	if m == nil {
		panic("lock: Poll of a LockFuture that no Mutex has made")
	}
	if !cx.Spend() {
		m.enlist(cx, &f.node)
		return Guard{}, false
	}
	if f.node.State() == waitlist.Idle && m.state.CompareAndSwap(0, uint32(wordLocked)) {
		return Guard{m}, true
	}
	return f.wait(cx)
}

// wait is the rest of a Poll whose single swap has failed.
func (f *LockFuture) wait(cx *core.Context) (Guard, bool) {
	if f.m.wait(cx, &f.node) {
		return Guard{f.m}, true
	}
	cx.Refund()
	cx.Waits(core.WaitLock)
	return Guard{}, false
}

// wait locks m for n, or leaves n in line. It reports whether n has the lock.
func (m *Mutex) wait(cx *core.Context, n *waitlist.Node) bool {
	switch n.State() {
	case waitlist.Idle:
		return m.tryLockPast() || m.join(cx, n)
	case waitlist.Waiting:
		return m.retry(cx, n)
	}
	m.receive(cx, n)
	return true
}

// join puts n in line, unless it can lock m now. It reports whether n has the lock.
func (m *Mutex) join(cx *core.Context, n *waitlist.Node) bool {
	n.Want = m.nowUs(cx)
	m.mu.Lock()
	defer m.mu.Unlock()
	for {
		w := m.word()
		next, a := w.join(m.ordered)
		if !m.swap(w, next) {
			continue
		}
		if a == mutexWaits {
			m.waiters.Push(n, cx.Waker())
		}
		return a == mutexLocked
	}
}

// enlist is the poll of n that has no budget left for a result. n enters the line anyway. If m is unlocked, the next
// poll tries to lock it; an ordered m is locked for n from now on, and the next poll finds that.
func (m *Mutex) enlist(cx *core.Context, n *waitlist.Node) {
	switch {
	case n.State() != waitlist.Idle:
	case !m.ordered && !m.word().has(wordLocked):
	case !m.join(cx, n):
	default:
		n.Grant(waitlist.Granted)
	}
}

// retry is the poll of n that is in line. It reports whether n has the lock.
func (m *Mutex) retry(cx *core.Context, n *waitlist.Node) bool {
	nowUs := m.nowUs(cx) // not under mu: it is the host's code
	m.mu.Lock()
	if !m.waiters.Rearm(n, cx.Waker()) { // it has been granted the lock meanwhile
		m.mu.Unlock()
		m.receive(cx, n)
		return true
	}
	defer m.mu.Unlock()
	first := m.waiters.Front() == n
	for {
		w := m.word()
		next, a := w.retry(first, starved(n, nowUs), m.waiters.Len())
		switch {
		case w != next && !m.swap(w, next):
		case a == mutexLocked:
			m.waiters.Remove(n)
			return true
		default:
			if w != next {
				n.Want -= lostTurnUs
			}
			return false
		}
	}
}

// receive is the poll of n that was granted the lock. It ends the handing over if n has not waited too long.
func (m *Mutex) receive(cx *core.Context, n *waitlist.Node) {
	if !m.ordered && m.word().has(wordHanding) && !starved(n, m.nowUs(cx)) {
		m.mu.Lock()
		for w := m.word(); !m.swap(w, w.calm()); w = m.word() {
		}
		m.mu.Unlock()
	}
	n.Reset()
}

// Drop leaves the line. A lock that was granted already goes to the next waiter.
func (f *LockFuture) Drop() {
	m := f.m
	if m == nil || f.node.State() == waitlist.Idle {
		return
	}
	m.mu.Lock()
	first, waited := m.leave(&f.node)
	m.mu.Unlock()
	if !waited {
		f.node.Reset()
		m.unlock(nil)
		return
	}
	waitlist.Wake(nil, first)
}

// leave takes n out of the line, and reports whether it was there. It returns the waker of the new first in line if
// that is to be woken. It needs mu.
func (m *Mutex) leave(n *waitlist.Node) (first core.Waker, waited bool) {
	isFirst, waiters := m.waiters.Front() == n, m.waiters.Len()
	if !m.waiters.Remove(n) {
		return nil, false
	}
	for {
		w := m.word()
		next, a := w.leave(isFirst, waiters)
		switch {
		case !m.swap(w, next):
		case a == mutexWake:
			return m.waiters.Front().Waker(), true
		default:
			return nil, true
		}
	}
}

// nowUs returns the time on the clock of the worker, or of the goroutine, that polls. A waiter's times are compared with
// each other only. If it has moved to a host with another epoch between them, it may count as starved early.
func (m *Mutex) nowUs(cx *core.Context) int {
	if m.ordered {
		return 0
	}
	return int(cx.Now() / time.Microsecond)
}

// starved reports whether n has waited too long.
func starved(n *waitlist.Node, nowUs int) bool { return uint(nowUs)-uint(n.Want) >= maxWaitUs }
