package lincheck_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/channel/watch"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/lock"
)

// A barging lock has no line: a waiter polls it until it succeeds.
type barging struct{ locker }

func (l barging) future(n int) core.Future[grant] {
	return future.Func(func(cx *core.Context) (g grant, ok bool) {
		if g.held, ok = l.try(n); !ok {
			cx.Yield()
		}
		return g, ok
	})
}

// A shy lock refuses one try in four.
type shy struct{ locker }

func (l shy) try(n int) (h held, ok bool) {
	if rand.IntN(4) == 0 {
		return h, false
	}
	return l.locker.try(n)
}

// A lazy lock lets each waiter wait once, also for what is free.
type lazy struct{ locker }

func (l lazy) future(n int) core.Future[grant] { return &lazyFuture{Future: l.locker.future(n)} }

type lazyFuture struct {
	core.Future[grant]
	begun bool
}

func (f *lazyFuture) Poll(cx *core.Context) (g grant, ok bool) {
	if !f.begun {
		f.begun = true
		cx.Yield()
		return g, false
	}
	return f.Future.Poll(cx)
}

func (f *lazyFuture) Drop() { core.Drop(f.Future) }

// A leaky lock takes back one permit less than it gave.
type leaky struct{ locker }

func (l leaky) try(n int) (held, bool) {
	h, ok := l.locker.try(n)
	if ok && n > 1 {
		h.release = l.locker.(semaphore).held(n - 1).release
	}
	return h, ok
}

// A phantom lock reports a wait as successful without a lock.
type phantom struct{ locker }

func (l phantom) wait(context.Context, int) (held, error) {
	return held{n: 1, release: func(*core.Context) {}}, nil
}

func (l phantom) direct(co *coro.Co, n int) (held, error) { return l.wait(co, n) }

func bargingCase(newCase func(*rand.Rand) lockCase) func(*rand.Rand) lockCase {
	return func(rnd *rand.Rand) lockCase {
		lc := newCase(rnd)
		lc.l = barging{lc.l}
		return lc
	}
}

func TestBrokenLocksAreDetected(t *testing.T) {
	for name, newCase := range map[string]func(*rand.Rand) lockCase{
		"an ordered mutex without a line": bargingCase(newOrderedMutex),
		"a semaphore without a line":      bargingCase(newSemaphore),
		"an RWMutex without a line":       bargingCase(newRWMutex),
		"an ordered mutex that is not ordered": func(*rand.Rand) lockCase {
			return lockCase{l: mutex{new(lock.Mutex)}, permits: 1, wants: []int{1}, exact: true}
		},
		"a mutex that does not try":     func(*rand.Rand) lockCase { return mutexCase(shy{mutex{new(lock.Mutex)}}) },
		"a mutex that is not locked":    func(*rand.Rand) lockCase { return mutexCase(phantom{mutex{new(lock.Mutex)}}) },
		"a mutex that waits while free": func(*rand.Rand) lockCase { return mutexCase(lazy{mutex{new(lock.Mutex)}}) },
		"a semaphore that does not try": func(*rand.Rand) lockCase {
			return lockCase{l: shy{semaphore{lock.NewSemaphore(1)}}, permits: 1, wants: []int{1}}
		},
		"a semaphore with a permit too many": func(*rand.Rand) lockCase {
			return lockCase{l: semaphore{lock.NewSemaphore(3)}, permits: 2, wants: []int{1, 2}}
		},
		"a semaphore that loses permits": func(*rand.Rand) lockCase {
			const plenty = 2 * lockClients * (lockSteps + 1)
			return lockCase{l: leaky{semaphore{lock.NewSemaphore(plenty)}}, permits: plenty, wants: []int{1, 2}}
		},
	} {
		t.Run(name, func(t *testing.T) { fails(t, lockScenario(newCase)) })
	}
}

// A lossy sender says of some values that they were sent, and they were not.
type lossy struct{ sender }

func (s lossy) TrySend(v int) error {
	if v%3 == 0 && s.Len() == 0 {
		return nil
	}
	return s.sender.TrySend(v)
}

// A timid sender finds the channel full that is not.
type timid struct{ sender }

func (s timid) TrySend(v int) error {
	if v%3 == 0 {
		return mpsc.ErrFull
	}
	return s.sender.TrySend(v)
}

