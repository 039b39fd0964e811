package task

import (
	"runtime"

	"github.com/moduvex/moduvex-go/core"
)

// Watch arranges for w to be woken when the task finishes, and reports true; if the task has
// finished already it reports false and w is not kept. Any number of wakers may watch, at the same cost
// each; one that watches already is not added again. They are woken in the order in which they came. Any
// goroutine.
func (t *Task) Watch(w core.Waker) bool {
	if !t.claim() {
		return false
	}
	added := t.join.Add(w)
	if t.unclaim() {
		return true
	}
	if added { // the caller is told, so w must not be woken on top of that
		t.join.Remove(w)
	}
	t.join.TakeAll().Wake()
	return false
}

// Unwatch takes w back. A watcher that gives up calls it while the task goes on, so that the task does not
// collect wakers that are of no use. It reports whether w was there, and will not be woken for this watch. Any
// goroutine.
func (t *Task) Unwatch(w core.Waker) bool { return t.claim() && t.unwatch(w) }

// unwatch is Unwatch with the slot claimed.
func (t *Task) unwatch(w core.Waker) bool {
	removed := t.join.Remove(w)
	if !t.unclaim() {
		t.join.TakeAll().Wake()
	}
	return removed
}

// WatchShared is Watch for a waker of which t needs one only, whatever the number of its users: it returns
// the W that watches already, or makes one that does. ok is false if the task has finished, and then there is
// none. A W that one user takes back with Unwatch is lost to the others. Any goroutine.
func WatchShared[W core.Waker](t *Task, make func() W) (w W, ok bool) {
	if !t.claim() {
		return w, false
	}
	w, found := findShared[W](&t.join)
	if !found {
		w = make()
		t.join.addShared(w)
	}
	if t.unclaim() {
		return w, true
	}
	if !found {
		t.join.Remove(w)
	}
	t.join.TakeAll().Wake()
	var none W
	return none, false
}

// claim gets the join slot for writing. It returns false if the task has finished.
func (t *Task) claim() bool {
	for {
		switch t.word.transition(evClaim) {
		case actOutput:
			return false
		case actNone:
			return true
		}
		runtime.Gosched() // the other joiner writes the slot and is gone
	}
}

// unclaim gives the join slot back. It returns false if the task has finished meanwhile; then finishing has
// not woken those that watch, and the caller, to whom the slot belongs from now on, does.
func (t *Task) unclaim() bool { return t.word.transition(evWatch) != actOutput }
