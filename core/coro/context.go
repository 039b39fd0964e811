package coro

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/moduvex/moduvex-go/core"
)

var _ context.Context = (*Co)(nil)

// A Co is a context.Context whose cancellation is that of its scope: abort of the task, deadlines
// and cancels around, up to a shield, and the scope's own end. Done, Err, Cause, Deadline, Value
// and AfterFunc may be called from any goroutine, also after the end. Err is nil until Done is
// closed, and then stays what it is.

// Deadline returns the earliest deadline of the scopes around.
func (co *Co) Deadline() (deadline time.Time, ok bool) {
	sc := earliest(co.view)
	if sc == nil {
		return time.Time{}, false
	}
	return sc.host.Epoch().Add(sc.deadline), true
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
		w.fire(co.view) // who cancelled may not have come to it: Done is closed before Err tells
	}
	if cause == core.ErrDeadlineExceeded {
		return context.DeadlineExceeded
	}
	return context.Canceled
}

// Cause returns why the context is done: nil, core.ErrCancelled, core.ErrDeadlineExceeded or a
// [*CancelError]. Unlike [Co.Interrupted] it counts nothing.
func (co *Co) Cause() error {
	sc := co.view
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

// settle makes err the cause for good. An outer scope may be cancelled later, with another reason:
// the first that was seen stands.
func (sc *cancelScope) settle(err error) error {
	sc.cause.CompareAndSwap(nil, &err)
	return *sc.cause.Load()
}

// Value returns the value of the innermost [WithValue] or [WithValues] scope with this key, or nil.
func (co *Co) Value(key any) any {
	if key == (coKey{}) {
		return co
	}
	for sc := co.view; sc != nil; sc = sc.parent {
		if sc.key == nil {
			continue
		}
		if sc.key == key {
			return sc.val
		}
		if v, ok := sc.among(key); ok {
			return v
		}
	}
	return nil
}

// Done returns a channel that is closed when awaits in the scope of co fail, when that scope ends,
// or when the body has ended. The channel is made on the first call. A deadline closes it even
// while the body blocks its worker, in code that takes a context and knows no Co.
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

// AfterFunc makes f run in a goroutine of its own once Done would be closed. stop undoes it and
// reports whether f will not run because of that. Package context uses it, so that a context
// derived from a Co costs no goroutine.
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

// A watch is what a body has once somebody has asked for Done or AfterFunc: an entry for each
// scope asked in.
//
// No cancellation is missed. Who cancels, or ends something, (1) sets the reason: the task's word,
// scope.err or strand.over; then (2) loads strand.watch and fires the entries. Who asks (1) stores
// strand.watch and adds the entry under its lock, then (2) looks for a reason. Whichever order
// they come in, one sees the other.
type watch struct {
	mu      sync.Mutex
	entries []*watchEntry
}

type watchEntry struct {
	co    *Co
	done  chan struct{}
	funcs map[*func()]struct{}
	fired bool
	timer *time.Timer // cancels at the deadline even while the worker is blocked
}

func (s *strand) watching() *watch {
	if w := s.watch.Load(); w != nil {
		return w
	}
	s.watch.CompareAndSwap(nil, &watch{})
	return s.watch.Load()
}

// entry finds or makes the entry of co. Under w.mu. One that is made for a context that is done
// already is not kept: what has ended is not ended again.
func (w *watch) entry(co *Co) *watchEntry {
	if i := w.index(co.view); i >= 0 {
		return w.entries[i]
	}
	e := &watchEntry{co: co}
	w.entries = append(w.entries, e)
	if co.Cause() != nil {
		e.fired = true
		w.entries = w.entries[:len(w.entries)-1]
	} else if first := earliest(co.view); first != nil {
		e.timer = first.timer()
	}
	return e
}

// index finds the entry of a scope; it is -1 if there is none. Under w.mu.
func (w *watch) index(sc *cancelScope) int {
	return slices.IndexFunc(w.entries, func(e *watchEntry) bool { return e.co.view == sc })
}

// timer makes a timer that cancels sc at its deadline, if the host's clock is the system's. A
// clock of its own, as in tests, stands still while a body blocks the worker; its epoch is no
// reading of the monotonic clock.
func (sc *cancelScope) timer() *time.Timer {
	epoch := sc.host.Epoch()
	if epoch == epoch.Round(0) {
		return nil
	}
	return time.AfterFunc(time.Until(epoch.Add(sc.deadline)), sc.Wake)
}

// fire closes and calls what waits. Under the watch's lock.
func (e *watchEntry) fire() {
	if e.fired {
		return
	}
	e.fired = true
	if e.timer != nil {
		e.timer.Stop()
	}
	if e.done != nil {
		close(e.done)
	}
	for f := range e.funcs {
		go (*f)()
	}
	e.funcs = nil
}

// changed fires the entries that a cancellation has reached. Any goroutine.
func (s *strand) changed() {
	w := s.watch.Load()
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.entries {
		if e.co.Cause() != nil {
			e.fire()
		}
	}
}

// fire fires the entry of a scope, if it has one.
func (w *watch) fire(sc *cancelScope) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i := w.index(sc); i >= 0 {
		w.entries[i].fire()
	}
}

// closeScope fires the entry of a scope that ends, and forgets it.
func (w *watch) closeScope(sc *cancelScope) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i := w.index(sc); i >= 0 {
		w.entries[i].fire()
		w.entries = slices.Delete(w.entries, i, i+1)
	}
}

// close fires all entries: the body has ended.
func (w *watch) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.entries {
		e.fire()
	}
	w.entries = nil
}
