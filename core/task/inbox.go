package task

import "sync/atomic"

// An Inbox passes tasks from other goroutines to a worker, its owner. It is an intrusive Treiber stack
// (R. K. Treiber, "Systems Programming: Coping with Parallelism", 1986) that the owner takes as
// a whole, never one node: so a head that was taken and pushed again between a pusher's load and
// its swap does no harm (the ABA problem).
//
// The head is also the parking word. It is one of
//
//	nil      empty, the owner runs
//	a task   tasks to take
//	parked   empty, the owner sleeps or is about to
//	closed   the owner is gone
//
// so that the swap of a push tells the pusher whether it must notify the owner, and exactly one push for
// each park does.
//
// No wake is lost:
//
//	the owner                               a pusher
//	1. swaps nil for parked; if that        1. swaps the head for its task
//	   fails, it takes the task             2. if the head was parked, notifies
//	2. waits
//
// All swaps are on one word, so they have one order. A push before the owner's swap makes that fail; a push
// after it finds parked. The reactor keeps a notification between the owner's 1 and 2: its Notify ends the
// next wait.
type Inbox struct {
	head   atomic.Pointer[Task]
	parked Task
	closed Task
}

// Push passes t to the owner. notify tells the caller to notify the owner now. ok is false if
// the inbox is closed; t then stays the caller's. Any goroutine.
func (in *Inbox) Push(t *Task) (notify, ok bool) { return in.pushOn(in.head.Load(), t) }

// pushOn is Push with the head already loaded: a test passes an outdated one.
func (in *Inbox) pushOn(old, t *Task) (notify, ok bool) {
	for {
		switch old {
		case &in.closed:
			t.next = nil // set before a swap that failed
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

// Interrupt makes a parked owner run, for an event that is not a task. notify tells the caller to notify the
// owner now. The caller records the event (atomically) before Interrupt; the owner reads the record after Park
// has returned true and before it sleeps. Any goroutine.
func (in *Inbox) Interrupt() (notify bool) {
	return in.head.CompareAndSwap(&in.parked, nil)
}

// Empty reports whether there is no task to take. Only the owner calls it, while it runs.
func (in *Inbox) Empty() bool { return in.head.Load() == nil }

// TakeAll moves every task to the end of q, in the order they were pushed. Only the owner calls it.
func (in *Inbox) TakeAll(q *Queue) {
	switch in.head.Load() {
	case nil, &in.parked, &in.closed:
		return // no task, and the marker must stay
	}
	moveReversed(in.head.Swap(nil), q)
}

// Park announces that the owner is going to sleep. It returns false if there is a task to take
// instead. Only the owner calls it.
func (in *Inbox) Park() bool { return in.head.CompareAndSwap(nil, &in.parked) }

// Unpark undoes Park. Only the owner calls it, after it has slept or decided not to.
func (in *Inbox) Unpark() { in.head.CompareAndSwap(&in.parked, nil) }

// Close makes every later Push fail and moves the tasks that are there to the end of q. Only the owner calls it,
// while it runs.
func (in *Inbox) Close(q *Queue) {
	if t := in.head.Swap(&in.closed); t != &in.parked && t != &in.closed {
		moveReversed(t, q)
	}
}
