package task

// What the tests of the state machine need of state.go.

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
	EvWatch     = evWatch
	EvTake      = evTake
	Events      = int(evTake) + 1

	ActNone          = actNone
	ActPush          = actPush
	ActAbortPush     = actAbortPush
	ActAbortMark     = actAbortMark
	ActPoll          = actPoll
	ActUnwind        = actUnwind
	ActDrop          = actDrop
	ActWakeJoiner    = actWakeJoiner
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
	"finish", "kill", "claim", "watch", "take"}

var actionNames = [...]string{"none", "push", "abort: push", "abort: mark", "poll", "unwind",
	"drop", "wake joiner", "output", "retry", "pending", "already joined", "invalid"}

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

// Chunks is how many chunks the set keeps.
func (s *Set) Chunks() int { return len(s.chunks) }
