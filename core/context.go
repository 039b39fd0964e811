package core

import (
	"time"

	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// DefaultBudget is how many operations one poll may complete before the task has to let others
// run. It is tokio's figure: large enough to spread the cost of a queue round trip, small enough
// that a task with an always-ready socket holds its worker for microseconds, not milliseconds.
const DefaultBudget = 128

// A Runnable is a task as a host sees it: something to wake, and to run when it is its turn.
// Package task has the one implementation.
type Runnable interface {
	Waker
	// Run polls the task once. The host calls it with the context of the worker it is on, for a
	// task that it took from a queue, and does what the Outcome says.
	Run(cx *Context) Outcome
}

// An Outcome is what a host has to do with a task that it has run.
type Outcome uint8

const (
	// Parked: nothing. A wake will schedule the task.
	Parked Outcome = iota
	// Again: put the task at the back of a queue. It was woken while it ran.
	Again
	// Done: forget the task. It has ended and its join is resolved.
	Done
)

// String returns the outcome's name.
func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return "invalid"
}

var outcomeNames = [...]string{"parked", "again", "done"}

// A Spawner takes new tasks. *Context and everything that stands on one (a coroutine, a runtime)
// implement it, so one spawn function serves all of them.
type Spawner interface {
	// Spawn takes ownership of r and schedules it for its first run. It returns an error, and r
	// is the caller's again, if the host no longer accepts tasks.
	Spawn(r Runnable) error
}

// A Host is the worker that polls. A future that needs it later, in another poll or in its Drop, keeps what
// [Context.Host] returns, never the Context.
//
// A kept Host is good in later polls and in the Drop of the future, on any worker that the task moves to. Where
// tasks stay, its methods are for the polls and drops of its own worker only. So a future that has armed
// a timer is handed to a task of another worker only if tasks move between the two ([MovingHost]). A timer
// that is polled on a worker out of reach panics, see [CheckReach]; a Drop there may go unnoticed.
type Host interface {
	Spawner
	// Wake is w.Wake() for a caller that is on this worker: where w is a task of this worker, it
	// goes to the local queue without an atomic hand-off.
	Wake(w Waker)
	// WakeLater is Wake for a w that goes behind everything that is ready already: what many
	// callers wake one after the other (the joiner of a batch of tasks) then runs once for all.
	WakeLater(w Waker)
	// Now is the monotonic time since Epoch, read from the clock at the call.
	Now() time.Duration
	// Epoch is the instant that Now counts from. It never changes; a monotonic reading in it says
	// that Now is the system's clock. Any goroutine.
	Epoch() time.Time
	// Arm makes e's waker be woken once Now has reached at. If e is armed already, by this Host,
	// it is moved. The caller keeps e where it is until it has fired or was disarmed. On this worker,
	// e is armed until Now has reached at or Disarm was called, so a poll there may ask e itself.
	Arm(e *wheel.Entry, at time.Duration)
	// Disarm undoes Arm; it does nothing if e is not armed. When it returns, the host has let go
	// of e, though a wake that was on its way may still come.
	Disarm(e *wheel.Entry)
	// Rand returns pseudo-random bits from the worker's own seeded source.
	Rand() uint64
	// IO is the worker's I/O driver, or nil if it has none. Socket packages know its type.
	IO() any
}

// A MovingHost is a Host that knows whether its tasks move to others of its kind.
type MovingHost interface {
	Host
	// Shares reports whether tasks move between this host and other, so that what was armed on one
	// may be disarmed from the other. Any goroutine.
	Shares(other Host) bool
}

// A ReleasingHost is a Host that takes timers back from code that may be on any goroutine, such as the close
// of a socket.
type ReleasingHost interface {
	Host
	// Release takes e, which was armed by this Host, out of the wheel by the end of the worker's next turn
	// at the latest. The caller does not arm e again. A wake that was on its way may still come. Any goroutine.
	Release(e *wheel.Entry)
}

// A Context is what a future gets to work with during one poll. It is valid during that poll
// only: keep cx.Waker() or cx.Host() if something is needed later.
type Context struct {
	waker  Waker
	host   Host // good during the poll
	kept   Host // good after it
	budget int
	noted
	task   Waker // the task's, while swapped
	values *Values
}

