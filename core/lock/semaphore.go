package lock

import (
	"context"
	"fmt"
	"math"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
)

// MaxPermits is the largest number of permits of a [Semaphore]: 1<<60 - 1, which leaves room for flags beside it,
// and 1<<30 - 1 where an int has 32 bits.
const MaxPermits = math.MaxInt64 >> permitShift & (math.MaxInt >> 1)

// A Semaphore has a number of permits, which tasks acquire and release. The zero Semaphore has none, until some are
// released to it. It must not be copied after first use.
//
// It is first in, first out: a waiter for many permits is not overtaken by waiters for few, and permits that are
// released meanwhile are kept for it. A permit belongs to no task: a task may release what another has acquired, and
// a permit that is never released is lost.
type Semaphore struct{ p permits }

// NewSemaphore makes a semaphore with n permits, from 0 to [MaxPermits].
func NewSemaphore(n int) *Semaphore {
	checkPermits("NewSemaphore with", n)
	s := &Semaphore{}
	s.p.init(n)
	return s
}

func checkPermits(what string, n int) {
	switch {
	case n < 0:
		panic(fmt.Sprintf("lock: %s %d permits, which is negative", what, n))
	case n > MaxPermits:
		panic(fmt.Sprintf("lock: %s %d permits, which is more than MaxPermits", what, n))
	}
}

// TryAcquire acquires n permits if so many are free, no waiter is in line, and the semaphore is not closed. It
// reports whether it did. Any goroutine.
func (s *Semaphore) TryAcquire(n int) bool {
	checkPermits("TryAcquire of", n)
	return s.p.tryAcquire(n)
}

// Acquire acquires n permits, and suspends the body of co until it has them. The error is [ErrClosed], or says why co was
// cancelled; nothing is acquired then.
func (s *Semaphore) Acquire(co *coro.Co, n int) error {
	checkPermits("Acquire of", n)
	return s.p.acquire(co, n)
}

// AcquireWait acquires n permits, and blocks the calling goroutine until it has them. The error is
// [ErrClosed], or the cause of ctx if ctx is done first; nothing is acquired then.
func (s *Semaphore) AcquireWait(ctx context.Context, n int) error {
	checkPermits("AcquireWait of", n)
	return s.p.acquireWait(ctx, n)
}

// AcquireFuture returns the future that acquires n permits.
func (s *Semaphore) AcquireFuture(n int) AcquireFuture {
	checkPermits("AcquireFuture of", n)
	return AcquireFuture{p: &s.p, n: n}
}

// Release adds n permits, grants them to the waiters in line, and wakes those that have all of theirs. It panics if
// more than [MaxPermits] would be free before the waiters get theirs. Any goroutine.
func (s *Semaphore) Release(n int) { s.ReleaseOn(nil, n) }

// ReleaseOn is [Semaphore.Release] for a caller that is in a poll.
func (s *Semaphore) ReleaseOn(cx *core.Context, n int) {
	checkPermits("Release of", n)
	if !s.p.release(cx, n, MaxPermits) {
		panic(fmt.Sprintf("lock: Release of %d permits makes more than MaxPermits", n))
	}
}

// Forget removes up to n free permits and returns how many. It does not reach permits that are acquired: their
// holder removes them by not releasing them. Any goroutine.
func (s *Semaphore) Forget(n int) int {
	checkPermits("Forget of", n)
	return s.p.forget(n)
}

// Available returns how many permits are free. Among them are those that are kept for the first waiter, which wants
// more, and those that a Release is about to grant: TryAcquire can fail although permits are available. Any
// goroutine.
func (s *Semaphore) Available() int { return s.p.available() }

// Close closes the semaphore: every waiter, and every acquire from now on, fails with [ErrClosed]. Permits may still
// be released. A second Close does nothing. Any goroutine.
func (s *Semaphore) Close() { s.p.close(nil) }

// Closed reports whether the semaphore is closed. Any goroutine.
func (s *Semaphore) Closed() bool { return s.p.isClosed() }
