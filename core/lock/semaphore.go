package lock

import (
	"context"
	"fmt"
	"math"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
)

// MaxPermits is how many permits a [Semaphore] can have: 1<<60 - 1, which leaves room for flags beside them,
// and 1<<30 - 1 where an int has 32 bits.
const MaxPermits = math.MaxInt64 >> permitShift & (math.MaxInt >> 1)

// A Semaphore has a number of permits, which tasks acquire and release. The zero Semaphore has none,
// until some are released to it. It must not be copied after first use.
//
// It is first in, first out: who waits for many permits is not overtaken by those who want few, and
// permits that are released meanwhile are kept for it. Nothing ties a permit to who acquired it:
// another task may release it, and one that is never released is gone for good.
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

// TryAcquire acquires n permits if they are there, nobody waits, and the semaphore is not closed.
// Any goroutine.
func (s *Semaphore) TryAcquire(n int) bool {
	checkPermits("TryAcquire of", n)
	return s.p.tryAcquire(n)
}

// Acquire acquires n permits, and suspends the body of co until it has them. The error is
// [ErrClosed], or why co was cancelled; nothing is acquired then.
func (s *Semaphore) Acquire(co *coro.Co, n int) error {
	checkPermits("Acquire of", n)
	return s.p.acquire(co, n)
}

// AcquireWait acquires n permits, and blocks the calling goroutine until it has them. The error is
// [ErrClosed], or the cause of ctx if that is done first.
func (s *Semaphore) AcquireWait(ctx context.Context, n int) error {
	checkPermits("AcquireWait of", n)
	return s.p.acquireWait(ctx, n)
}

// AcquireFuture returns the future that acquires n permits.
func (s *Semaphore) AcquireFuture(n int) AcquireFuture {
	checkPermits("AcquireFuture of", n)
	return AcquireFuture{p: &s.p, n: n}
}

// Release adds n permits, and wakes those in line who have theirs then. Any goroutine. It panics if
// more than [MaxPermits] would be free before those in line have got theirs.
func (s *Semaphore) Release(n int) { s.ReleaseOn(nil, n) }

// ReleaseOn is [Semaphore.Release] for a caller that is in a poll.
func (s *Semaphore) ReleaseOn(cx *core.Context, n int) {
	checkPermits("Release of", n)
	if !s.p.release(cx, n, MaxPermits) {
		panic(fmt.Sprintf("lock: Release of %d permits makes more than MaxPermits", n))
	}
}

// Forget takes away up to n of the permits that are free and returns how many it took. Those that
// are acquired it does not reach: whoever has them does so by not releasing them. Any goroutine.
func (s *Semaphore) Forget(n int) int {
	checkPermits("Forget of", n)
	return s.p.forget(n)
}

// Available returns how many permits are free. Those that are kept for who is first in line, and wants
// more, are among them, and so are those that a Release is just about to hand on: that permits are
// available does not mean that TryAcquire gets one. Any goroutine.
func (s *Semaphore) Available() int { return s.p.available() }

// Close makes everybody who waits for a permit, or asks for one from now on, get [ErrClosed].
// Permits may still be released. Closing it again changes nothing. Any goroutine.
func (s *Semaphore) Close() { s.p.close(nil) }

// Closed reports whether the semaphore is closed. Any goroutine.
func (s *Semaphore) Closed() bool { return s.p.isClosed() }
