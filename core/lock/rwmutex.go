package lock

import (
	"context"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
)

// maxReaders is the largest number of readers at a time. A writer takes the permits of all of them. It fits in an int
// of 32 bits.
const maxReaders = 1 << 28

// A writer that is dropped releases its lock like permits of a semaphore, so it must not hold more than a semaphore
// can have. (The conversion of a negative constant does not compile.)
const _ = uint(MaxPermits - maxReaders)

// An RWMutex is a lock that many readers hold at once, or one writer. The zero RWMutex is unlocked. It must not be
// copied after first use.
//
// It is first in, first out: a writer waits for the readers before it, and readers that come after it wait for it, so
// neither kind starves the other. Therefore a task that reads must not lock for reading again: if a writer has come
// in between, both wait for ever.
type RWMutex struct{ p permits }

// A ReadGuard holds the lock of an [RWMutex] for reading, until its Unlock. It may be passed to another task or
// goroutine. The zero ReadGuard holds nothing.
type ReadGuard struct{ m *RWMutex }

// A WriteGuard holds the lock of an [RWMutex] for writing, until its Unlock. It may be passed to another task or
// goroutine. The zero WriteGuard holds nothing.
type WriteGuard struct{ m *RWMutex }

func (m *RWMutex) permits() *permits {
	m.p.initOnce(maxReaders)
	return &m.p
}

// TryRLock locks m for reading if no writer holds it and no waiter is in line. Any goroutine.
func (m *RWMutex) TryRLock() (g ReadGuard, ok bool) {
	if !m.permits().tryAcquire(1) {
		return ReadGuard{}, false
	}
	return ReadGuard{m}, true
}

// RLock locks m for reading, and suspends the body of co until it has the lock. The error says why co was cancelled; m
// is not locked then.
func (m *RWMutex) RLock(co *coro.Co) (ReadGuard, error) {
	if err := m.permits().acquire(co, 1); err != nil {
		return ReadGuard{}, err
	}
	return ReadGuard{m}, nil
}

// RLockWait locks m for reading, and blocks the calling goroutine until it has the lock. The error is the cause of
// ctx if ctx is done first; m is not locked then.
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

// TryLock locks m for writing if it is unlocked and no waiter is in line. Any goroutine.
func (m *RWMutex) TryLock() (g WriteGuard, ok bool) {
	if !m.permits().tryAcquire(maxReaders) {
		return WriteGuard{}, false
	}
	return WriteGuard{m}, true
}

// Lock locks m for writing, and suspends the body of co until it has the lock. The error says why co was cancelled; m is
// not locked then.
func (m *RWMutex) Lock(co *coro.Co) (WriteGuard, error) {
	if err := m.permits().acquire(co, maxReaders); err != nil {
		return WriteGuard{}, err
	}
	return WriteGuard{m}, nil
}

// LockWait locks m for writing, and blocks the calling goroutine until it has the lock. The error is the cause of ctx
// if ctx is done first; m is not locked then.
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

// A ReadLockFuture is ready with the lock for reading once it has it. The package comment says how it is used again.
type ReadLockFuture struct {
	m       *RWMutex
	acquire AcquireFuture
}

// A WriteLockFuture is ready with the lock for writing once it has it. The package comment says how it is used again.
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

// Drop leaves the line. A lock that was granted already is unlocked.
func (f *ReadLockFuture) Drop() { f.acquire.Drop() }

// Poll locks the mutex for writing, or waits in line.
func (f *WriteLockFuture) Poll(cx *core.Context) (WriteGuard, bool) {
	if _, ok := f.acquire.Poll(cx); !ok {
		return WriteGuard{}, false
	}
	return WriteGuard{f.m}, true
}

// Drop leaves the line. A lock that was granted already is unlocked.
func (f *WriteLockFuture) Drop() { f.acquire.Drop() }

// Unlock releases the lock for reading. After the last reader the writer that is next in line has the lock, and is
// woken. It panics if g holds nothing, as after an Unlock. Any goroutine.
func (g *ReadGuard) Unlock() { g.UnlockOn(nil) }

// UnlockOn is [ReadGuard.Unlock] for a caller that is in a poll.
func (g *ReadGuard) UnlockOn(cx *core.Context) {
	m := g.m
	g.m = nil
	m.release(cx, 1)
}

// Unlock releases the lock for writing. The writer that is next in line, or all readers before the next writer, have
// the lock from then on, and are woken. It panics if g holds nothing, as after an Unlock. Any goroutine.
func (g *WriteGuard) Unlock() { g.UnlockOn(nil) }

// UnlockOn is [WriteGuard.Unlock] for a caller that is in a poll.
func (g *WriteGuard) UnlockOn(cx *core.Context) {
	m := g.m
	g.m = nil
	m.release(cx, maxReaders)
}

// Downgrade turns the lock into one for reading, and no other writer gets it in between. Readers that are next in
// line get the lock too. g holds nothing after it. It panics if g holds nothing. Any goroutine.
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
