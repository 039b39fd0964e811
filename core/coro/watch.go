package coro

import (
	"slices"
	"sync"
	"time"
)

// A watch has an entry for each scope of a body whose Done or AfterFunc was called. A body without such a call has no
// watch.
//
// No cancellation is missed.
//
//	The caller of Done:             1. stores bodyState.watch, and adds the entry under the lock;
//	                                2. checks for a reason: Co.Cause.
//	A goroutine that cancels, or    1. sets the reason: the task's state word, cancelScope.err or bodyState.over;
//	ends a scope or the body:       2. loads bodyState.watch, and fires the entries that have a reason.
//
// In whichever order the steps run, one side sees the other.
type watch struct {
	mu      sync.Mutex
	entries []*watchEntry
}

type watchEntry struct {
	co    *Co
	done  chan struct{}
	funcs map[*func()]struct{}
	fired bool
	timer *time.Timer // cancels at the deadline even while the worker is blocked; or nil
}

func (s *bodyState) watching() *watch {
	if w := s.watch.Load(); w != nil {
		return w
	}
	s.watch.CompareAndSwap(nil, &watch{})
	return s.watch.Load()
}

// endWatch takes the two steps of a goroutine that ends the body: it returns the watch to close, or nil. It may be called
// again.
func (s *bodyState) endWatch() *watch {
	s.over.Store(true)
	return s.watch.Load()
}

// entry finds or makes the entry of co. It does not keep the entry of a context that is done: nothing would remove it.
// Under w.mu.
func (w *watch) entry(co *Co) *watchEntry {
	if i := w.index(co.scope); i >= 0 {
		return w.entries[i]
	}
	e := &watchEntry{co: co}
	w.entries = append(w.entries, e)
	if co.Cause() != nil {
		e.fired = true
		w.entries = w.entries[:len(w.entries)-1]
	} else if first := earliest(co.scope); first != nil {
		e.timer = first.timer()
	}
	return e
}

// index returns the index of a scope's entry, or -1. Under w.mu.
func (w *watch) index(sc *cancelScope) int {
	return slices.IndexFunc(w.entries, func(e *watchEntry) bool { return e.co.scope == sc })
}

// timer returns a timer that cancels sc at its deadline, if the host's clock is the system's, and nil if it is not: the
// epoch of a virtual clock, which stands still while a body blocks the worker, has no reading of the monotonic clock.
func (sc *cancelScope) timer() *time.Timer {
	epoch := sc.host.Epoch()
	if epoch == epoch.Round(0) {
		return nil
	}
	return time.AfterFunc(time.Until(epoch.Add(sc.deadline)), sc.Wake)
}

// fire closes the channel and starts the functions. Under the watch's lock.
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

// changed fires the entries whose contexts are done after a cancellation. Any goroutine.
func (s *bodyState) changed() {
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

// closeScope fires and removes the entry of a scope that ends.
func (w *watch) closeScope(sc *cancelScope) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i := w.index(sc); i >= 0 {
		w.entries[i].fire()
		w.entries = slices.Delete(w.entries, i, i+1)
	}
}

// close fires and removes all entries: the body has ended.
func (w *watch) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.entries {
		e.fire()
	}
	w.entries = nil
}
