package lock

import (
	"context"
	"sync"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// A Notify tells tasks that something has happened. What it is, they look up elsewhere. The zero
// Notify is ready for use. It must not be copied after first use.
//
// NotifyOne is for one of those who wait. If there is none, the notification is kept for the next
// who comes; one is kept at most. So a waiter that looks first and waits then misses nothing:
//
//	for !ready() {
//		if err := n.Notified(co); err != nil {
//			return err
//		}
//	}
//
// NotifyAll is for all who wait, and is not kept. A NotifiedFuture counts as waiting from its making
// on: one that looks between its making and its first poll misses nothing either. The other forms
// count from their call on.
type Notify struct {
	mu         sync.Mutex // guards the others
	kept       bool       // a notification for the next who comes; nobody waits then
	generation uint64     // of NotifyAll
	waiters    waitlist.List
}

// What becomes of a waiter.
const (
	byOne = waitlist.Granted // it has the notification of a NotifyOne, for which it answers
	byAll = waitlist.Closed
)

// NotifyOne wakes who has waited longest, or is kept for the next who comes. Any goroutine.
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

// NotifyAll wakes all who wait. Any goroutine.
func (n *Notify) NotifyAll() { n.NotifyAllOn(nil) }

// NotifyAllOn is [Notify.NotifyAll] for a caller that is in a poll.
func (n *Notify) NotifyAllOn(cx *core.Context) {
	n.mu.Lock()
	n.generation++
	n.waiters.WakeAll(&n.mu, byAll, cx)
}

// Notified suspends the body of co until it is notified. The error is why co was cancelled; a
// notification that had come already goes to another then.
func (n *Notify) Notified(co *coro.Co) error {
	f := n.borrow()
	_, err := coro.Await[struct{}](co, f)
	f.giveBack()
	return err
}

// NotifiedWait blocks the calling goroutine until it is notified, or until ctx is done: then it
// returns the cause.
func (n *Notify) NotifiedWait(ctx context.Context) error {
	f := n.borrow()
	_, err := waitlist.Block[struct{}](ctx, f)
	f.giveBack()
	return err
}

// notifiedFutures are those of bodies and goroutines that do not wait.
var notifiedFutures = sync.Pool{New: func() any { return new(NotifiedFuture) }}

func (n *Notify) borrow() *NotifiedFuture {
	f := notifiedFutures.Get().(*NotifiedFuture)
	f.n, f.seen = n, n.now()
	return f
}

func (f *NotifiedFuture) giveBack() {
	f.n = nil
	notifiedFutures.Put(f)
}

func (n *Notify) now() uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.generation
}

// NotifiedFuture returns the future that waits for a notification. It hears every NotifyAll that
// comes after this call.
func (n *Notify) NotifiedFuture() NotifiedFuture { return NotifiedFuture{n: n, seen: n.now()} }

// A NotifiedFuture answers once it is notified. See the package comment for its reuse: it then hears
// every NotifyAll that comes after its last answer.
type NotifiedFuture struct {
	n    *Notify
	seen uint64 // generation
	node waitlist.Node
}

var (
	_ core.Future[struct{}] = (*NotifiedFuture)(nil)
	_ core.Dropper          = (*NotifiedFuture)(nil)
)

// Poll answers if there was a notification, or waits in line for one.
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
	if f.heard() {
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

// enlist is the poll of f that has no budget left for an answer. f gets its place in line all the same,
// or the notification that is kept, of which its next poll tells. Under the lock.
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

// heard reports whether there was a notification, and takes it. A NotifyAll is for everybody, so it
// leaves the one that is kept.
func (f *NotifiedFuture) heard() bool {
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

// Drop leaves the line. The notification of a NotifyOne that it had already goes to the next.
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