// A stubborn sender sends what was cancelled.
type stubborn struct{ sender }

func (s stubborn) Send(co *coro.Co, v int) error {
	err := s.sender.Send(co, v)
	for co.Err() != nil && s.TrySend(v) == mpsc.ErrFull && co.Yield() != nil {
		break
	}
	return err
}

func (s stubborn) SendWait(ctx context.Context, v int) error {
	err := s.sender.SendWait(ctx, v)
	if ctx.Err() != nil {
		_ = s.TrySend(v)
	}
	return err
}

// A wasteful sender takes slots and says that there are none.
type wasteful struct{ sender }

func (s wasteful) TryReserve() (mpsc.Permit[int], error) {
	if p, err := s.sender.TryReserve(); err == nil && s.Len() == 0 {
		p.Release()
		return mpsc.Permit[int]{}, mpsc.ErrFull
	} else {
		return p, err
	}
}

// A clumsy receiver drops one of many.
type clumsy struct{ receiver }

func (r clumsy) TryRecvMany(buf []int) (int, error) {
	n, err := r.receiver.TryRecvMany(buf)
	return min(n, 1), err
}

// A swapping receiver gives out the second value before the first.
type swapping struct {
	receiver
	kept *[]int
}

func (r swapping) TryRecv() (int, error) {
	if kept := *r.kept; len(kept) > 0 {
		*r.kept = kept[1:]
		return kept[0], nil
	}
	v, err := r.receiver.TryRecv()
	if next, e := r.receiver.TryRecv(); e == nil {
		*r.kept = append(*r.kept, v)
		v = next
	}
	return v, err
}

// A careless receiver loses a value when it is cancelled.
type careless struct{ receiver }

func (r careless) Recv(co *coro.Co) (int, error) {
	for range 30 {
		if err := co.Yield(); err != nil {
			_, _ = r.TryRecv()
			return 0, err
		}
	}
	return r.receiver.Recv(co)
}

func TestBrokenChannelsAreDetected(t *testing.T) {
	for name, damage := range map[string]func(sender, receiver) (sender, receiver){
		"a sender that loses values":            func(tx sender, rx receiver) (sender, receiver) { return lossy{tx}, rx },
		"a sender that finds it full":           func(tx sender, rx receiver) (sender, receiver) { return timid{tx}, rx },
		"a sender that sends what is cancelled": func(tx sender, rx receiver) (sender, receiver) { return stubborn{tx}, rx },
		"a sender that wastes slots":            func(tx sender, rx receiver) (sender, receiver) { return wasteful{tx}, rx },
		"a receiver that drops one of many":     func(tx sender, rx receiver) (sender, receiver) { return tx, clumsy{rx} },
		"a receiver that swaps values": func(tx sender, rx receiver) (sender, receiver) {
			return tx, swapping{rx, new([]int)}
		},
		"a receiver that loses a value when cancelled": func(tx sender, rx receiver) (sender, receiver) { return tx, careless{rx} },
	} {
		t.Run(name, func(t *testing.T) { fails(t, channelScenario(damage)) })
	}
}

// A stale watcher gets the value of the last time.
type stale struct {
	watcher
	last *int
}

func (w stale) Get() int {
	last := *w.last
	*w.last = w.watcher.Get()
	return last
}

// A blind watcher has seen a value when it was cancelled.
type blind struct{ watcher }

func (w blind) Next(co *coro.Co) (int, error) {
	for range 30 {
		if err := co.Yield(); err != nil {
			_, _ = w.TryNext()
			return 0, err
		}
	}
	return w.watcher.Next(co)
}

// A hasty watcher takes the end of the channel for the end of its values.
type hasty struct{ watcher }

func (w hasty) TryNext() (int, error) {
	v, err := w.watcher.TryNext()
	if _, next := w.watcher.TryNext(); next == watch.ErrClosed {
		return 0, next
	}
	return v, err
}

func TestBrokenWatchersAreDetected(t *testing.T) {
	for name, damage := range map[string]func(watcher) watcher{
		"one that gets the value of before":    func(w watcher) watcher { return stale{w, new(int)} },
		"one that sees a value when cancelled": func(w watcher) watcher { return blind{w} },
		"one that skips the last value":        func(w watcher) watcher { return hasty{w} },
	} {
		t.Run(name, func(t *testing.T) { fails(t, watchScenario(damage)) })
	}
}
