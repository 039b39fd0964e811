package core

// A HostView has the methods of a [Context] that only its host calls. Futures do not call them.
type HostView Context

// ForHost returns the methods of cx that only a host calls. It is a conversion.
func (cx *Context) ForHost() *HostView { return (*HostView)(cx) }

// Begin prepares the context for the next poll: w is the waker that the polled future will find, and
// the budget is full again.
func (v *HostView) Begin(w Waker) {
	v.waker = w
	v.budget = DefaultBudget
	v.pollNotes = pollNotes{}
}

// Clear makes the context forget the task that was polled last, so that a host without work keeps nothing
// alive. The host calls it between two polls.
func (v *HostView) Clear() { v.waker, v.task, v.values = nil, nil, nil }

// Task returns the waker that Begin was given, whatever [Context.SwapWaker] has put in its place.
func (v *HostView) Task() Waker { return (*Context)(v).polled() }

// Yielded reports whether Yield was called in this poll.
func (v *HostView) Yielded() bool { return v.yielded }

// Exhausted reports whether Spend has returned false in this poll.
func (v *HostView) Exhausted() bool { return v.spent }

// Waiting returns what futures have noted in this poll with [Context.Waits].
func (v *HostView) Waiting() Wait { return v.waits }
