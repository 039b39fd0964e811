package lock_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
	"github.com/moduvex/moduvex-go/core/lock"
)

// TestPermitsWhenASwapIsLost: between the load of the state and the swap, another actor has changed it.
// The step must then decide on the new state.
func TestPermitsWhenASwapIsLost(t *testing.T) {
	w := &waittest.Waker{}
	type permits = lock.Permits
	for _, c := range []struct {
		name      string
		have      int              // permits, when the state is loaded
		other     func(p *permits) // the step of another actor
		step      func(p *permits, stale int64) int
		want      int // what step returns
		available int // afterwards
	}{
		{"tryAcquire, one less", 3, take(1), tryAcquire(1), 1, 1},
		{"tryAcquire, none left", 1, take(1), tryAcquire(1), 0, 0},
		{"tryAcquire, too few left", 3, take(2), tryAcquire(2), 0, 1},
		{"tryAcquire, some more", 1, give(2), tryAcquire(1), 1, 2},
		{"tryAcquire, closed", 1, shut, tryAcquire(1), 0, 1},
		{"tryAcquire, a waiter is in line", 1, queue(t, 2), tryAcquire(1), 0, 1},

		{"acquireOrWait, none left", 1, take(1), acquireOrWait(1, w), 0, 0},
		{"acquireOrWait, one less", 2, take(1), acquireOrWait(1, w), 1, 0},
		{"acquireOrWait, enough now", 0, give(1), acquireOrWait(1, w), 1, 0},
		{"acquireOrWait, too few still", 0, give(1), acquireOrWait(2, w), 0, 1},
		{"acquireOrWait, closed", 1, shut, acquireOrWait(1, w), 0, 1},
		{"acquireOrWait of too many, closed", 0, shut, acquireOrWait(1, w), 0, 0},

		{"release, some more", 1, give(2), release(1, 10), 1, 4},
		{"release, some less", 2, take(1), release(1, 10), 1, 2},
		{"release, as many as may be", 1, give(2), release(1, 3), 0, 3},
		{"release, a waiter is in line for more", 1, queue(t, 3), release(1, 10), 1, 2},
		{"release, a waiter is in line for it", 1, queue(t, 2), release(1, 10), 1, 0},
		{"release, a waiter is in line and there are too many", 2, queue(t, 3), release(1, 2), 0, 2},
		{"release, closed", 1, shut, release(1, 10), 1, 2},

		{"add, some more", 1, give(2), add(1, 10), 1, 4},
		{"add, as many as may be", 1, give(2), add(1, 3), 0, 3},

		{"forget, fewer left", 3, take(2), forget(2), 1, 0},
		{"forget, none left", 1, take(1), forget(1), 0, 0},
		{"forget, some more", 1, give(2), forget(2), 2, 1},
		{"forget, closed", 2, shut, forget(1), 1, 1},

		{"close, one less", 2, take(1), setClosedFrom, 1, 1},
		{"close, closed", 2, shut, setClosedFrom, 0, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := lock.NewPermits(c.have)
			stale := p.State()
			c.other(p)
			if p.State() == stale {
				t.Fatal("the other actor has changed nothing")
			}
			closed := p.Closed()
			if have := c.step(p, stale); have != c.want {
				t.Errorf("have %d, want %d", have, c.want)
			}
			if have := p.Available(); have != c.available {
				t.Errorf("%d are available, want %d", have, c.available)
			}
			if closed && !p.Closed() {
				t.Error("open again")
			}
		})
	}
}

func take(n int) func(p *lock.Permits) { return func(p *lock.Permits) { p.TryAcquire(n) } }
func give(n int) func(p *lock.Permits) { return func(p *lock.Permits) { p.Release(n) } }
func shut(p *lock.Permits)             { p.Shut() }

// queue puts a waiter for n permits in line.
func queue(t *testing.T, n int) func(p *lock.Permits) {
	return func(p *lock.Permits) {
		f := p.Acquire(n)
		waittest.NewWaiter[error](t, &f).Poll()
	}
}

func tryAcquire(n int) func(p *lock.Permits, stale int64) int {
	return func(p *lock.Permits, stale int64) int { return count(p.TryAcquireFrom(stale, n)) }
}

func acquireOrWait(n int, w core.Waker) func(p *lock.Permits, stale int64) int {
	return func(p *lock.Permits, stale int64) int {
		got := count(p.AcquireOrWaitFrom(stale, n, w))
		if p.Waiters()+got+count(p.Closed()) != 1 {
			return -1 // exactly one holds: it is in line, it has its permits, or the permits are closed
		}
		return got
	}
}

func release(n, limit int) func(p *lock.Permits, stale int64) int {
	return func(p *lock.Permits, stale int64) int { return count(p.ReleaseFrom(stale, n, limit)) }
}

func add(n, limit int) func(p *lock.Permits, stale int64) int {
	return func(p *lock.Permits, stale int64) int { return count(p.AddFrom(stale, n, limit)) }
}

func forget(n int) func(p *lock.Permits, stale int64) int {
	return func(p *lock.Permits, stale int64) int { return p.ForgetFrom(stale, n) }
}

func setClosedFrom(p *lock.Permits, stale int64) int { return count(p.SetClosedFrom(stale)) }

func count(ok bool) int {
	if ok {
		return 1
	}
	return 0
}
