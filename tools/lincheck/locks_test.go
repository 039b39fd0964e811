package lincheck_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/lock"
	"github.com/moduvex/moduvex-go/tools/lincheck"
)

// A held is the permits that a lock has granted. release gives them back. If part is not 0, partly gives part of them
// back first, and returns the rest.
type held struct {
	n, part int
	release func(cx *core.Context)
	partly  func(cx *core.Context) held
}

// A grant is the result of an acquire.
type grant struct {
	held
	err error
}

// A locker grants permits.
type locker interface {
	try(n int) (held, bool)
	future(n int) core.Future[grant]
	direct(co *coro.Co, n int) (held, error)
	wait(ctx context.Context, n int) (held, error)
}

type mutex struct{ m *lock.Mutex }

func (l mutex) held(g lock.Guard) held { return held{n: 1, release: g.UnlockOn} }

func (l mutex) try(int) (held, bool) {
	g, ok := l.m.TryLock()
	return l.held(g), ok
}

func (l mutex) direct(co *coro.Co, _ int) (held, error) {
	g, err := l.m.Lock(co)
	return l.held(g), err
}

func (l mutex) wait(ctx context.Context, _ int) (held, error) {
	g, err := l.m.LockWait(ctx)
	return l.held(g), err
}

func (l mutex) future(int) core.Future[grant] {
	f := l.m.LockFuture()
	return future.Map(&f, func(g lock.Guard) grant { return grant{held: l.held(g)} })
}

// maxReaders is how many may hold an RWMutex for reading.
const maxReaders = 1 << 28

type rwMutex struct{ m *lock.RWMutex }

func (l rwMutex) read(g lock.ReadGuard) held { return held{n: 1, release: g.UnlockOn} }

func (l rwMutex) write(g lock.WriteGuard) held {
	return held{
		n: maxReaders, release: g.UnlockOn,
		part: maxReaders - 1, partly: func(cx *core.Context) held { return l.read(g.DowngradeOn(cx)) },
	}
}

func (l rwMutex) try(n int) (held, bool) {
	if n == 1 {
		g, ok := l.m.TryRLock()
		return l.read(g), ok
	}
	g, ok := l.m.TryLock()
	return l.write(g), ok
}

func (l rwMutex) direct(co *coro.Co, n int) (held, error) {
	if n == 1 {
		g, err := l.m.RLock(co)
		return l.read(g), err
	}
	g, err := l.m.Lock(co)
	return l.write(g), err
}

func (l rwMutex) wait(ctx context.Context, n int) (held, error) {
	if n == 1 {
		g, err := l.m.RLockWait(ctx)
		return l.read(g), err
	}
	g, err := l.m.LockWait(ctx)
	return l.write(g), err
}

func (l rwMutex) future(n int) core.Future[grant] {
	if n == 1 {
		f := l.m.RLockFuture()
		return future.Map(&f, func(g lock.ReadGuard) grant { return grant{held: l.read(g)} })
	}
	f := l.m.LockFuture()
	return future.Map(&f, func(g lock.WriteGuard) grant { return grant{held: l.write(g)} })
}

type semaphore struct{ s *lock.Semaphore }

func (l semaphore) held(n int) held {
	return held{n: n, release: func(cx *core.Context) { l.s.ReleaseOn(cx, n) }}
}

func (l semaphore) try(n int) (held, bool) { return l.held(n), l.s.TryAcquire(n) }

func (l semaphore) direct(co *coro.Co, n int) (held, error) {
	return l.held(n), l.s.Acquire(co, n)
}

func (l semaphore) wait(ctx context.Context, n int) (held, error) {
	return l.held(n), l.s.AcquireWait(ctx, n)
}

func (l semaphore) future(n int) core.Future[grant] {
	f := l.s.AcquireFuture(n)
	return future.Map(&f, func(err error) grant { return grant{l.held(n), err} })
}

// A lockCase is a lock, how many permits its model has, and how many a client acquires. exact is as for
// lincheck.Permits. barges says that the model is lincheck.Mutex.
type lockCase struct {
	l       locker
	permits int
	wants   []int
	exact   bool
	barges  bool
}

func (lc lockCase) model() porcupine.Model {
	if lc.barges {
		return lincheck.Mutex()
	}
	return lincheck.Permits(lc.permits, lc.exact)
}

