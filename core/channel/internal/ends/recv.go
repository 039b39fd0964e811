package ends

import (
	"cmp"
	"iter"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/internal/waitlist"
)

// Pending gives back the budget of an operation that has to wait, and names the channel as what the task
// waits for.
func Pending(cx *core.Context) {
	cx.Refund()
	cx.Waits(core.WaitChannel)
}

// Flat returns the value of r with the error of the wait for it, or else with that of r.
func Flat[T any](r core.Result[T], err error) (T, error) { return r.Value, cmp.Or(err, r.Err) }

// All ranges over what recv returns, up to the error closed, which is not part of the range. Another error
// is the last round, unless transient, which may be nil, reports that the receiver goes on after it.
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

// Conflict reports whether a receiver that is to wake now has to wake another task or goroutine already. The
// waker of a task that has ended is no conflict: a body that is unwound by force leaves its waker behind.
func Conflict(registered, now core.Waker) bool {
	if registered == nil || registered == now {
		return false
	}
	f, ok := registered.(core.FinishedWaker)
	return !ok || !f.Finished()
}

// Register enters the node of a receiver into the list that it waits in, to be woken through w. If the node is
// there already, w takes the place of its waker, unless that is a Conflict: then Register changes nothing and
// returns true. The caller holds the lock of the list.
func Register(l *waitlist.List, n *waitlist.Node, w core.Waker) (conflict bool) {
	if n.State() != waitlist.Waiting {
		l.Push(n, w)
		return false
	}
	if Conflict(n.Waker(), w) {
		return true
	}
	l.Rearm(n, w)
	return false
}
