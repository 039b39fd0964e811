package core

import (
	"time"

	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// A Task is what a [Spawner] accepts. Package task has the one implementation, *task.Task.
type Task interface {
	Waker
	// Abort asks the task to end, and reports whether this call was the first to do so. Any goroutine.
	Abort() bool
	// Finished reports whether the task has ended and its output is available. Any goroutine.
	Finished() bool
}

// An Outcome tells a host what to do with a task that it has run.
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

// A Spawner takes new tasks. A runtime, a coroutine's Co and a *Context implement it, so one spawn function
// serves all of them.
type Spawner interface {
	// Spawn takes ownership of t and schedules it for its first run. If the host no longer accepts
	// tasks, Spawn returns an error and the caller owns t again.
	Spawn(t Task) error
}

// A Host is the worker that polls. A future that needs it after the poll, in another poll or in its Drop,
// keeps the result of [Context.Host] and never the Context.
//
// A kept Host is valid in later polls and in the Drop of the future, on every worker that the task can move
// to. Where tasks do not move, only polls and drops on its own worker may call its methods. So a future with
// an armed timer may be passed to a task of another worker only if tasks move between the two workers
// ([MovingHost]). Polling such a timer on a worker out of reach panics, see [CheckReach]; dropping it there
// may go unnoticed.
type Host interface {
	Spawner
	// Wake is w.Wake() for a caller on this worker. If w is a task of this worker, Wake puts it into the
	// local queue without an atomic hand-over.
	Wake(w Waker)
	// WakeLater is Wake for a w that runs after all tasks that are ready already. A joiner that many tasks
	// wake one after the other then runs once for all of them.
	WakeLater(w Waker)
	// Now returns the monotonic time since Epoch, read from the clock at the call.
	Now() time.Duration
	// Epoch returns the instant that Now counts from. It never changes. If it has a monotonic reading, Now
	// is the system's clock. Any goroutine.
	Epoch() time.Time
	// Arm makes the host wake e's waker once Now has reached at. If this Host has armed e already, Arm
	// moves it. The caller keeps e in place until it has fired or was disarmed. On this worker, e counts as
	// armed until Now has reached at or Disarm was called, so a poll there may check e itself, unless the
	// Host is a [TimersApartHost].
	Arm(e *wheel.Entry, at time.Duration)
	// Disarm undoes Arm; it does nothing if e is not armed. After it the host does not use e any more,
	// but a wake that was under way may still arrive.
	Disarm(e *wheel.Entry)
	// Rand returns pseudo-random bits from the worker's own seeded source.
	Rand() uint64
	// IO returns the worker's I/O driver, or nil if it has none. Socket packages know its type.
	IO() any
}

// A MovingHost is a Host whose tasks may move to other hosts of its kind.
type MovingHost interface {
	Host
	// Shares reports whether tasks move between this host and other, so that a timer armed on one may be
	// disarmed on the other. Any goroutine.
	Shares(other Host) bool
}

// A TimersApartHost is a Host whose timers fire on another goroutine than the one that polls, under a lock of its own. A poll must
// not look at an entry while that is armed: [Context.TimersApart] is true.
type TimersApartHost interface {
	Host
	// TimersApart does nothing: it only tells the type.
	TimersApart()
}

// A ReleasingHost is a Host that disarms timers for code on any goroutine, such as the close of a socket.
type ReleasingHost interface {
	Host
	// Release removes e, which this Host has armed, from the wheel by the end of the worker's next loop
	// iteration at the latest. The caller does not arm e again. A wake that was under way may still
	// arrive. Any goroutine.
	Release(e *wheel.Entry)
}