const (
	lockClients = 5
	lockSteps   = 12
	// bargeSteps are fewer: where any order is legal, more orders must be searched.
	bargeSteps = 8
)

// lockScenario has clients that acquire in all ways, hold for a while and release.
func lockScenario(newCase func(rnd *rand.Rand) lockCase) scenario {
	return func(rnd *rand.Rand) (porcupine.Model, []func(*coro.Co, *client) error) {
		lc := newCase(rnd)
		closes := rnd.IntN(3) == 0
		var ended atomic.Int32
		var bodies []func(*coro.Co, *client) error
		for range lockClients {
			bodies = append(bodies, func(co *coro.Co, c *client) error {
				for range pick(lc.barges, bargeSteps, lockSteps) {
					c.lockStep(co, lc, lc.wants[c.rnd.IntN(len(lc.wants))])
				}
				if s, ok := lc.l.(semaphore); ok && closes && c.id == 0 {
					c.do(lincheck.ClosePermits{}, func() any { s.s.Close(); return lincheck.Done })
				}
				if ended.Add(1) == lockClients {
					c.lockEnd(lc)
				}
				return nil
			})
		}
		return lc.model(), bodies
	}
}

// lockEnd is the end of the last client: no client has a permit, so all of them must be free.
func (c *client) lockEnd(lc lockCase) {
	if s, ok := lc.l.(semaphore); ok {
		c.do(lincheck.FreePermits{}, func() any { return s.s.Available() })
	}
	c.do(lincheck.TryAcquire{N: lc.permits}, func() any {
		_, ok := lc.l.try(lc.permits)
		return pick(ok, lincheck.Done, lincheck.Refused)
	})
}

// lockStep acquires n in some way, and releases what it got.
func (c *client) lockStep(co *coro.Co, lc lockCase, n int) {
	l := lc.l
	c.pause(co)
	var h held
	var ok bool
	switch c.rnd.IntN(9) {
	case 0, 1:
		c.do(lincheck.TryAcquire{N: n}, func() any {
			h, ok = l.try(n)
			return pick(ok, lincheck.Done, lincheck.Refused)
		})
	case 2, 3, 4:
		h, ok = c.lockPolled(co, lc, n)
	case 5:
		h, ok = c.lockDirect(co, lc, n)
	case 6:
		c.lockAborted(co, lc, n)
	case 7:
		c.disturb()
		h, ok = c.forget(l, n)
	case 8:
		h, ok = c.lockWaiting(co, lc, n)
	}
	if !ok {
		return
	}
	c.hold(co, lc)
	if h.part > 0 && c.one(2) {
		part := h.part
		c.release(lc, part, func() { h = h.partly(co.Context()) })
		c.pause(co)
	}
	c.release(lc, h.n, func() { h.release(co.Context()) })
}

// hold is a pause with a lock held. One in a while is so long that those in line starve; not with one worker, where a
// seed repeats its history.
func (c *client) hold(co *coro.Co, lc lockCase) {
	c.pause(co)
	if lc.barges && c.rt.Workers() > 1 && c.one(lockClients*lockSteps/4) {
		_ = coro.Sleep(co, time.Millisecond)
	}
}

// release records that f gives n back.
func (c *client) release(lc lockCase, n int, f func()) {
	id, begin := c.newID(), c.Now()
	f()
	end := c.Now()
	c.Add(begin, end, lincheck.ReleasePermits{ID: id, N: n}, lincheck.Done)
	c.settle(lc, begin, end, id)
}

// settle records the end of a release or cancel.
func (c *client) settle(lc lockCase, begin, end int64, id int) {
	if !lc.exact {
		c.Add(begin, end, lincheck.SettlePermits{ID: id}, lincheck.Done)
	}
}

func (c *client) lockPolled(co *coro.Co, lc lockCase, n int) (held, bool) {
	id := c.newID()
	p := &polled[grant]{
		c: c, f: lc.l.future(n), wait: lincheck.Pending,
		op: lincheck.PollAcquire{ID: id, N: n},
		drop: func(begin, end int64) {
			c.Add(begin, end, lincheck.CancelAcquire{ID: id}, lincheck.Done)
			c.settle(lc, begin, end, id)
		},
		what: func(g grant) any { return pick(g.err == nil, lincheck.Done, lincheck.Closed) },
	}
	g, ok := p.await(co)
	return g.held, ok && g.err == nil
}

