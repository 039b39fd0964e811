package lock

import (
	"context"
	"fmt"
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// A Barrier makes a number of tasks wait until all of them have arrived. It can be used again and again: when a round
// is complete the next begins. It is made by [NewBarrier]; the methods of a zero Barrier panic, because it has no
// number of tasks.
type Barrier struct {
	size int

	mu      sync.Mutex // guards the others
	arrived int        // in this round
	round   int
	waiters waitlist.List // of this round, and of the last one while its waiters are being woken
}

// NewBarrier makes a barrier for n tasks, which must be positive.
func NewBarrier(n int) *Barrier {
	if n <= 0 {
		panic(fmt.Sprintf("lock: NewBarrier for %d tasks, which is not positive", n))
	}
	return &Barrier{size: n}
}

// Arrive suspends the body of co until all have arrived. leader is true for the last to arrive, and so for exactly one
// of each round. The error says why co was cancelled; the arrival does not count then. If the round was complete by
// then, there is no error.
func (b *Barrier) Arrive(co *coro.Co) (leader bool, err error) {
	f := b.borrow()
	leader, err = coro.Await[bool](co, f)
	return leader, f.giveBack(err)
}

// ArriveWait is Arrive for plain goroutines. The error is the cause of ctx if ctx is done first.
func (b *Barrier) ArriveWait(ctx context.Context) (leader bool, err error) {
	f := b.borrow()
	leader, err = waitlist.Block[bool](ctx, f)
	return leader, f.giveBack(err)
}

// arriveFutures holds the futures that no body and no goroutine waits with.
var arriveFutures = sync.Pool{New: func() any { return new(ArriveFuture) }}

func (b *Barrier) borrow() *ArriveFuture {
	b.check()
	f := arriveFutures.Get().(*ArriveFuture)
	f.b = b
	return f
}

// giveBack returns the error of the wait, or nil if the round was complete before f was dropped: the others have
// proceeded then, because this one had arrived.
func (f *ArriveFuture) giveBack(err error) error {
	if f.late {
		err = nil
	}
	f.b, f.late = nil, false
	arriveFutures.Put(f)
	return err
}

// ArriveFuture returns the future that arrives at its first poll.
func (b *Barrier) ArriveFuture() ArriveFuture {
	b.check()
	return ArriveFuture{b: b}
}

func (b *Barrier) check() {
	if b.size == 0 {
		panic("lock: a zero Barrier is not usable: make it with NewBarrier")
	}
}

// An ArriveFuture is ready once all have arrived, with true for the last. The package comment says how it is used
// again.
type ArriveFuture struct {
	b    *Barrier
	late bool // it was dropped when the round was complete
	node waitlist.Node
}

var (
	_ core.Future[bool] = (*ArriveFuture)(nil)
	_ core.Dropper      = (*ArriveFuture)(nil)
)

// Poll arrives, and waits for the others.
func (f *ArriveFuture) Poll(cx *core.Context) (leader, ok bool) {
	b := f.b
	if b == nil {
		panic("lock: Poll of an ArriveFuture that no Barrier has made")
	}
	paid := cx.Spend()
	b.mu.Lock()
	switch {
	case !paid && (f.node.State() != waitlist.Idle || b.arrived+1 == b.size):
		b.mu.Unlock()
		return false, false // ready, or was: the next poll has the budget to return that
	case f.node.State() == waitlist.Granted:
		b.mu.Unlock()
		f.node.Reset()
		return false, true
	case b.waiters.Rearm(&f.node, cx.Waker()):
	case b.arrived+1 == b.size:
		b.arrived = 0
		b.round++
		b.waiters.WakeAll(&b.mu, waitlist.Granted, cx)
		return true, true
	default:
		b.arrived++
		f.node.Want = b.round
		b.waiters.Push(&f.node, cx.Waker())
	}
	b.mu.Unlock()
	if paid {
		cx.Refund()
	}
	cx.Waits(core.WaitLock)
	return false, false
}

// Drop takes the arrival back, unless the round is complete.
func (f *ArriveFuture) Drop() {
	b := f.b
	if b == nil || f.node.State() == waitlist.Idle {
		return
	}
	b.mu.Lock()
	f.late = !b.waiters.Remove(&f.node) || f.node.Want != b.round
	if !f.late {
		b.arrived--
	}
	b.mu.Unlock()
	f.node.Reset()
}
