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

// A cancelScope is a part of a body that has a deadline, a cancel function, a shield, a value or a context. Scopes nest
// like the calls that open them; bodyState.innermost is the innermost one, and only the body uses that field. Other
// goroutines walk from a Co outward, over fields that do not change after run has set them, except for err and cause.
type cancelScope struct {
	co       Co // that its body gets
	parent   *cancelScope
	host     core.Host
	shield   bool // cancellation from outside does not reach inside
	timed    bool
	depth    uint32        // 1 for the outermost scope of a body
	deadline time.Duration // since the host's epoch, if timed
	entry    wheel.Entry
	err      atomic.Pointer[error] // why awaits inside fail, or errOver; set once
	cause    atomic.Pointer[error] // that its context has returned; set once
	key, val any
}

// errOver is the cause of a context whose scope or body has ended.
var errOver error = &CancelError{Cause: errors.New("it has ended")}

// cancelled returns why awaits inside sc fail: the outermost reason that no shield keeps out. nil is none.
func (s *bodyState) cancelled(sc *cancelScope) error {
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

// cancel makes awaits inside sc fail with err. Only the first cancel takes effect, and none after the end of the scope.
// Any goroutine.
func (sc *cancelScope) cancel(err error) {
	if sc.err.CompareAndSwap(nil, &err) {
		sc.co.changed()
		sc.co.task.Wake()
	}
}

// Wake is called by the timer wheel at the deadline.
func (sc *cancelScope) Wake() { sc.cancel(core.ErrDeadlineExceeded) }

// run opens sc, runs body in it, and closes it, also when body panics or is unwound by force.
func (sc *cancelScope) run(co *Co, body func(*Co) error) error {
	if body == nil {
		panic(textNilScope)
	}
	sc.open(co)
	defer sc.close()
	switch {
	case !sc.timed:
	case sc.deadline <= co.cx.Now():
		sc.expired(core.ErrDeadlineExceeded)
	default:
		sc.entry.Waker = sc
		sc.host.Arm(&sc.entry, sc.deadline)
	}
	return body(&sc.co)
}

const textNilScope = "coro: a scope with a nil body"

// open makes sc the innermost scope of the body of co. The caller defers close.
func (sc *cancelScope) open(co *Co) {
	co.assertOwner()
	sc.co = Co{bodyState: co.bodyState, scope: sc}
	sc.parent, sc.host = co.innermost, co.cx.Host()
	sc.depth = 1
	if sc.parent != nil {
		sc.depth += sc.parent.depth
	}
	co.innermost = sc
}

// expired makes awaits inside sc fail with err from the first on: no other goroutine has seen sc yet.
func (sc *cancelScope) expired(err error) { sc.err.Store(&err) }

// close ends sc. It sets the reason before it fires the watch's entry: see watch.
func (sc *cancelScope) close() {
	if sc.timed {
		sc.host.Disarm(&sc.entry)
	}
	s := sc.co.bodyState
	s.innermost = sc.parent
	sc.err.CompareAndSwap(nil, &errOver)
	if w := s.watch.Load(); w != nil {
		w.closeScope(sc)
	}
}

// WithTimeout runs body with a deadline d from now: after the deadline, awaits inside fail with core.ErrDeadlineExceeded.
// It returns the error of body, so a body that finishes in spite of the deadline succeeds. Only the body of co may call
// it; scopes nest.
func WithTimeout(co *Co, d time.Duration, body func(co *Co) error) error {
	co.assertOwner()
	return withDeadline(co, after(co.cx.Now(), d), body)
}

// after returns now + d, or the greatest Duration, which no clock reaches, if a Duration cannot hold the sum.
func after(now, d time.Duration) time.Duration {
	if d > math.MaxInt64-now {
		return math.MaxInt64
	}
	return now + d
}

// WithDeadline is [WithTimeout] for an instant. If t is past, awaits fail at once. A t without a monotonic reading is
// converted at the call, as in [SleepUntil].
func WithDeadline(co *Co, t time.Time, body func(co *Co) error) error {
	co.assertOwner()
	return withDeadline(co, core.TimeOn(co.cx.Host(), t), body)
}

func withDeadline(co *Co, at time.Duration, body func(co *Co) error) error {
	return (&cancelScope{timed: true, deadline: at}).run(co, body)
}

// WithCancel runs body with a function that cancels it: after cancel(cause), awaits inside fail with a *CancelError,
// which wraps core.ErrCancelled and cause. Any goroutine may call cancel, any number of times; only the first call takes
// effect, and none after WithCancel has returned. WithCancel returns the error of body.
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

// Shield runs body out of reach of cancellation: neither an abort of the task nor an enclosing scope makes awaits inside fail;
// a scope opened inside does. Shield is for clean-up that has to await; open a WithTimeout inside. A runtime that closes
// at once cancels a shielded body too.
func Shield(co *Co, body func(co *Co) error) error {
	return (&cancelScope{shield: true}).run(co, body)
}

// A CancelError is the error of awaits inside a [WithCancel] scope that was cancelled, inside the body of a [Group] that
// has failed, and inside a [WithContext] scope, or in a task of [NewWithContext], whose context is done. It is also the
// cause of a Co whose scope or body has ended. errors.Is matches it with
//
//	core.ErrCancelled                                       always
//	Cause                                                   unless it is nil
//	context.Canceled                                        unless it is for a context whose deadline has passed
//	core.ErrDeadlineExceeded, context.DeadlineExceeded,
//	os.ErrDeadlineExceeded                                  if it is for a context whose deadline has passed
type CancelError struct {
	// Cause is the argument of cancel, the failure of the group, or the context.Cause of the context. It may be nil.
	Cause error

	deadline bool // of a context has passed
	endsTask bool // it is for the context of a task: see NewWithContext
}

// Error names the cause.
func (e *CancelError) Error() string {
	text := "coro: scope was cancelled"
	if e.endsTask {
		text = "coro: the task's context is done"
	}
	if e.Cause == nil {
		return text
	}
	return text + ": " + e.Cause.Error()
}

// Unwrap returns the cause, after core.ErrCancelled, or after core.ErrDeadlineExceeded if a context's deadline has passed.
func (e *CancelError) Unwrap() []error {
	is := core.ErrCancelled
	if e.deadline {
		is = core.ErrDeadlineExceeded
	}
	if e.Cause == nil {
		return []error{is}
	}
	return []error{is, e.Cause}
}

// Is reports true for core.ErrCancelled.
func (e *CancelError) Is(target error) bool { return target == core.ErrCancelled }
