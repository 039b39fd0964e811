package lock

import (
	"context"
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// A Notify signals an event to tasks. It carries no data: the tasks check a state of their own after it. The zero Notify is ready for use. It
// must not be copied after first use.
//
// NotifyOne notifies one waiter. If there is none, the notification is kept for the next; one is kept at most. So a
// task that checks the state first and then waits misses nothing:
//
//	for !ready() {
//		if err := n.Notified(co); err != nil {
//			return err
//		}
//	}
//
// NotifyAll notifies all waiters, and is not kept. A NotifiedFuture counts as waiting from the moment when it was made:
// a task that checks the state between that and the first poll misses nothing either. The other forms count from
// their call.
type Notify struct {
	mu         sync.Mutex // guards the others
	kept       bool       // a notification for the next waiter; the list is empty then
	generation uint64     // of NotifyAll
	waiters    waitlist.List
}

// The states of a waiter that was notified.
const (
	byOne = waitlist.Granted // it has the notification of a NotifyOne, and passes it on if it is dropped
	byAll = waitlist.Closed
)

// NotifyOne notifies the oldest waiter, or is kept for the next waiter. Any goroutine.
func (n *Notify) NotifyOne() { n.NotifyOneOn(nil) }

// NotifyOneOn is [Notify.NotifyOne] for a caller that is in a poll.
func (n *Notify) NotifyOneOn(cx *core.Context) {
	n.mu.Lock()
	w := n.waiters.Pop(byOne)
	if w == nil {
		n.kept = true
	}
	n.mu.Unlock()
	waitlist.Wake(cx, w)
}

// NotifyAll notifies all waiters. Any goroutine.
func (n *Notify) NotifyAll() { n.NotifyAllOn(nil) }

// NotifyAllOn is [Notify.NotifyAll] for a caller that is in a poll.
func (n *Notify) NotifyAllOn(cx *core.Context) {
	n.mu.Lock()
	n.generation++
	n.waiters.WakeAll(&n.mu, byAll, cx)
}

// Notified suspends the body of co until it is notified. The error says why co was cancelled; the notification of a
// NotifyOne that had come already goes to another waiter then.
func (n *Notify) Notified(co *coro.Co) error {
	f := n.borrow()
	_, err := coro.Await[struct{}](co, f)
	f.giveBack()
	return err
}

// NotifiedWait blocks the calling goroutine until it is notified. The error is the cause of ctx if ctx is done
// first.
func (n *Notify) NotifiedWait(ctx context.Context) error {
	f := n.borrow()
	_, err := waitlist.Block[struct{}](ctx, f)
	f.giveBack()
	return err
}

// notifiedFutures holds the futures that no body and no goroutine waits with.
var notifiedFutures = sync.Pool{New: func() any { return new(NotifiedFuture) }}

func (n *Notify) borrow() *NotifiedFuture {
	f := notifiedFutures.Get().(*NotifiedFuture)
	f.n, f.seen = n, n.loadGeneration()
	return f
}

func (f *NotifiedFuture) giveBack() {
	f.n = nil
	notifiedFutures.Put(f)
}

func (n *Notify) loadGeneration() uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.generation
}

// NotifiedFuture returns the future that waits for a notification. Each NotifyAll after this call counts.
func (n *Notify) NotifiedFuture() NotifiedFuture {
	return NotifiedFuture{n: n, seen: n.loadGeneration()}
}

// A NotifiedFuture is ready once it is notified. The package comment says how it is used again: each NotifyAll after
// it was ready counts then.
type NotifiedFuture struct {
	n    *Notify
	seen uint64 // generation
	node waitlist.Node
}

var (
	_ core.Future[struct{}] = (*NotifiedFuture)(nil)
	_ core.Dropper          = (*NotifiedFuture)(nil)
)

// Poll reports whether f is notified. If not, f waits in line.
func (f *NotifiedFuture) Poll(cx *core.Context) (struct{}, bool) {
	n := f.n
	if n == nil {
		panic("lock: Poll of a NotifiedFuture that no Notify has made")
	}
	paid := cx.Spend()
	n.mu.Lock()
	defer n.mu.Unlock()
	if !paid {
		f.enlist(cx.Waker())
		return struct{}{}, false
	}
	if f.takeNotification() {
		f.node.Reset()
		f.seen = n.generation
		return struct{}{}, true
	}
	if !n.waiters.Rearm(&f.node, cx.Waker()) {
		n.waiters.Push(&f.node, cx.Waker())
	}
	cx.Refund()
	cx.Waits(core.WaitLock)
	return struct{}{}, false
}

// enlist is the poll of f that has no budget left for a result. f enters the line anyway, or takes the
// notification that is kept, and its next poll finds that. Under the lock.
func (f *NotifiedFuture) enlist(w core.Waker) {
	n := f.n
	switch {
	case f.node.State() != waitlist.Idle || f.seen != n.generation:
	case n.kept:
		n.kept = false
		f.node.Grant(byOne)
	default:
		n.waiters.Push(&f.node, w)
	}
}

// takeNotification reports whether f is notified, and takes the notification that is kept unless f has another
// already. Under the lock.
func (f *NotifiedFuture) takeNotification() bool {
	n := f.n
	switch {
	case f.node.State() == waitlist.Waiting:
		return false
	case f.node.State() != waitlist.Idle || f.seen != n.generation:
		return true
	case n.kept:
		n.kept = false
		return true
	}
	return false
}

// Drop leaves the line. The notification of a NotifyOne that f had already goes to the next waiter.
func (f *NotifiedFuture) Drop() {
	n := f.n
	if n == nil || f.node.State() == waitlist.Idle {
		return
	}
	n.mu.Lock()
	waited := n.waiters.Remove(&f.node)
	n.mu.Unlock()
	if waited {
		return
	}
	one := f.node.State() == byOne
	f.node.Reset()
	if one {
		n.NotifyOne()
	}
}
