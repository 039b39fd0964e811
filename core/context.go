package core

import "time"

// DefaultBudget is how many operations one poll may complete before the task has to yield. It is
// tokio's figure: large enough to spread the cost of a queue round trip, small enough that a task
// with an always-ready socket holds its worker for microseconds, not milliseconds.
const DefaultBudget = 128

// A Context is what a future works with during one poll. It is valid during that poll only: keep
// cx.Waker() or cx.Host() if something is needed later. Methods that only a host calls are those of
// [HostView].
type Context struct {
	waker       Waker
	host        Host // valid during the poll
	kept        Host // valid after it
	budget      int
	timersApart bool // host is a TimersApartHost
	pollNotes
	task   Waker // the task's own waker, while swapped
	values *Values
}

// pollNotes are the fields that start anew with each poll, small enough to be cleared at once.
type pollNotes struct {
	yielded bool
	swapped bool // waker is a combinator's, not the task's
	spent   bool // Spend has returned false
	waits   Wait // what futures have said they wait for
}

// NewContext returns the context that host passes to the tasks it polls. A host needs one, and
// calls [HostView.Begin] on it before each poll.
func NewContext(host Host) *Context {
	if host == nil {
		panic("core: NewContext with a nil Host")
	}
	cx := &Context{host: host, kept: host}
	if h, ok := host.(KeptHost); ok {
		cx.kept = h.Kept()
	}
	_, cx.timersApart = host.(TimersApartHost)
	return cx
}

// Waker returns the waker of the task being polled. It stays valid after the poll, and is the
// same (==) in every poll of the task.
func (cx *Context) Waker() Waker { return cx.waker }

// Wake wakes w from code on a worker, which may be cheaper than w.Wake(). Primitives that have a
// context wake through it.
func (cx *Context) Wake(w Waker) { cx.host.Wake(w) }

// Host returns the worker that polls. It stays valid after the poll, for later polls and for Drop: see [Host].
func (cx *Context) Host() Host { return cx.kept }

// Worker returns the worker that polls, for use in this poll only. Where tasks move, it spawns and wakes without a
// hand-over to the other workers, unlike Host. Do not keep it: the next poll or Drop may run on another worker.
func (cx *Context) Worker() Host { return cx.host }

// TimersApart reports whether the host's timers fire on another goroutine than the one that polls: whether the host is a
// [TimersApartHost]. A poll may then not look at an entry that it has armed, nor change its Waker.
func (cx *Context) TimersApart() bool { return cx.timersApart }

// Now returns the monotonic time since the host's epoch.
func (cx *Context) Now() time.Duration { return cx.host.Now() }

// Spawn schedules t on the worker that polls. See [Spawner]. A Context must not be kept as a Spawner: [Kept]
// returns one that may be kept.
func (cx *Context) Spawn(t Task) error { return cx.host.Spawn(t) }

// Yield wakes the task being polled, so that it is polled again after the other ready tasks. The
// caller returns pending. Yield is cx.Wake(cx.Waker()) without an atomic operation: it tells the
// worker, which is polling the task at that moment, directly.
func (cx *Context) Yield() {
	if cx.swapped {
		cx.host.Wake(cx.waker) // a combinator needs to know which child was woken
		return
	}
	cx.yielded = true
}

// Spend takes one operation from the budget of this poll. It returns false if the budget is spent:
// it has woken the task then, and the caller returns pending without doing the operation, so that
// other tasks, timers and I/O run first.
func (cx *Context) Spend() bool {
	if cx.budget > 0 {
		cx.budget--
		return true
	}
	return cx.exhaust()
}

// exhaust is the rest of a Spend that finds the budget spent. It is a separate function so that Spend is inlined.
//
//go:noinline
func (cx *Context) exhaust() bool {
	cx.spent = true
	cx.Yield()
	return false
}

// Refund returns to the budget one operation that Spend took and that turned out to be pending: an operation that
// waits is free.
func (cx *Context) Refund() { cx.budget++ }

// Budget returns how many operations are left to this poll.
func (cx *Context) Budget() int { return cx.budget }

// SwapWaker replaces the waker and returns the previous one. A combinator that needs to know which
// of its children was woken installs its own waker for the child's poll and restores the old one
// after it.
func (cx *Context) SwapWaker(w Waker) (old Waker) {
	old, cx.waker = cx.waker, w
	if !cx.swapped {
		cx.task = old
	}
	cx.swapped = w != cx.task
	return old
}
