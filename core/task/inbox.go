package task

import "sync/atomic"

// An Inbox is where tasks reach a worker from other goroutines: an intrusive Treiber stack
// (R. K. Treiber, "Systems Programming: Coping with Parallelism", 1986) that the owner takes as
// a whole, never one node: so a head that was taken and pushed again between a pusher's load and
// its swap does no harm (the ABA problem).
//
// The head is also the parking word. It is one of
//
//	nil      nothing there, the owner runs
//	a task   work to take
//	parked   nothing there, the owner sleeps or is about to
//	closed   the owner is gone
//
// so that a push learns from the swap itself whether somebody has to be notified, and exactly one
// push per park does.
//
// No wake is lost. The owner parks by (1) swapping nil for parked, which fails if a task is
// there, then (2) waiting. A pusher (1) swaps the head for its task, then (2) if the head was
// parked, notifies. All swaps are on one word, so they have one order: a push before the owner's
// makes it fail; a push after it sees parked. A notification that comes between the owner's (1)
// and (2) is kept by the poller, whose Notify ends the next wait.
type Inbox struct {
	head   atomic.Pointer[Task]
	parked Task
	closed Task
}

// Push hands t over. It returns notify if the owner has to be notified now, and false for ok if
// the inbox is closed; t is then still the caller's. Any goroutine.
func (in *Inbox) Push(t *Task) (notify, ok bool) { return in.pushOn(in.head.Load(), t) }

// pushOn is Push for a caller that has loaded the head: a test hands it one that is not true any more.
func (in *Inbox) pushOn(old, t *Task) (notify, ok bool) {
	for {
		switch old {
		case &in.closed:
			t.next = nil // of a swap that was lost
			return false, false
		case &in.parked:
			t.next = nil
		default:
			t.next = old
		}
		if in.head.CompareAndSwap(old, t) {
			return old == &in.parked, true
		}
		old = in.head.Load()
	}
}

// Interrupt makes a parked owner run: it returns true if the owner has to be notified now. For
// news that is not a task. The caller writes the news (atomically) before Interrupt; the owner
// reads it after Park has returned true and before it sleeps. Any goroutine.
func (in *Inbox) Interrupt() (notify bool) {
	return in.head.CompareAndSwap(&in.parked, nil)
}

// Empty reports whether there is nothing to take. The owner.
func (in *Inbox) Empty() bool { return in.head.Load() == nil }

// TakeAll moves every task into q, in the order they were pushed. The owner.
func (in *Inbox) TakeAll(q *Queue) {
	switch in.head.Load() {
	case nil, &in.parked, &in.closed:
		return // nothing is there, and what is there instead must stay
	}
	moveReversed(in.head.Swap(nil), q)
}

// moveReversed moves the stack that starts at t into q, oldest first.
func moveReversed(t *Task, q *Queue) {
	var oldest *Task
	for t != nil {
		t.next, oldest, t = oldest, t, t.next
	}
	for oldest != nil {
		t, oldest = oldest, oldest.next
		q.Push(t)
	}
}

// Park announces that the owner is going to sleep. It returns false if there is a task to take
// instead. The owner.
func (in *Inbox) Park() bool { return in.head.CompareAndSwap(nil, &in.parked) }

// Unpark is called when the owner has slept, or decided not to. The owner.
func (in *Inbox) Unpark() { in.head.CompareAndSwap(&in.parked, nil) }

// Close refuses all pushes from now on and moves what is there into q. The owner, running.
func (in *Inbox) Close(q *Queue) {
	if t := in.head.Swap(&in.closed); t != &in.parked && t != &in.closed {
		moveReversed(t, q)
	}
}
