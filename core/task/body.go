package task

import "github.com/moduvex/moduvex-go/core"

// A Body is what a task runs. The task of a future implements it here, that of a coroutine in package coro.
type Body interface {
	// Poll drives the body once. Only the runner calls it.
	Poll(cx *core.Context) Poll
	// Drop gives the body up. The runner calls it at most once, in place of the Poll that would end it.
	Drop()
}

// A GracefulBody unwinds by being polled: an abort does not drop it. Instead, the runner tells it of the abort
// with Unwind and polls it until it has ended. Drop still gives it up at once.
type GracefulBody interface {
	Body
	// Unwind is the Poll that tells the body of the abort. Later ones are ordinary.
	Unwind(cx *core.Context) Poll
	// Aborted is called by the goroutine whose Abort took effect, before the task is scheduled for it,
	// at most once and possibly during a Poll.
	Aborted()
	// AbortNoticed reports, during a Poll, whether the body noticed the abort before Unwind told it.
	AbortNoticed() bool
}

// A ClosingBody is a Body that needs a Context when its host closes. A host that closes calls Close on it,
// on a worker, in place of Drop.
type ClosingBody interface {
	Body
	// Close gives the body up at once, as Drop does, and may run code of it that needs a Context. It is
	// called only for a task that a host has accepted.
	Close(cx *core.Context)
}

// A ValueBody is a Body that has values for the futures that it polls. [core.Context.Value] finds them.
// Only the runner calls its methods.
type ValueBody interface {
	Body
	// Value returns the value for key, or nil.
	Value(key any) any
	// Values returns all of them.
	Values() *core.Values
}

// A Describer is a Body that describes what it runs better than its type does.
type Describer interface {
	Body
	// Describe is called at most once, before the first Poll.
	Describe() string
}

// A Poll is the outcome of one poll of a [Body]. For every outcome but Pending, the body has stored its output.
type Poll uint8

const (
	// Pending: the waker will be woken.
	Pending Poll = iota
	// Ready: the output is stored.
	Ready
	// Unwound: the body has ended because it was aborted.
	Unwound
	// Panicked: the body has panicked, has recovered the panic and has stored the error.
	Panicked
	// Over: the body has handed the worker on, and the poll that the Run is to end is over already: see HostView.Begin.
	Over
)

// String returns the outcome's name.
func (p Poll) String() string {
	if int(p) < len(pollNames) {
		return pollNames[p]
	}
	return "invalid"
}

var pollNames = [...]string{"pending", "ready", "unwound", "panicked", "over"}
