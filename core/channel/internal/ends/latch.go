package ends

import (
	"context"
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// A Latch records whether a channel has lost its last receiver, and holds the senders that wait for that.
// The lock of the channel guards it; [Latch.Init] gets that lock.
type Latch struct {
	mu      *sync.Mutex
	waiting waitlist.List

	// Closed is true while no receiver is left. A channel that sets it calls WakeAll.
	Closed bool
}

// Init sets the lock that guards l: that of the channel.
func (l *Latch) Init(mu *sync.Mutex) { l.mu = mu }

// WakeAll wakes the senders that wait. The caller holds the lock; WakeAll releases it.
func (l *Latch) WakeAll() { l.waiting.WakeAll(l.mu, waitlist.Closed, nil) }

// IsClosed returns Closed. The caller does not hold the lock.
func (l *Latch) IsClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Closed
}

// Wait suspends the body of co until Closed is true. It returns an error only if co is cancelled first.
func (l *Latch) Wait(co *coro.Co) error {
	f := borrow(l)
	_, err := coro.Await[struct{}](co, f)
	f.giveBack()
	return err
}

// WaitBlocking blocks the calling goroutine until Closed is true. It returns the cause of ctx if ctx is done
// first.
func (l *Latch) WaitBlocking(ctx context.Context) error {
	f := borrow(l)
	_, err := waitlist.Block[struct{}](ctx, f)
	f.giveBack()
	return err
}

// Future returns the future that is ready once Closed is true.
func (l *Latch) Future() ClosedFuture { return ClosedFuture{l: l} }

// closedFutures holds the futures that no body and no goroutine waits with.
var closedFutures = sync.Pool{New: func() any { return new(ClosedFuture) }}

func borrow(l *Latch) *ClosedFuture {
	f := closedFutures.Get().(*ClosedFuture)
	f.l = l
	return f
}

func (f *ClosedFuture) giveBack() {
	f.l = nil
	closedFutures.Put(f)
}

// A ClosedFuture is ready once Closed of its latch is true. It must not be copied after its first poll. After
// it was ready, and after a Drop, it can be polled again.
type ClosedFuture struct {
	l    *Latch
	node waitlist.Node // guarded by the lock
}

// Poll reports whether Closed is true. If not, the latch wakes the task later.
func (f *ClosedFuture) Poll(cx *core.Context) (struct{}, bool) {
	l := f.l
	if l == nil {
		panic("channel: Poll of a ClosedFuture that no Sender has made")
	}
	if !cx.Spend() {
		return struct{}{}, false
	}
	l.mu.Lock()
	closed := l.Closed
	switch {
	case closed:
		l.waiting.Remove(&f.node)
		f.node.Reset()
	case !l.waiting.Rearm(&f.node, cx.Waker()):
		l.waiting.Push(&f.node, cx.Waker())
	}
	l.mu.Unlock()
	if !closed {
		Pending(cx)
	}
	return struct{}{}, closed
}

// Drop ends the wait.
func (f *ClosedFuture) Drop() {
	if l := f.l; l != nil {
		l.mu.Lock()
		l.waiting.Remove(&f.node)
		l.mu.Unlock()
		f.node.Reset()
	}
}
