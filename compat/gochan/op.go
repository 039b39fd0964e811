package gochan

import (
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
)

// An op is the wait of one task that shares its helper's result with no other task: a send, or a selection. It is the
// part of a client that the two have in common.
//
//	            arm            the helper has done a case
//	at rest ──────────→ wanted ───────────────────────────→ finished
//	    ↑                 │                                    ↑
//	    │                 │ withdraw                           │ the helper had done a case before
//	    └─────────────────┴──────────────→ unresolved ─────────┘ the token arrived
//	                                           └─→ at rest, after the helper has answered
//
// Under the lock of the pool.
type op struct {
	service
	p         *pool // nil before the first wait
	wants     bool
	finished  bool // a case is done: the fields of the client say which
	asked     bool // the task waits for the answer to a withdrawal
	abandoned bool // the task is gone
	waker     core.Waker
}

func (o *op) served() *service { return &o.service }

func (o *op) wanted() bool { return o.wants }

// want sets wants, and counts the tasks that wait.
func (o *op) want(wants bool) {
	switch {
	case wants && !o.wants:
		o.p.waiting++
	case !wants && o.wants:
		o.p.waiting--
	}
	o.wants = wants
}

func (o *op) unserved() {}

// arm makes a helper wait for c, whose op o is. Under the lock.
func (o *op) arm(c client, w core.Waker) {
	o.want(true)
	o.waker = w
	o.p.serve(c)
}

// withdraw ends the wait, and reports whether that is settled: the op is at rest, or finished already. Otherwise the
// helper wakes the task when it is. Under the lock.
func (o *op) withdraw(c client, w core.Waker) (settled, finished bool) {
	if o.finished {
		return true, true
	}
	o.want(false)
	o.waker = w
	o.asked = !o.p.withdraw(c)
	return !o.asked, false
}

// settleOp is the part of settle that c and all ops have in common. The task is woken if a case is done, or if it
// waits for the answer to a withdrawal.
func (o *op) settleOp(done bool, wake []core.Waker) []core.Waker {
	if !o.abandoned && (done || o.asked) {
		wake = append(wake, o.waker)
	}
	o.finished, o.asked = done, false
	if done {
		o.want(false)
	}
	o.p.answered.Broadcast()
	return wake
}

// giveUp ends the wait of a body that is cancelled, and reports whether a case is done nevertheless. What the helper
// has begun is over when giveUp returns, so the body knows for sure.
func (o *op) giveUp(co *coro.Co, c client) (finished bool) {
	if o.p == nil {
		return false
	}
	for {
		var settled bool
		if settled, finished = o.tryWithdraw(co, c); settled {
			return finished
		}
		// The helper runs in an instant. Only a body that is dropped cannot be suspended until then.
		if err := coro.Shield(co, func(co *coro.Co) error { return co.Suspend() }); err != nil {
			o.await()
		}
	}
}

func (o *op) tryWithdraw(co *coro.Co, c client) (settled, finished bool) {
	o.p.mu.Lock()
	defer o.p.mu.Unlock()
	return o.withdraw(c, co.Context().Waker())
}

// await blocks until the helper has answered a withdrawal.
func (o *op) await() {
	o.p.mu.Lock()
	defer o.p.mu.Unlock()
	for o.unresolved {
		o.p.answered.Wait()
	}
}
