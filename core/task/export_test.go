package task

import "github.com/moduvex/moduvex-go/core"

// What the tests of the state machine need of state.go and word.go.

type (
	Word   = word
	Event  = event
	Action = action
)

const (
	Notified       = notified
	AbortRequested = abortRequested
	Graceful       = graceful
	Unwinding      = unwinding
	Finished       = finished
	Claimed        = claimed
	Watched        = watched
	Taken          = taken

	WordBits = 11 // below are all flags

	EvWake      = evWake
	EvAbort     = evAbort
	EvRun       = evRun
	EvPending   = evPending
	EvYield     = evYield
	EvReady     = evReady
	EvCancelled = evCancelled
	EvPanic     = evPanic
	EvFinish    = evFinish
	EvKill      = evKill
	EvClaim     = evClaim
	EvRelease   = evRelease
	EvTake      = evTake
	Events      = int(evTake) + 1

	ActNone          = actNone
	ActPush          = actPush
	ActAbortPush     = actAbortPush
	ActAbortMark     = actAbortMark
	ActPoll          = actPoll
	ActUnwind        = actUnwind
	ActDrop          = actDrop
	ActWakeJoiners   = actWakeJoiners
	ActOutput        = actOutput
	ActRetry         = actRetry
	ActPending       = actPending
	ActAlreadyJoined = actAlreadyJoined
	ActInvalid       = actInvalid
)

var Next = next

func (w word) State() State     { return w.state() }
func (w word) Has(f Word) bool  { return w.has(f) }
func (w word) To(s State) Word  { return w.to(s) }
func (e event) String() string  { return eventNames[e] }
func (a action) String() string { return actionNames[a] }

var eventNames = [...]string{"wake", "abort", "run", "pending", "yield", "ready", "cancelled", "panic",
	"finish", "kill", "claim", "release", "take"}

var actionNames = [...]string{"none", "push", "abort: push", "abort: mark", "poll", "unwind",
	"drop", "wake joiners", "output", "retry", "pending", "already joined", "invalid"}

// AtomicWord is the word as a Task has it.
type AtomicWord struct{ w atomicWord }

func (a *AtomicWord) Birth(w Word) { a.w.birth(w) }
func (a *AtomicWord) Load() Word   { return a.w.load() }

// Apply makes the transition of e in the way that a Task does.
func (a *AtomicWord) Apply(e Event) Action {
	switch e {
	case evWake:
		if a.w.wakeIdle() {
			return actPush
		}
		return a.w.wake()
	case evRun:
		if a.w.runUnaborted() {
			return actPoll
		}
		if a.w.runAborted() {
			return actDrop
		}
	case evAbort:
		if a.w.abortIdle() {
			return actAbortPush
		}
	case evFinish:
		return a.w.finish()
	case evTake:
		return a.w.take()
	case evPending:
		if a.w.pendUndisturbed() {
			return actNone
		}
	case evYield:
		if a.w.yieldUndisturbed() {
			return actPush
		}
	case evReady:
		return a.w.end(Completed)
	case evCancelled:
		return a.w.end(Cancelled)
	}
	return a.w.transition(e)
}

// ApplyFrom is Apply of an actor that has loaded the word while it was old.
func (a *AtomicWord) ApplyFrom(old Word, e Event) Action {
	switch e {
	case evWake:
		if a.w.wakeIdleFrom(old) {
			return actPush
		}
		return a.w.wakeFrom(old)
	case evRun:
		if a.w.runUnabortedFrom(old) {
			return actPoll
		}
		if a.w.runAbortedFrom(old) {
			return actDrop
		}
	case evAbort:
		if a.w.abortIdleFrom(old) {
			return actAbortPush
		}
	case evFinish:
		return a.w.finishFrom(old)
	case evTake:
		return a.w.takeFrom(old)
	case evPending:
		if a.w.pendUndisturbedFrom(old) {
			return actNone
		}
	case evYield:
		if a.w.yieldUndisturbedFrom(old) {
			return actPush
		}
	case evReady:
		return a.w.endFrom(old, Completed)
	case evCancelled:
		return a.w.endFrom(old, Cancelled)
	}
	return a.w.transitionFrom(old, e)
}

// Head is what a pusher loads, and PushOn the Push of one that has loaded old.
func (in *Inbox) Head() *Task                           { return in.head.Load() }
func (in *Inbox) PushOn(old, t *Task) (notify, ok bool) { return in.pushOn(old, t) }

// Behind is the task that t leads to where it is in a queue, or nil.
func (t *Task) Behind() *Task { return t.next }

// Chunks is how many chunks the set keeps.
func (s *Set) Chunks() int { return len(s.chunks) }

// Invariant returns what is wrong with the set's bookkeeping, or "".
func (s *WakerSet) Invariant() string {
	l, ok := s.slot.(*wakerList)
	if !ok {
		return ""
	}
	switch {
	case l.indexes == nil && len(l.wakers) > fewWakers:
		return "many wakers are searched one by one"
	case l.indexes == nil && l.gaps != 0:
		return "there are gaps without indexes"
	case l.indexes != nil && len(l.indexes) != len(l.wakers)-l.gaps:
		return "there are not as many indexes as wakers"
	case l.gaps > len(l.wakers)/2:
		return "most of the list is gaps"
	}
	for i, w := range l.wakers {
		if w == nil {
			if l.gaps == 0 {
				return "there is a gap that is not counted"
			}
		} else if at, ok := l.indexes[w]; l.indexes != nil && (!ok || at != i) {
			return "a waker is not at its index"
		}
	}
	return ""
}

// Room is how many wakers fit without a move.
func (s *WakerSet) Room() int {
	if l, ok := s.slot.(*wakerList); ok {
		return cap(l.wakers)
	}
	return 1
}

const FewWakers = fewWakers

// Claim is the first half of Watch and Unwatch, UnwatchClaimed the second of Unwatch.
func (t *Task) Claim() bool                 { return t.claim() }
func (t *Task) UnwatchClaimed(w core.Waker) { t.removeJoiner(w) }