func (c *client) lockDirect(co *coro.Co, lc lockCase, n int) (h held, ok bool) {
	id, begin := c.newID(), c.Now()
	var err error
	c.cancellable(co, func(co *coro.Co) { h, err = lc.l.direct(co, n) })
	return h, c.addAcquire(lc, begin, c.Now(), id, n, err)
}

// lockWaiting acquires n in the form for goroutines.
func (c *client) lockWaiting(co *coro.Co, lc lockCase, n int) (h held, ok bool) {
	id, begin := c.newID(), c.Now()
	var err error
	c.blocked(co,
		func(co *coro.Co) { h, err = lc.l.direct(co, n) },
		func(ctx context.Context) { h, err = lc.l.wait(ctx, n) })
	return h, c.addAcquire(lc, begin, c.Now(), id, n, err)
}

// addAcquire records one of which only the beginning and the end were seen.
func (c *client) addAcquire(lc lockCase, begin, end int64, id, n int, err error) (ok bool) {
	c.Add(begin, end, lincheck.EnterAcquire{ID: id, N: n}, lincheck.Pending)
	if errors.Is(err, core.ErrCancelled) {
		c.Add(begin, end, lincheck.CancelAcquire{ID: id}, lincheck.Done)
		c.settle(lc, begin, end, id)
	} else {
		c.Add(begin, end, lincheck.LeaveAcquire{ID: id}, pick(err == nil, lincheck.Done, lincheck.Closed))
	}
	return err == nil
}

// lockAborted acquires and releases in a task that is aborted, or that may be: seen from outside it
// has been in line, at most, and then has given back what it had.
func (c *client) lockAborted(co *coro.Co, lc lockCase, n int) {
	id := c.newID()
	begin, end, _ := c.aborted(co, func(co *coro.Co) {
		if h, err := lc.l.direct(co, n); err == nil {
			defer h.release(nil)
			co.Yield()
		}
	})
	c.Add(begin, end, lincheck.LostAcquire{ID: id, N: n}, lincheck.Pending)
	c.Add(begin, end, lincheck.CancelAcquire{ID: id}, lincheck.Done)
	c.settle(lc, begin, end, id)
}

// forget takes permits out of a semaphore, as if they were acquired.
func (c *client) forget(l locker, n int) (h held, ok bool) {
	if s, is := l.(semaphore); is {
		c.do(lincheck.ForgetPermits{N: n}, func() any {
			h = s.held(s.s.Forget(n))
			return h.n
		})
	}
	return h, h.n > 0
}

func pick[T any](first bool, a, b T) T {
	if first {
		return a
	}
	return b
}

func newMutex(*rand.Rand) lockCase { return mutexCase(mutex{new(lock.Mutex)}) }

// mutexCase is the case of a mutex of the default order.
func mutexCase(l locker) lockCase {
	return lockCase{l: l, permits: 1, wants: []int{1}, exact: true, barges: true}
}

func newOrderedMutex(*rand.Rand) lockCase {
	m := lock.NewMutexWith(lock.MutexOptions{Ordered: true})
	return lockCase{l: mutex{m}, permits: 1, wants: []int{1}, exact: true}
}

func newRWMutex(*rand.Rand) lockCase {
	return lockCase{l: rwMutex{new(lock.RWMutex)}, permits: maxReaders, wants: []int{1, 1, 1, maxReaders}}
}

func newSemaphore(rnd *rand.Rand) lockCase {
	n := 1 + rnd.IntN(4)
	lc := lockCase{l: semaphore{lock.NewSemaphore(n)}, permits: n}
	for want := range n {
		lc.wants = append(lc.wants, want+1)
	}
	return lc
}

func TestMutexIsNeverFreeForNothingAndLosesNoGrant(t *testing.T) {
	holds(t, 60, lockScenario(newMutex))
}

func TestOrderedMutexIsFirstInFirstOutAndLosesNoGrant(t *testing.T) {
	holds(t, 60, lockScenario(newOrderedMutex))
}

func TestRWMutexIsFirstInFirstOutAndLosesNoGrant(t *testing.T) {
	holds(t, 60, lockScenario(newRWMutex))
}

func TestSemaphoreIsFirstInFirstOutAndLosesNoPermit(t *testing.T) {
	holds(t, 60, lockScenario(newSemaphore))
}
