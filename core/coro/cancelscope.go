package coro

import (
	"errors"
	"math"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// A scope is a stretch of a body with something of its own: a deadline, a cancel function, a
// shield, a value. Scopes nest like the calls that open them; the innermost is in strand.scope,
// which only the body touches. What other goroutines walk, from a Co outward, never changes
// except for err and cause.
type cancelScope struct {
	co       Co // what its body gets
	parent   *cancelScope
	host     core.Host
	shield   bool // what is outside does not reach inside
	timed    bool
	deadline time.Duration // since the host's epoch, if timed
	entry    wheel.Entry
	err      atomic.Pointer[error] // why awaits inside fail, or errOver; set once
	cause    atomic.Pointer[error] // what its context has been seen to say; set once
	key, val any
}

// errOver is why the context of a scope or a body that has ended is done.
var errOver error = &CancelError{Cause: errors.New("it has ended")}

// cancelled returns why awaits inside sc fail: the outermost reason that no shield keeps out.
func (s *strand) cancelled(sc *cancelScope) error {
	var err error
	for ; sc != nil; sc = sc.parent {
		if p := sc.err.Load(); p != nil {
			err = *p
		}
		if sc.shield {
			return err
		}
	}
	if s.task.AbortRequested() {
		return core.ErrCancelled
	}
	return err
}

// cancel makes awaits inside sc fail with err. The first cancel wins; one that comes after the
// end of the scope loses. Any goroutine.
func (sc *cancelScope) cancel(err error) {
	if sc.err.CompareAndSwap(nil, &err) {
		sc.co.changed()
		sc.co.task.Wake()
	}
}

// Wake is what the timer wheel calls at the deadline.
func (sc *cancelScope) Wake() { sc.cancel(core.ErrDeadlineExceeded) }

// run opens sc, runs body in it, and closes it, also when body panics or is unwound by force.
func (sc *cancelScope) run(co *Co, body func(*Co) error) error {
	if body == nil {
		panic("coro: a scope with a nil body")
	}
	co.own()
	sc.co = Co{strand: co.strand, view: sc}
	sc.parent, sc.host = co.scope, co.cx.Host()
	co.scope = sc
	defer sc.close()
	switch {
	case !sc.timed:
	case sc.deadline <= co.cx.Now():
		err := core.ErrDeadlineExceeded
		sc.err.Store(&err) // nobody else has seen sc yet
	default:
		sc.entry.Waker = sc
		sc.host.Arm(&sc.entry, sc.deadline)
	}
	return body(&sc.co)
}

// close ends sc. Its own reason comes first, so that its context has one from here on: see watch.
func (sc *cancelScope) close() {
	if sc.timed {
		sc.host.Disarm(&sc.entry)
	}
	s := sc.co.strand
	s.scope = sc.parent
	sc.err.CompareAndSwap(nil, &errOver)
	if w := s.watch.Load(); w != nil {
		w.closeScope(sc)
	}
}

// WithTimeout runs body with a deadline d from now: after it, awaits inside fail with
// core.ErrDeadlineExceeded. It returns what body returned, so a body that finished in spite of
// the deadline has succeeded. Only the body of co may call it; scopes nest.
func WithTimeout(co *Co, d time.Duration, body func(co *Co) error) error {
	co.own()
	return withDeadline(co, after(co.cx.Now(), d), body)
}

// after returns now + d, where what a Duration cannot hold is never.
func after(now, d time.Duration) time.Duration {
	if d > math.MaxInt64-now {
		return math.MaxInt64
	}
	return now + d
}

// WithDeadline is WithTimeout for an instant. One that is past makes awaits fail at once. A t without a
// monotonic reading is converted at the call, as in [SleepUntil].
func WithDeadline(co *Co, t time.Time, body func(co *Co) error) error {
	co.own()
	return withDeadline(co, core.TimeOn(co.cx.Host(), t), body)
}

func withDeadline(co *Co, at time.Duration, body func(co *Co) error) error {
	return (&cancelScope{timed: true, deadline: at}).run(co, body)
}

// WithCancel runs body with a function that cancels it: after cancel(cause), awaits inside fail
// with a *CancelError, which wraps core.ErrCancelled and cause. cancel may be called from any
// goroutine, any number of times; the first call counts, and one that comes after WithCancel has
// returned changes nothing. It returns what body returned.
func WithCancel(co *Co, body func(co *Co, cancel func(cause error)) error) error {
	if body == nil {
		panic("coro: WithCancel with a nil body")
	}
	sc := &cancelScope{}
	cancel := func(cause error) { sc.cancel(&CancelError{Cause: cause}) }
	return sc.run(co, func(co *Co) error { return body(co, cancel) })
}

// WithValue runs body with a value that co.Value(key) finds inside. key must be comparable and
// should have a type of its own, as for context.WithValue.
func WithValue(co *Co, key, value any, body func(co *Co) error) error {
	if key == nil {
		panic("coro: WithValue with a nil key")
	}
	if !reflect.TypeOf(key).Comparable() {
		panic("coro: WithValue with a key that is not comparable")
	}
	return (&cancelScope{key: key, val: value}).run(co, body)
}

// Shield runs body out of reach of cancellation: neither an abort of the task nor a scope around
// makes awaits inside fail, only scopes opened inside do. It is for clean-up that has to await;
// put a WithTimeout inside. It does not withstand a runtime that closes at once.
func Shield(co *Co, body func(co *Co) error) error {
	return (&cancelScope{shield: true}).run(co, body)
}

// A CancelError is what awaits inside a [WithCancel] scope return once it is cancelled. It is also
// the cause of a Co whose scope or body has ended.
type CancelError struct {
	Cause error // as given to cancel; may be nil
}

// Error names the cause.
func (e *CancelError) Error() string {
	if e.Cause == nil {
		return "coro: scope was cancelled"
	}
	return "coro: scope was cancelled: " + e.Cause.Error()
}

// Unwrap returns core.ErrCancelled and the cause.
func (e *CancelError) Unwrap() []error {
	if e.Cause == nil {
		return []error{core.ErrCancelled}
	}
	return []error{core.ErrCancelled, e.Cause}
}
