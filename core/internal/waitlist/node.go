package waitlist

import (
	"sync/atomic"

	"github.com/moduvex/moduvex-go/core"
)

// A State tells a waiter the result of its wait. The meaning of the states from Granted on is up to the primitive.
type State uint32

const (
	// Idle: the node is in no list, and nothing was given to its waiter.
	Idle State = iota
	// Waiting: the node is in a list.
	Waiting
	// Granted: the waiter has what it waited for.
	Granted
	// Closed: the waiter will not get what it waits for.
	Closed
)

// A Node is a waiter's entry in a [List]. The zero Node is Idle. It must not be copied or moved
// while it is Waiting.
type Node struct {
	next, prev *Node
	waker      core.Waker
	number     uint64

	// Want belongs to the primitive: how much the waiter needs, or which kind of waiter it is. It is
	// written before Push, and guarded by the lock after it.
	Want int

	// The holder of the lock stores it, except that the waiter stores Idle once the node is out of the list.
	// The waiter loads it without the lock; the load pairs with the store in take.
	state atomic.Uint32
}

// State returns the state of the wait. The waiter calls it, with or without the lock. Without the lock,
// a result of Waiting may be outdated.
func (n *Node) State() State { return State(n.state.Load()) }

// Waker returns the waker of a node that is Waiting, or nil. It needs the lock of the list.
func (n *Node) Waker() core.Waker { return n.waker }

// Reset makes a node that is out of the list Idle, for the next wait. The waiter calls it.
func (n *Node) Reset() {
	if n.State() == Waiting {
		panic("waitlist: Reset of a node that is waiting")
	}
	n.state.Store(uint32(Idle))
}

// Grant puts an Idle node into state s without a list: the waiter is granted something at once and
// takes it later. The node is then as if it had been taken out of a list. The waiter calls Grant.
func (n *Node) Grant(s State) {
	if n.State() != Idle {
		panic("waitlist: Grant to a node that is not idle")
	}
	n.state.Store(uint32(s))
}

// A List is a queue of nodes, first in, first out. The zero List is empty. Every method needs the
// lock that guards it.
type List struct {
	head, tail *Node
	last       uint64 // number of the node that was pushed last
	n          int
}

// Len returns the number of nodes in the list.
func (l *List) Len() int { return l.n }

// Front returns the first node, or nil.
func (l *List) Front() *Node { return l.head }

// Push puts n at the end, to be woken through w. n must not be in a list.
func (l *List) Push(n *Node, w core.Waker) {
	if n.State() == Waiting {
		panic("waitlist: Push of a node that is in a list")
	}
	l.last++
	l.n++
	n.waker, n.number = w, l.last
	n.prev, n.next = l.tail, nil
	if l.tail == nil {
		l.head = n
	} else {
		l.tail.next = n
	}
	l.tail = n
	n.state.Store(uint32(Waiting))
}

// Rearm makes w the waker of n if n is in the list, and reports whether it is. A waiter
// calls it when it is polled again.
func (l *List) Rearm(n *Node, w core.Waker) bool {
	if n.State() != Waiting {
		return false
	}
	if n.waker != w {
		n.waker = w
	}
	return true
}

// Remove takes n out and makes it Idle if it is in the list, and reports whether it was. A waiter
// that gives up calls it.
func (l *List) Remove(n *Node) bool {
	if n.State() != Waiting {
		return false
	}
	l.take(n, Idle)
	return true
}

// Pop takes the first node out, puts it into state s and returns its waker, or nil if the list is
// empty. The caller calls the waker after it has released the lock, and does not touch the node.
func (l *List) Pop(s State) core.Waker { return l.PopThrough(l.last, s) }

// Take is Pop for n, wherever it is in the list. It returns nil if n is not in the list.
func (l *List) Take(n *Node, s State) core.Waker {
	if n.State() != Waiting {
		return nil
	}
	return l.take(n, s)
}

// Mark returns the number of the node that was pushed last, for PopThrough.
func (l *List) Mark() uint64 { return l.last }

// PopThrough is Pop for the nodes that were in the list when Mark returned mark: for waking them together
// when the lock is released in between and others may be pushed.
func (l *List) PopThrough(mark uint64, s State) core.Waker {
	n := l.head
	if n == nil || n.number > mark {
		return nil
	}
	return l.take(n, s)
}

// take unlinks n. It stores the state last: from then on the node is its waiter's again.
func (l *List) take(n *Node, s State) core.Waker {
	if n.prev == nil {
		l.head = n.next
	} else {
		n.prev.next = n.next
	}
	if n.next == nil {
		l.tail = n.prev
	} else {
		n.next.prev = n.prev
	}
	w := n.waker
	n.next, n.prev, n.waker = nil, nil, nil
	l.n--
	n.state.Store(uint32(s))
	return w
}
