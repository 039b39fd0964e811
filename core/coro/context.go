package coro

import (
	"context"
	"time"

	"github.com/moduvex/moduvex-go/core"
)

var _ context.Context = (*Co)(nil)

// As a context.Context a Co is done when its scope is: by an abort of the task, by the deadline or the cancel of its
// scope or of an enclosing one, up to a shield, and by the end of its scope. Any goroutine may call Done, Err, Cause,
// Deadline, Value and AfterFunc, also after the end. Err is nil until Done is closed, and does not change after that.

// Deadline returns the earliest deadline of the scope and the enclosing scopes, up to a shield, and of the contexts of
// [WithContext] scopes among them.
func (co *Co) Deadline() (deadline time.Time, ok bool) {
	deadline, ok = contextDeadline(co.scope)
	if sc := earliest(co.scope); sc != nil {
		if t := sc.host.Epoch().Add(sc.deadline); !ok || t.Before(deadline) {
			return t, true
		}
	}
	return deadline, ok
}

// earliest returns the scope with the first deadline from sc outward to a shield, or nil.
func earliest(sc *cancelScope) (first *cancelScope) {
	for ; sc != nil; sc = sc.parent {
		if sc.timed && (first == nil || sc.deadline < first.deadline) {
			first = sc
		}
		if sc.shield {
			break
		}
	}
	return first
}

// Err returns nil, or context.Canceled, or context.DeadlineExceeded.
func (co *Co) Err() error {
	cause := co.Cause()
	if cause == nil {
		return nil
	}
	if w := co.watch.Load(); w != nil {
		w.fire(co.scope) // before Err returns it: the goroutine that cancelled may not have closed Done yet
	}
	if e, ok := cause.(*CancelError); cause == core.ErrDeadlineExceeded || ok && e.deadline {
		return context.DeadlineExceeded
	}
	return context.Canceled
}

// Cause returns why the context is done: nil, core.ErrCancelled, core.ErrDeadlineExceeded or a
// [*CancelError]. Unlike [Co.Interrupted] it is not counted as a failed await. context.Cause returns the same, for co and
// for the contexts that co ends.
func (co *Co) Cause() error {
	sc := co.scope
	if sc != nil {
		if p := sc.cause.Load(); p != nil {
			return *p
		}
	}
	err := co.cancelled(sc)
	if err == nil && co.over.Load() {
		err = errOver
	}
	if err == nil || sc == nil {
		return err
	}
	return sc.settle(err)
}

// settle makes err the cause of sc, unless sc has one, and returns the cause. An outer scope may be cancelled later, with
// another reason, and that does not change the cause.
func (sc *cancelScope) settle(err error) error {
	sc.cause.CompareAndSwap(nil, &err)
	return *sc.cause.Load()
}

// Value returns the value of the innermost [WithValue], [WithValues] or [WithContext] scope with this key, or nil.
func (co *Co) Value(key any) any {
	switch key {
	case coKey{}:
		return co
	case causeKey:
		return co.causeCarrier()
	}
	var asked uint32 // a context has looked in the scopes up to this depth
	for sc := co.scope; sc != nil && sc.depth > asked; sc = sc.parent {
		switch sc.key {
		case nil:
		case key:
			return sc.val
		case valuesKey{}:
			if v, ok := sc.val.(*core.Values).Lookup(key); ok {
				return v
			}
		case contextKey{}:
			c := sc.val.(*contextScope)
			if v := c.ctx.Value(key); v != nil {
				return v
			}
			asked = max(asked, c.around)
		}
	}
	return nil
}

// Done returns a channel that is closed when awaits in the scope of co fail, when the scope ends, or when the body has
// ended. The first call makes the channel. A deadline closes it even while the body blocks its worker, in code that
// takes a context and knows no Co.
func (co *Co) Done() <-chan struct{} {
	w := co.watching()
	w.mu.Lock()
	defer w.mu.Unlock()
	e := w.entry(co)
	if e.done == nil {
		e.done = make(chan struct{})
		if e.fired {
			close(e.done)
		}
	}
	return e.done
}

// AfterFunc runs f in a new goroutine when Done is closed, or would be. stop prevents that, and reports whether it
// did. Package context uses AfterFunc, so that a context derived from a Co costs no goroutine.
func (co *Co) AfterFunc(f func()) (stop func() bool) {
	w := co.watching()
	w.mu.Lock()
	defer w.mu.Unlock()
	e := w.entry(co)
	if e.fired {
		go f()
		return func() bool { return false }
	}
	if e.funcs == nil {
		e.funcs = make(map[*func()]struct{})
	}
	key := &f
	e.funcs[key] = struct{}{}
	return func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		_, waiting := e.funcs[key]
		delete(e.funcs, key)
		return waiting
	}
}
