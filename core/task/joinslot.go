package task

import (
	"runtime"

	"github.com/moduvex/moduvex-go/core"
)

// The join slot is the field joiners: the wakers to wake when the task finishes. The state word determines its owner.
//
//	claimed   a goroutine writes the slot, between claim and release
//	watched   no goroutine writes it, and it may hold wakers: finishing wakes them
//	finished  while not claimed: the runner has taken the wakers out and has woken them
//
// A goroutine that claimed the slot before the task finished and releases it afterwards wakes the wakers
// itself, since finishing did not see watched.

// Watch arranges for w to be woken when the task finishes, and returns true. If the task has finished, it
// returns false and does not keep w. Any number of wakers may watch, at the same cost each; a waker that
// watches already is not added again. They are woken in the order in which they came. Any goroutine.
func (t *Task) Watch(w core.Waker) bool {
	if !t.claim() {
		return false
	}
	added := t.joiners.Add(w)
	if t.release() {
		return true
	}
	if added { // the result says that the task has finished, so w must not be woken as well
		t.joiners.Remove(w)
	}
	t.joiners.TakeAll().Wake()
	return false
}

// Unwatch takes w back. A watcher that stops waiting while the task runs on calls it, so that the task does not
// collect useless wakers. It reports whether w was there and will not be woken for this watch. Any goroutine.
func (t *Task) Unwatch(w core.Waker) bool { return t.claim() && t.removeJoiner(w) }

// removeJoiner is Unwatch with the slot claimed.
func (t *Task) removeJoiner(w core.Waker) bool {
	removed := t.joiners.Remove(w)
	if !t.release() {
		t.joiners.TakeAll().Wake()
	}
	return removed
}

// WatchShared is Watch for a waker of type W that several users share, so that t needs only one of its type: it
// returns the W that watches already, or makes one that does. ok is false if the task has finished, and w is
// the zero W then. If one user takes the W back with Unwatch, the others lose it too. Any goroutine.
func WatchShared[W core.Waker](t *Task, make func() W) (w W, ok bool) {
	if !t.claim() {
		return w, false
	}
	w, found := findShared[W](&t.joiners)
	if !found {
		w = make()
		t.joiners.addShared(w)
	}
	if t.release() {
		return w, true
	}
	if !found {
		t.joiners.Remove(w)
	}
	t.joiners.TakeAll().Wake()
	var none W
	return none, false
}

// A Bystander is a waker for the end of a task that does not learn how the task ended: it is no join. The panic
// of a task that only bystanders watch is reported as the panic of a task without a joiner.
type Bystander interface {
	core.Waker
	// Bystander does nothing.
	Bystander()
}

// A Watcher is a waker for the end of a task that keeps account of it for others, such as the child of a group. A
// coroutine whose body has ended may not run code of a program, as a waker may be: so it calls Ended and lets the worker
// wake.
type Watcher interface {
	core.Waker
	// Ended does what Wake does, and returns the wakers that Wake wakes. It is called instead of Wake, and runs no
	// code of a program.
	Ended() WakerSet
}

// Joined reports whether a join waits for the task: a waker that is neither a [Bystander] nor finished. A host
// calls it in TaskPanicked to learn whether the panic will be seen. Any goroutine.
func (v *HostView) Joined() bool {
	t := (*Task)(v)
	if !t.claim() {
		return false
	}
	joined := t.joiners.contains(isJoin)
	if !t.release() {
		t.joiners.TakeAll().Wake()
	}
	return joined
}

func isJoin(w core.Waker) bool {
	if _, ok := w.(Bystander); ok {
		return false
	}
	return !isOver(w)
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
		runtime.Gosched() // another goroutine writes the slot, for a few instructions
	}
}

// release ends a claim of the join slot. It returns false if the task has finished meanwhile. Finishing
// has not woken the wakers then; the slot belongs to the caller from now on, and the caller wakes them.
func (t *Task) release() bool { return t.word.transition(evRelease) != actOutput }
