package lock

import (
	"context"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
)

// maxReaders is how many may read at a time. A writer takes the permits of all of them. It is what
// an int of 32 bits leaves room for, as in the standard library.
const maxReaders = 1 << 28

// A writer that gives up releases its lock like permits of a semaphore, so it must not hold more than a
// semaphore can have. (The conversion of a negative constant does not compile.)
const _ = uint(MaxPermits - maxReaders)

// An RWMutex is a lock for tasks that many readers may hold at once, or one writer. The zero RWMutex
// is unlocked. It must not be copied after first use.
//
// It is first in, first out: a writer waits for the readers before it, and readers that come after
// it wait for it, so neither kind keeps the other out. Therefore a task that reads must not lock for
// reading again: if a writer has come in between, both wait for ever.
type RWMutex struct{ p permits }

// A ReadGuard is a lock for reading on an [RWMutex]. It may be handed to another task or goroutine.
// The zero ReadGuard locks nothing.
type ReadGuard struct{ m *RWMutex }

// A WriteGuard is a lock for writing on an [RWMutex]. It may be handed to another task or goroutine.
// The zero WriteGuard locks nothing.
type WriteGuard struct{ m *RWMutex }

func (m *RWMutex) permits() *permits {
	m.p.initOnce(maxReaders)
	return &m.p
}

// TryRLock locks m for reading if no writer holds it or waits. Any goroutine.
func (m *RWMutex) TryRLock() (g ReadGuard, ok bool) {
	if !m.permits().tryAcquire(1) {
		return ReadGuard{}, false
	}
	return ReadGuard{m}, true
}

// RLock locks m for reading, and suspends the body of co until it is its turn. The error is why co
// was cancelled; m is not locked then.
func (m *RWMutex) RLock(co *coro.Co) (ReadGuard, error) {
	if err := m.permits().acquire(co, 1); err != nil {
		return ReadGuard{}, err
	}
	return ReadGuard{m}, nil
}

// RLockWait locks m for reading, and blocks the calling goroutine until it is its turn, or until ctx
// is done: then it returns the cause.
func (m *RWMutex) RLockWait(ctx context.Context) (ReadGuard, error) {
	if err := m.permits().acquireWait(ctx, 1); err != nil {
		return ReadGuard{}, err
	}
	return ReadGuard{m}, nil
}

// RLockFuture returns the future that locks m for reading.
func (m *RWMutex) RLockFuture() ReadLockFuture {
	return ReadLockFuture{m, AcquireFuture{p: m.permits(), n: 1}}
}

// TryLock locks m for writing if nobody holds it or waits. Any goroutine.
func (m *RWMutex) TryLock() (g WriteGuard, ok bool) {
	if !m.permits().tryAcquire(maxReaders) {
		return WriteGuard{}, false
	}
	return WriteGuard{m}, true
}

// Lock locks m for writing, and suspends the body of co until it is its turn. The error is why co
// was cancelled; m is not locked then.
func (m *RWMutex) Lock(co *coro.Co) (WriteGuard, error) {
	if err := m.permits().acquire(co, maxReaders); err != nil {
		return WriteGuard{}, err
	}
	return WriteGuard{m}, nil
}

// LockWait locks m for writing, and blocks the calling goroutine until it is its turn, or until ctx
// is done: then it returns the cause.
func (m *RWMutex) LockWait(ctx context.Context) (WriteGuard, error) {
	if err := m.permits().acquireWait(ctx, maxReaders); err != nil {
		return WriteGuard{}, err
	}
	return WriteGuard{m}, nil
}

// LockFuture returns the future that locks m for writing.
func (m *RWMutex) LockFuture() WriteLockFuture {
	return WriteLockFuture{m, AcquireFuture{p: m.permits(), n: maxReaders}}
}

// A ReadLockFuture answers with the lock for reading once it has it. See the package comment for its
// reuse.
type ReadLockFuture struct {
	m       *RWMutex
	acquire AcquireFuture
}

// A WriteLockFuture answers with the lock for writing once it has it. See the package comment for its
// reuse.
type WriteLockFuture struct {
	m       *RWMutex
	acquire AcquireFuture
}

var (
	_ core.Future[ReadGuard]  = (*ReadLockFuture)(nil)
	_ core.Dropper            = (*ReadLockFuture)(nil)
	_ core.Future[WriteGuard] = (*WriteLockFuture)(nil)
	_ core.Dropper            = (*WriteLockFuture)(nil)
)

// Poll locks the mutex for reading, or waits in line.
func (f *ReadLockFuture) Poll(cx *core.Context) (ReadGuard, bool) {
	if _, ok := f.acquire.Poll(cx); !ok {
		return ReadGuard{}, false
	}
	return ReadGuard{f.m}, true
}

// Drop leaves the line. A lock that it had already is unlocked.
func (f *ReadLockFuture) Drop() { f.acquire.Drop() }

// Poll locks the mutex for writing, or waits in line.
func (f *WriteLockFuture) Poll(cx *core.Context) (WriteGuard, bool) {
	if _, ok := f.acquire.Poll(cx); !ok {
		return WriteGuard{}, false
	}
	return WriteGuard{f.m}, true
}

// Drop leaves the line. A lock that it had already is unlocked.
func (f *WriteLockFuture) Drop() { f.acquire.Drop() }

// Unlock gives the lock for reading back. The last reader wakes the writer that is next in line, who
// has the lock from then on. Any goroutine. It panics if g locks nothing, as after an Unlock.
func (g *ReadGuard) Unlock() { g.UnlockOn(nil) }

// UnlockOn is [ReadGuard.Unlock] for a caller that is in a poll.
func (g *ReadGuard) UnlockOn(cx *core.Context) {
	m := g.m
	g.m = nil
	m.release(cx, 1)
}

// Unlock gives the lock for writing back. It wakes the writer that is next in line, or all readers
// before the next writer, who have the lock from then on. Any goroutine. It panics if g locks
// nothing, as after an Unlock.
func (g *WriteGuard) Unlock() { g.UnlockOn(nil) }

// UnlockOn is [WriteGuard.Unlock] for a caller that is in a poll.
func (g *WriteGuard) UnlockOn(cx *core.Context) {
	m := g.m
	g.m = nil
	m.release(cx, maxReaders)
}

// Downgrade makes the lock one for reading, without a moment in which another writer could come
// between. Readers that are next in line get theirs too. g locks nothing after it. Any goroutine.
func (g *WriteGuard) Downgrade() ReadGuard { return g.DowngradeOn(nil) }

// DowngradeOn is [WriteGuard.Downgrade] for a caller that is in a poll.
func (g *WriteGuard) DowngradeOn(cx *core.Context) ReadGuard {
	m := g.m
	g.m = nil
	m.release(cx, maxReaders-1)
	return ReadGuard{m}
}

func (m *RWMutex) release(cx *core.Context, n int) {
	if m == nil || !m.p.release(cx, n, maxReaders) {
		panic("lock: unlock of an unlocked RWMutex")
	}
}
