package task

// A State is where a task is in its life cycle; the package comment has the picture.
type State uint8

const (
	// Idle: in no queue. A wake or an abort will schedule it.
	Idle State = iota
	// Scheduled: in exactly one queue.
	Scheduled
	// Running: a worker is polling the future.
	Running
	// Completed: the future returned its value or panicked.
	Completed
	// Cancelled: the task was aborted, or given up by its host; its future was dropped or is about to be.
	Cancelled
)

// String returns the state's name.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "invalid"
}

var stateNames = [...]string{"idle", "scheduled", "running", "completed", "cancelled"}

// The word, from the low end:
//
//	bits 0-2  the State
//	bit 3     notified: woken while Running; the runner schedules it again
//	bit 4     abortRequested: Abort took effect; set once, never cleared
//	bit 5     graceful: set at birth; the body unwinds by being polled instead of being dropped
//	bit 6     unwinding: a graceful body was told of its abort
//	bit 7     finished: the output may be taken; set once, never cleared
//	bit 8     claimed: a joiner is writing the join slot
//	bit 9     watched: the join slot holds a waker that finishing has to wake
//	bit 10    taken: a joiner has the output
type word uint32

const (
	stateMask      word = 7
	notified       word = 1 << 3
	abortRequested word = 1 << 4
	graceful       word = 1 << 5
	unwinding      word = 1 << 6
	finished       word = 1 << 7
	claimed        word = 1 << 8
	watched        word = 1 << 9
	taken          word = 1 << 10
)

func (w word) state() State    { return State(w & stateMask) }
func (w word) has(f word) bool { return w&f != 0 }

// to changes the state and leaves the flags.
func (w word) to(s State) word { return w&^stateMask | word(s) }

// An event is something that happens to a task.
type event uint8

const (
	evWake      event = iota // a waker: Wake
	evAbort                  // an aborter: Abort
	evRun                    // the runner: it took the task from a queue
	evPending                // the runner: Poll returned pending
	evYield                  // the runner: Poll returned pending, and called Yield
	evReady                  // the runner: Poll returned ready, the output is stored
	evCancelled              // the runner: a graceful body has unwound
	evPanic                  // the runner: Poll panicked, the body is dropped, the error stored
	evFinish                 // the receiver of actDrop: the body is dropped
	evKill                   // the host, with every worker stopped, or a spawner: give the task up unpolled
	evClaim                  // a joiner is going to write the join slot
	evRelease                // a joiner has written it
	evTake                   // a joiner takes the output
)

// An action is what the caller of a transition must do next.
type action uint8

const (
	actNone          action = iota
	actPush                 // put the task into a queue
	actAbortPush            // the abort took effect: tell the body, put the task into a queue
	actAbortMark            // the abort took effect: tell the body; the runner does the rest
	actPoll                 // poll the body
	actUnwind               // tell the graceful body that it is aborted, and poll it
	actDrop                 // drop the body, then evFinish
	actWakeJoiners          // wake what the join slot holds, once
	actOutput               // claim, release: the task has finished; take: the output is the caller's
	actRetry                // another joiner is writing the slot at this instant
	actPending              // take: not finished yet
	actAlreadyJoined        // take: the output went to another joiner
	actInvalid              // the caller broke an invariant
)

