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
// It is as fair as sync.Mutex:
//
//   - An unlock leaves the mutex unlocked and wakes the waiter that came first. Until that waiter is polled, any caller
//     may lock the mutex: a task that runs already, such as the one that has just unlocked it, costs no switch.
//   - A waiter that was woken and finds the mutex locked again keeps its place in line. No other waiter is woken before.
//   - If that happens when it has waited for a millisecond since it first found the mutex locked, by the clock of the
//     worker that polls it, the next unlock hands the mutex over to it: the mutex is not free in between. Each lost
//     turn counts as a microsecond more, so that a waiter is served too where the clock stands, as the virtual one of a
//     test does between two timers.
//   - The following unlocks hand the mutex over too, in the order of the line, until a waiter that gets it has waited for
//     less than a millisecond, or none is left.
//
// [MutexOptions] has the strict order instead: first in, first out. What a task does before an unlock is visible after
// the lock that follows.
type Mutex struct {
	// A mutexWord. Any goroutine swaps it, as the transitions of that type say.
	state   atomic.Uint32
	mu      sync.Mutex // guards waiters
	ordered bool       // never changes
	waiters waitlist.List
}

// MutexOptions are the options of [NewMutexWith]. The zero value selects the defaults.
type MutexOptions struct {
	// Ordered makes the mutex first in, first out: an unlock hands it over to the oldest waiter, and no caller overtakes
	// a waiter, not even with TryLock. Each unlock with waiters in line then costs a switch to the next of them, and a
	// wake of its worker if that is another and sleeps: under contention it is many times slower.
	Ordered bool
}

// A Guard holds the lock of a [Mutex], until its Unlock. It may be passed to another task or goroutine. The zero
// Guard holds nothing.
type Guard struct{ m *Mutex }

// NewMutexWith makes an unlocked mutex. With the zero MutexOptions it is as a zero Mutex.
func NewMutexWith(opts MutexOptions) *Mutex { return &Mutex{ordered: opts.Ordered} }

// TryLock locks m if it is unlocked. Any goroutine.
func (m *Mutex) TryLock() (g Guard, ok bool) {
	if m.tryLock() {
		return Guard{m}, true
	}
	return Guard{}, false
}

// tryLock applies lock. The first swap is that of a mutex without waiters.
func (m *Mutex) tryLock() bool {
	return m.state.CompareAndSwap(0, uint32(wordLocked)) || m.tryLockPast()
}

// tryLockPast is tryLock where waiters may be in line. It is a separate function so that tryLock is inlined.
func (m *Mutex) tryLockPast() bool {
	for {
		w := m.word()
		next, ok := w.lock()
		if !ok || m.swap(w, next) {
			return ok
		}
	}
}

func (m *Mutex) word() mutexWord { return mutexWord(m.state.Load()) }

func (m *Mutex) swap(from, to mutexWord) bool {
	return m.state.CompareAndSwap(uint32(from), uint32(to))
}

// Lock locks m, and suspends the body of co until it has the lock. The error says why co was cancelled; m is not
// locked then.
func (m *Mutex) Lock(co *coro.Co) (Guard, error) {
	if err := co.Interrupted(); err != nil {
		return Guard{}, err
	}
	if cx := co.Context(); cx.Spend() {
		if m.tryLock() {
			return Guard{m}, nil
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
		if m.tryLock() {
			return Guard{m}, nil
		}
	}
	f := lockFutures.Get().(*LockFuture)
	f.m = m
	g, err := waitlist.Block[Guard](ctx, f)
	f.m = nil
	lockFutures.Put(f)
	return g, err
}

// LockFuture returns the future that locks m.
func (m *Mutex) LockFuture() LockFuture { return LockFuture{m: m} }

// Unlock unlocks the mutex, and wakes the first in line, or hands the mutex over to it: see [Mutex]. It panics if g
// holds nothing, as after an Unlock. Any goroutine.
func (g *Guard) Unlock() { g.UnlockOn(nil) }

// UnlockOn is [Guard.Unlock] for a caller that is in a poll. It is so short that it is inlined: a guard that lives in
// a register needs no write barrier.
func (g *Guard) UnlockOn(cx *core.Context) {
	m := g.m
	g.m = nil
	m.unlock(cx)
}

// unlock unlocks m. If it were inlined, its callers would not be.
//
//go:noinline
func (m *Mutex) unlock(cx *core.Context) {
	if m == nil || !m.state.CompareAndSwap(uint32(wordLocked), 0) {
		m.unlockPast(cx)
	}
}

// unlockPast is unlock where waiters may be in line.
func (m *Mutex) unlockPast(cx *core.Context) {
	if m == nil {
		panic(errUnlock)
	}
	for {
		w := m.word()
		switch next, a := w.unlock(); a {
		case mutexInvalid:
			panic(errUnlock)
		case mutexRelease:
			m.mu.Lock()
			first, ok := m.release()
			m.mu.Unlock()
			if !ok {
				panic(errUnlock)
			}
			waitlist.Wake(cx, first)
			return
		default:
			if m.swap(w, next) {
				return
			}
		}
	}
}

// release applies release, and returns the waker of the first in line if that is to be woken. ok is false if m is not
// locked: two unlocks at once may both have found it locked. It needs mu.
func (m *Mutex) release() (first core.Waker, ok bool) {
	for {
		w := m.word()
		next, a := w.release(m.waiters.Len())
		switch {
		case a == mutexInvalid:
			return nil, false
		case !m.swap(w, next): // before the Pop: from there on the waiter may unlock
		case a == mutexHandOver:
			return m.waiters.Pop(waitlist.Granted), true
		case a == mutexWake:
			return m.waiters.Front().Waker(), true
		default:
			return nil, true
		}
	}
}

const errUnlock = "lock: unlock of an unlocked Mutex"
