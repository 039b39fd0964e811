package task

import "sync/atomic"

// An atomicWord holds the word. After birth, every write is a compare-and-swap.
//
// The zero atomicWord is that of a task that was just made: v is the word with the bits of newborn inverted. So the
// spawn of a task saves a store, and an atomic store costs about as much as a swap.
type atomicWord struct{ v atomic.Uint32 }

const newborn = word(Scheduled)

func (a *atomicWord) load() word { return word(a.v.Load()) ^ newborn }

// birth is the only plain store: no other goroutine has seen the word yet. A word that is newborn needs none.
func (a *atomicWord) birth(w word) { a.v.Store(uint32(w ^ newborn)) }

// Every swap starts from a value that its caller has just loaded. A test makes the swap fail by passing an older
// value. The functions that apply an event load the word again then.

// transition applies e and returns what the caller must do next.
func (a *atomicWord) transition(e event) action { return a.transitionFrom(a.load(), e) }

func (a *atomicWord) transitionFrom(old word, e event) action {
	for {
		w, act := next(old, e)
		if w == old || a.swap(old, w) {
			return act
		}
		old = a.load()
	}
}

func (a *atomicWord) swap(old, w word) bool {
	return a.v.CompareAndSwap(uint32(old^newborn), uint32(w^newborn))
}

// The transitions that nearly every poll makes are single swaps between known words. These functions make them and are
// inlined. They return false if the word is another one or the swap has failed; the caller then uses next. A test
// compares each of them with next.

// wakeIdle is evWake of a task that is Idle: actPush.
func (a *atomicWord) wakeIdle() bool { return a.wakeIdleFrom(a.load()) }

func (a *atomicWord) wakeIdleFrom(old word) bool {
	return old.state() == Idle && a.swap(old, old.to(Scheduled))
}

// wake applies evWake. A wake that changes nothing still swaps the word for itself, unless the
// task has finished: a wake that finds the task Scheduled must be ordered before the next poll, and
// only a write that the runner's swap reads orders it.
func (a *atomicWord) wake() action { return a.wakeFrom(a.load()) }

func (a *atomicWord) wakeFrom(old word) action {
	for {
		w, act := nextWake(old)
		if old.has(finished) || a.swap(old, w) {
			return act
		}
		old = a.load()
	}
}

// runUnaborted is evRun of a task that was not aborted: actPoll.
func (a *atomicWord) runUnaborted() bool { return a.runUnabortedFrom(a.load()) }

func (a *atomicWord) runUnabortedFrom(old word) bool {
	return old&(stateMask|abortRequested) == word(Scheduled) && a.swap(old, old.to(Running))
}

// runAborted is evRun of a task that was aborted and is not graceful: actDrop.
func (a *atomicWord) runAborted() bool { return a.runAbortedFrom(a.load()) }

func (a *atomicWord) runAbortedFrom(old word) bool {
	return old&(stateMask|abortRequested|graceful|unwinding) == word(Scheduled)|abortRequested && a.swap(old, old.to(Cancelled))
}

// abortIdle is evAbort of a task that is Idle and was not aborted: actAbortPush.
func (a *atomicWord) abortIdle() bool { return a.abortIdleFrom(a.load()) }

func (a *atomicWord) abortIdleFrom(old word) bool {
	return old&(stateMask|abortRequested) == word(Idle) && a.swap(old, old.to(Scheduled)|abortRequested)
}

// pendUndisturbed is evPending of a task to which nothing happened during its poll: actNone.
func (a *atomicWord) pendUndisturbed() bool { return a.pendUndisturbedFrom(a.load()) }

func (a *atomicWord) pendUndisturbedFrom(old word) bool {
	return old&(stateMask|abortRequested|notified) == word(Running) && a.swap(old, old.to(Idle))
}

// yieldUndisturbed is evYield of a task to which nothing else happened during its poll: actPush.
func (a *atomicWord) yieldUndisturbed() bool { return a.yieldUndisturbedFrom(a.load()) }

func (a *atomicWord) yieldUndisturbedFrom(old word) bool {
	return old&(stateMask|abortRequested|notified) == word(Running) && a.swap(old, old.to(Scheduled))
}

// end applies evReady or evPanic (Completed), or evCancelled (Cancelled).
func (a *atomicWord) end(s State) action { return a.endFrom(a.load(), s) }

func (a *atomicWord) endFrom(old word, s State) action {
	for {
		w, act := nextEnd(old, s)
		if act == actInvalid || a.swap(old, w) {
			return act
		}
		old = a.load()
	}
}

// finish applies evFinish.
func (a *atomicWord) finish() action { return a.finishFrom(a.load()) }

func (a *atomicWord) finishFrom(old word) action {
	for {
		w, act := nextFinish(old)
		if act == actInvalid || a.swap(old, w) {
			return act
		}
		old = a.load()
	}
}

// take applies evTake.
func (a *atomicWord) take() action { return a.takeFrom(a.load()) }

func (a *atomicWord) takeFrom(old word) action {
	for {
		w, act := nextTake(old)
		if w == old || a.swap(old, w) {
			return act
		}
		old = a.load()
	}
}