// next is the whole life cycle as a pure function. In the table, abort is short for abortRequested.
//
//	| from                              | event     | to                    | action                |
//	|-----------------------------------|-----------|-----------------------|-----------------------|
//	| Idle                              | wake      | Scheduled             | push                  |
//	| Scheduled                         | wake      | same                  | none                  |
//	| Running                           | wake      | +notified             | none                  |
//	| Idle                              | abort     | Scheduled+abort       | tell the body, push   |
//	| Scheduled, Running                | abort     | +abort                | tell the body         |
//	| any +abort                        | abort     | same                  | none                  |
//	| Scheduled                         | run       | Running               | poll                  |
//	| Scheduled+abort                   | run       | Cancelled             | drop, then finish     |
//	| Scheduled+abort+graceful          | run       | Running+unwinding     | tell the body, poll   |
//	| Running                           | pending   | Idle                  | none                  |
//	| Running+notified                  | pending   | Scheduled             | push, once            |
//	| Running+abort                     | pending   | Cancelled             | drop, then finish     |
//	| Running+abort+graceful            | pending   | Scheduled             | push: the body was    |
//	|                                   |           |                       | not told yet          |
//	| Running+abort+graceful+unwinding  | pending   | as if without abort   |                       |
//	| Running                           | yield     | as pending if notified were set               |
//	| Running, any flag                 | ready     | Completed+finished    | wake the joiners      |
//	| Running, any flag                 | cancelled | Cancelled+finished    | wake the joiners      |
//	| Running, any flag                 | panic     | Completed+finished    | wake the joiners      |
//	| Cancelled, not finished           | finish    | +finished             | wake the joiners      |
//	| Idle, Scheduled                   | kill      | Cancelled+abort       | drop, then finish     |
//	| not finished, not claimed         | claim     | +claimed -watched     | none: write the slot  |
//	| not finished, claimed             | claim     | same                  | retry                 |
//	| finished                          | claim     | same                  | output: take it       |
//	| claimed, not finished             | release   | -claimed +watched     | none                  |
//	| claimed, finished                 | release   | -claimed              | wake the slot; output |
//	| not finished                      | take      | same                  | pending               |
//	| finished, not taken               | take      | +taken                | output                |
//	| finished, taken                   | take      | same                  | already joined        |
//	| Completed, Cancelled              | wake,     | same                  | none                  |
//	|                                   | abort,    |                       |                       |
//	|                                   | run, kill |                       |                       |
//
// Finishing wakes the joiners if and only if watched is set, and clears watched.
// These are illegal and return actInvalid: run of a task that is Running or Idle (it was in two queues, or
// in none); kill of a task that is Running; finish of a task that is not Cancelled or has finished; release
// without a claim; any other event of the runner on a task that is not Running.
//
// An abort drops the body, except that of a graceful task: a coroutine cannot be dropped without running its
// deferred functions, and those may await under a shield.
//
// Each event of a poll has a function, and so do the end of a drop and the take; nextRare has the other events.
func next(w word, e event) (word, action) {
	switch e {
	case evWake:
		return nextWake(w)
	case evRun:
		return nextRun(w)
	case evPending:
		return nextPending(w)
	case evYield:
		if w.state() != Running {
			return w, actInvalid
		}
		return nextPending(w | notified)
	case evReady, evPanic:
		return nextEnd(w, Completed)
	case evCancelled:
		return nextEnd(w, Cancelled)
	}
	return nextRare(w, e)
}

func nextWake(w word) (word, action) {
	switch w.state() {
	case Idle:
		return w.to(Scheduled), actPush
	case Running:
		return w | notified, actNone
	}
	return w, actNone
}

func nextRun(w word) (word, action) {
	switch s := w.state(); {
	case s == Completed || s == Cancelled:
		return w, actNone
	case s != Scheduled:
		return w, actInvalid
	case !w.has(abortRequested) || w.has(unwinding):
		return w.to(Running), actPoll
	case w.has(graceful):
		return w.to(Running) | unwinding, actUnwind
	}
	return w.to(Cancelled), actDrop
}

func nextPending(w word) (word, action) {
	aborted := w.has(abortRequested)
	switch {
	case w.state() != Running:
		return w, actInvalid
	case aborted && !w.has(graceful):
		return w.to(Cancelled) &^ notified, actDrop
	case w.has(notified) || aborted && !w.has(unwinding):
		return w.to(Scheduled) &^ notified, actPush
	}
	return w.to(Idle), actNone
}

func nextEnd(w word, s State) (word, action) {
	if w.state() != Running {
		return w, actInvalid
	}
	return finish(w.to(s) &^ notified)
}

// nextRare is the part of next that is off the path of a poll.
func nextRare(w word, e event) (word, action) {
	s := w.state()
	switch e {
	case evAbort:
		switch {
		case s == Completed || s == Cancelled || w.has(abortRequested):
			return w, actNone
		case s == Idle:
			return w.to(Scheduled) | abortRequested, actAbortPush
		}
		return w | abortRequested, actAbortMark
	case evKill:
		switch s {
		case Idle, Scheduled:
			return w.to(Cancelled) | abortRequested, actDrop
		case Running:
			return w, actInvalid
		}
		return w, actNone
	case evFinish:
		return nextFinish(w)
	case evClaim:
		switch {
		case w.has(finished):
			return w, actOutput
		case w.has(claimed):
			return w, actRetry
		}
		return w&^watched | claimed, actNone
	case evRelease:
		switch {
		case !w.has(claimed):
			return w, actInvalid
		case w.has(finished):
			return w &^ claimed, actOutput
		}
		return w&^claimed | watched, actNone
	case evTake:
		return nextTake(w)
	}
	return w, actInvalid
}

func nextFinish(w word) (word, action) {
	if w.state() != Cancelled || w.has(finished) {
		return w, actInvalid
	}
	return finish(w)
}

func nextTake(w word) (word, action) {
	switch {
	case !w.has(finished):
		return w, actPending
	case w.has(taken):
		return w, actAlreadyJoined
	}
	return w | taken, actOutput
}

func finish(w word) (word, action) {
	if w.has(watched) {
		return w&^watched | finished, actWakeJoiners
	}
	return w | finished, actNone
}
