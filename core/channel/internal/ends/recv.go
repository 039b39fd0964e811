package ends

import (
	"cmp"
	"iter"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// Pending returns the budget of an operation that has to wait, and notes that the task waits for a channel.
func Pending(cx *core.Context) {
	cx.Refund()
	cx.Waits(core.WaitChannel)
}

// Flat returns the value of r with the error of the wait for it, or else with that of r.
func Flat[T any](r core.Result[T], err error) (T, error) { return r.Value, cmp.Or(err, r.Err) }

// All ranges over what recv returns, up to the error closed, which is not part of the range. Another error
// is the last iteration, unless transient, which may be nil, reports that the receiver can continue after it.
func All[T any](recv func() (T, error), closed error, transient func(error) bool) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			v, err := recv()
			if err == closed || !yield(v, err) {
				return
			}
			if err != nil && (transient == nil || !transient(err)) {
				return
			}
		}
	}
}

// Conflict reports whether registered, the waker of a receiver, belongs to another task or goroutine than now, the
// waker that is to be registered. The waker of a task that has ended is no conflict: a body that is unwound by force
// leaves its waker behind.
func Conflict(registered, now core.Waker) bool {
	if registered == nil || registered == now {
		return false
	}
	f, ok := registered.(core.FinishedWaker)
	return !ok || !f.Finished()
}

// Refused counts the polls that have panicked because of a [Conflict], and whose futures were not dropped since. A
// Drop does not know which of the futures it drops, and that of a refused one must not end the wait of the other. The
// lock of the channel guards it.
type Refused uint32

// Note counts a poll that is about to panic.
func (r *Refused) Note() { *r++ }

// Drop is called by the Drop of a future, and reports whether that is of a refused poll: then it changes nothing.
func (r *Refused) Drop() bool {
	if *r == 0 {
		return false
	}
	*r--
	return true
}

// A Waiter is the node of a receiver in the list that it waits in. The lock of the list guards it.
type Waiter struct {
	node    waitlist.Node
	refused Refused
}

// Register enters n into l, to be woken through w. If n is there already, w takes the place of its waker, unless that
// is a Conflict: then Register only counts it and returns true, and the caller panics.
func (n *Waiter) Register(l *waitlist.List, w core.Waker) (conflict bool) {
	if n.node.State() != waitlist.Waiting {
		l.Push(&n.node, w)
		return false
	}
	if Conflict(n.node.Waker(), w) {
		n.refused.Note()
		return true
	}
	l.Rearm(&n.node, w)
	return false
}

// Remove takes n out of l, because a poll of the receiver is ready.
func (n *Waiter) Remove(l *waitlist.List) { l.Remove(&n.node) }

// Take takes n out of l, because its receiver is closed, and returns its waker or nil.
func (n *Waiter) Take(l *waitlist.List) core.Waker { return l.Take(&n.node, waitlist.Closed) }

// Drop takes n out of l, unless the future that is dropped is that of a refused poll.
func (n *Waiter) Drop(l *waitlist.List) {
	if !n.refused.Drop() {
		l.Remove(&n.node)
	}
}