// noted is what begins anew with each poll, small enough to be cleared at once.
type noted struct {
	yielded bool
	swapped bool // waker is a combinator's, not the task's
	spent   bool // the budget was not enough
	waits   Wait // what futures have said they wait for
}

// NewContext makes the context that host passes to the tasks it polls. A host needs one, and
// calls Begin on it before each poll.
func NewContext(host Host) *Context {
	if host == nil {
		panic("core: NewContext with a nil Host")
	}
	cx := &Context{host: host, kept: host}
	if h, ok := host.(KeptHost); ok {
		cx.kept = h.Kept()
	}
	return cx
}

// Begin prepares cx for the next poll: w is what the polled future will find as its waker, and
// the budget is full again. Only the host calls it.
func (cx *Context) Begin(w Waker) {
	cx.waker = w
	cx.budget = DefaultBudget
	cx.noted = noted{}
}

// Rest makes cx forget the task that was polled last, so that a host without work keeps nothing alive. Only
// the host calls it, between two polls.
func (cx *Context) Rest() { cx.waker, cx.task, cx.values = nil, nil, nil }

// Waker returns the waker of the task being polled. It stays good after the poll, and is the
// same (==) in every poll of the task.
func (cx *Context) Waker() Waker { return cx.waker }

// Task returns the waker of the task being polled, whatever [Context.SwapWaker] has put in its place. For
// the host.
func (cx *Context) Task() Waker {
	if cx.swapped {
		return cx.task
	}
	return cx.waker
}

// Host returns the worker that polls. It stays good after the poll, for later polls and for Drop: see [Host].
func (cx *Context) Host() Host { return cx.kept }

// Worker is Host for the time of this poll: where tasks move, it spawns and wakes without a hand-over to the
// other workers. It is not kept, for the next poll may be on another worker, and so may Drop.
func (cx *Context) Worker() Host { return cx.host }

// Wake wakes w from code that is on a worker, which may be cheaper than w.Wake(). Primitives wake
// through it wherever they have a context.
func (cx *Context) Wake(w Waker) { cx.host.Wake(w) }

// Yield wakes the task being polled, so that it is polled again when the others have had their
// turn. The caller returns pending. It is cx.Wake(cx.Waker()) without an atomic operation: the
// runner, which is polling the task this moment, is told directly.
func (cx *Context) Yield() {
	if cx.swapped {
		cx.host.Wake(cx.waker) // a combinator wants to know who asked
		return
	}
	cx.yielded = true
}

// Yielded reports whether Yield was called in this poll. For the runner.
func (cx *Context) Yielded() bool { return cx.yielded }

// Now is the monotonic time since the host's epoch.
func (cx *Context) Now() time.Duration { return cx.host.Now() }

// Spawn schedules r on the worker that polls. See [Spawner]. A Context is no Spawner to be kept: [Kept]
// makes one of it.
func (cx *Context) Spawn(r Runnable) error { return cx.host.Spawn(r) }

// Spend takes one operation from the budget of this poll. When it returns false the budget is
// spent: the task has been woken already, and the caller returns pending without doing the
// operation, so that other tasks, timers and I/O get their turn first.
func (cx *Context) Spend() bool {
	if cx.budget > 0 {
		cx.budget--
		return true
	}
	return cx.exhaust()
}

// exhaust is Spend with nothing left: a function of its own, so that Spend is inlined.
//
//go:noinline
func (cx *Context) exhaust() bool {
	cx.spent = true
	cx.Yield()
	return false
}

// Exhausted reports whether Spend has returned false in this poll. For the host's statistics.
func (cx *Context) Exhausted() bool { return cx.spent }

// Refund gives back one operation that was taken by Spend and turned out to be pending: waiting
// costs nothing.
func (cx *Context) Refund() { cx.budget++ }

// Budget returns how many operations are left to this poll.
func (cx *Context) Budget() int { return cx.budget }

// SwapWaker replaces the waker and returns the one before. A combinator that wants to know which
// of its children was woken puts its own waker in for the time of the child's poll, and puts the
// old one back.
func (cx *Context) SwapWaker(w Waker) (old Waker) {
	old, cx.waker = cx.waker, w
	if !cx.swapped {
		cx.task = old
	}
	cx.swapped = w != cx.task
	return old
}
