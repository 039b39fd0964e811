package task_test

import (
	"fmt"
	"strings"

	"github.com/moduvex/moduvex-go/core/task"
)

// A model is a task and those around it, as far as the state machine is concerned. Each agent is a
// small machine whose steps are atomic: either one transition of the word, or one effect on memory
// that the word has to protect (a poll, a drop, the output, the join slot, a queue). An effect is
// under way in the state that precedes its step, so two agents that stand before conflicting
// effects are a data race.
type model struct {
	name                               string
	wakers, aborters, joiners, runners int
	graceful                           bool // the task is a graceful one
	kill                               bool // the host may close and kill the task
	next                               func(task.Word, task.Event) (task.Word, task.Action)
	torn                               task.Event                           // of a runner: stored without a compare; 0 for none
	leavers                            bool                                 // joiners that wait may give up
	leave                              func(s *state, j *joiner, own uint8) // what one that gives up does to the slot
	made                               *made                                // if not nil, gathers the transitions made
}

// made says of which word and event a transition was made.
type made [1 << task.WordBits][task.Events]bool

// A state is everything that decides what may happen, with notes on what did.
type state struct {
	word     task.Word
	queued   uint8 // how many times the task is in a queue
	closed   bool  // the host takes nothing any more
	slot     uint8 // whose wakers the join slot holds: a bit for each joiner
	wakers   [3]uint8
	aborters [2]uint8
	joiners  [2]joiner
	runners  [2]runner

	// What has happened. No agent looks at it, only the laws do.
	polled    bool // the future was polled
	wakeOwed  bool // a wake came after the last poll began
	aborted   bool // an abort took
	abortOwed bool // and has had no effect yet
	told      bool // a graceful future was told of its abort
	ended     bool // the future has answered or unwound
	dropped   bool // or was dropped
	stored    bool // the output is there
	taken     bool // and went to a joiner

	broken law // the first law that was broken on the way here
}

// A waker calls Wake once.
const (
	wakeStart uint8 = iota
	wakePush
	wakeOver
)

// An aborter calls Abort once.
const (
	abortStart    uint8 = iota
	abortTell           // call Aborted
	abortTellPush       // call Aborted, then push
	abortPush
	abortOver
)

// A joiner is a task that polls a JoinHandle until it has an answer, or until it gives up.
type joiner struct {
	at         uint8
	before     uint8 // whom it found in the slot, or left in it
	wakes      uint8 // how often it was woken
	registered bool  // Watch answered true, and Unwatch has not taken that back
	resumed    bool  // its wake has made it poll again
	spurious   bool  // it has polled again for another reason
}

const (
	joinTake   uint8 = iota // Take, first
	joinClaim               // Watch: claim the slot
	joinWrite               // write it
	joinWatch               // let it go
	joinWake                // finished in between: wake those that were in it before
	joinWait                // parked
	joinRetake              // Take, having been told that there is an output
	joinRead                // the output is this one's
	joinOver
	joinLeave     // Unwatch: claim the slot
	joinRemove    // take its own waker out
	joinRelease   // let it go
	joinLeaveWake // finished in between: wake those that are left
	joinGone
)

// A runner is a worker.
type runner struct {
	at    uint8
	event task.Event // with which a poll, a drop or an output ends; the torn one
	act   task.Action
	saved task.Word // what a torn event will store
}

const (
	runIdle    uint8 = iota
	runTaken         // it has the task from a queue
	runPoll          // polling
	runPended        // the poll answered pending
	runDrop          // dropping the future
	runStore         // storing the output, or the error
	runEnd           // the end event comes next
	runWake          // waking what the slot holds
	runRequeue       // pushing the task after it was woken in the poll
	runKill          // the host is closed; this one kills
	runTorn          // between the load and the store of a torn event
	runOff           // gone
)

// birth is the state in which a task is spawned.
func (m *model) birth() state {
	s := state{word: task.Word(task.Scheduled), queued: 1}
	if m.graceful {
		s.word |= task.Graceful
	}
	for i := m.wakers; i < len(s.wakers); i++ {
		s.wakers[i] = wakeOver
	}
	for i := m.aborters; i < len(s.aborters); i++ {
		s.aborters[i] = abortOver
	}
	for i := m.joiners; i < len(s.joiners); i++ {
		s.joiners[i].at = joinOver
	}
	for i := m.runners; i < len(s.runners); i++ {
		s.runners[i].at = runOff
	}
	return s
}

// steps calls visit with each state that can follow s, and what was done.
func (m *model) steps(s state, visit func(what string, s state)) {
	for i := range s.wakers {
		m.stepWaker(s, i, visit)
	}
	for i := range s.aborters {
		m.stepAborter(s, i, visit)
	}
	for i := range s.joiners {
		m.stepJoiner(s, i, visit)
	}
	for i := range s.runners {
		m.stepRunner(s, i, visit)
	}
}

func (m *model) stepWaker(s state, i int, visit func(string, state)) {
	switch at := &s.wakers[i]; *at {
	case wakeStart:
		*at = wakeOver
		if m.apply(&s, task.EvWake) == task.ActPush {
			*at = wakePush
		}
		visit("waker: wake", s)
	case wakePush:
		*at = wakeOver
		s.push()
		visit("waker: push", s)
	}
}

func (m *model) stepAborter(s state, i int, visit func(string, state)) {
	switch at := &s.aborters[i]; *at {
	case abortStart:
		*at = abortOver
		switch act := m.apply(&s, task.EvAbort); {
		case act == task.ActAbortPush && m.graceful:
			*at = abortTellPush
		case act == task.ActAbortPush:
			*at = abortPush
		case act == task.ActAbortMark && m.graceful:
			*at = abortTell
		}
		visit("aborter: abort", s)
	case abortTellPush:
		*at = abortPush
		visit("aborter: tell the body", s)
	case abortTell:
		*at = abortOver
		visit("aborter: tell the body", s)
	case abortPush:
		*at = abortOver
		s.push()
		visit("aborter: push", s)
	}
}

func (m *model) stepJoiner(s state, i int, visit func(string, state)) {
	j := &s.joiners[i]
	bit := uint8(1) << i
	switch j.at {
	case joinTake, joinRetake:
		switch m.apply(&s, task.EvTake) {
		case task.ActOutput:
			j.at = joinRead
		case task.ActAlreadyJoined:
			j.at = joinOver
		default:
			if j.at == joinRetake {
				s.breaks(lawJoin) // it was told that there is an output
			}
			j.at = joinClaim
		}
		visit("joiner: take", s)
	case joinRead:
		if s.taken {
			s.breaks(lawTakeOnce)
		}
		s.taken = true
		j.at = joinOver
		visit("joiner: read the output", s)
	case joinClaim:
		switch m.apply(&s, task.EvClaim) {
		case task.ActOutput:
			j.at = joinRetake
		case task.ActNone:
			j.at = joinWrite
		} // else it tries again
		visit("joiner: claim", s)
	case joinWrite:
		j.before = s.slot
		s.slot |= bit
		j.at = joinWatch
		visit("joiner: write the slot", s)
	case joinWatch:
		if m.apply(&s, task.EvRelease) == task.ActOutput {
			j.at = joinWake
		} else {
			j.at, j.registered, j.before = joinWait, true, 0
		}
		visit("joiner: watch", s)
	case joinWake:
		s.slot = 0
		s.wakeJoiners(j.before)
		j.at, j.before = joinRetake, 0
		visit("joiner: wake the others", s)
	case joinWait:
		if j.wakes > 0 && !j.resumed {
			s := s
			s.joiners[i].at, s.joiners[i].resumed = joinTake, true
			visit("joiner: woken", s)
		}
		if !j.spurious {
			s := s
			s.joiners[i].at, s.joiners[i].spurious = joinTake, true
			visit("joiner: polled for another reason", s)
		}
		if m.leavers {
			s := s
			s.joiners[i].at = joinLeave
			visit("joiner: gives up", s)
		}
	default:
		m.stepLeaver(s, i, visit)
	}
}

// stepLeaver is a joiner that has given up.
func (m *model) stepLeaver(s state, i int, visit func(string, state)) {
	j := &s.joiners[i]
	switch j.at {
	case joinLeave:
		switch m.apply(&s, task.EvClaim) {
		case task.ActOutput:
			j.at = joinGone // and woken by who has finished the task
		case task.ActNone:
			j.at = joinRemove
		} // else it tries again
		visit("leaver: claim", s)
	case joinRemove:
		m.leave(&s, j, 1<<i)
		j.at, j.registered = joinRelease, false
		visit("leaver: take its waker out of the slot", s)
	case joinRelease:
		if m.apply(&s, task.EvRelease) == task.ActOutput {
			j.at = joinLeaveWake
		} else {
			j.at, j.before = joinGone, 0
		}
		visit("leaver: release", s)
	case joinLeaveWake:
		s.slot = 0
		s.wakeJoiners(j.before)
		j.at, j.before = joinGone, 0
		visit("leaver: wake the others", s)
	}
}

// removeOwn takes its own waker out of the slot, and no other.
func removeOwn(s *state, j *joiner, own uint8) {
	s.slot &^= own
	j.before = s.slot
}

func (m *model) stepRunner(s state, i int, visit func(string, state)) {
	r := &s.runners[i]
	goOn := func(what string, change func(s *state, r *runner)) {
		s := s
		change(&s, &s.runners[i])
		visit("runner: "+what, s)
	}
	switch r.at {
	case runIdle:
		if s.queued > 0 {
			goOn("take from the queue", func(s *state, r *runner) { s.queued--; r.at = runTaken })
		}
		if m.kill && s.allIdle() {
			goOn("close", func(s *state, r *runner) {
				s.closed = true // what is in the queue stays there until it is killed
				for i := range s.runners {
					s.runners[i].at = runOff
				}
				r.at = runKill
			})
		}
	case runTaken:
		goOn("run", func(s *state, r *runner) { m.fire(s, r, task.EvRun) })
	case runKill:
		goOn("kill", func(s *state, r *runner) { m.fire(s, r, task.EvKill) })
	case runPoll:
		goOn("poll: pending", func(_ *state, r *runner) { r.to(runPended, task.EvPending) })
		goOn("poll: pending, yields", func(s *state, r *runner) { s.wakeOwed = true; r.to(runPended, task.EvYield) })
		goOn("poll: ready", func(s *state, r *runner) { s.ended = true; r.to(runStore, task.EvReady) })
		goOn("poll: panic", func(_ *state, r *runner) { r.to(runDrop, task.EvPanic) })
		if m.graceful && s.word.Has(task.AbortRequested) {
			goOn("poll: unwound", func(s *state, r *runner) { s.ended = true; r.to(runStore, task.EvCancelled) })
		}
	case runPended:
		goOn("pending", func(s *state, r *runner) { m.fire(s, r, r.event) })
	case runDrop:
		goOn("drop", func(s *state, r *runner) { s.drop(); r.at = runStore })
	case runStore:
		goOn("store", func(s *state, r *runner) { s.stored = true; r.at = runEnd })
	case runEnd:
		goOn("end", func(s *state, r *runner) { m.fire(s, r, r.event) })
	case runWake:
		goOn("wake the joiners", func(s *state, r *runner) { s.wakeJoiners(s.slot); s.slot = 0; r.rest(s) })
	case runRequeue:
		goOn("push", func(s *state, r *runner) { s.push(); r.rest(s) })
	case runTorn:
		goOn("store without a compare", func(s *state, r *runner) {
			old := s.word
			s.word = r.saved
			s.note(old, r.event, r.act)
			m.dispatch(s, r, r.event, r.act)
		})
	}
}

func (r *runner) to(at uint8, e task.Event) { r.at, r.event = at, e }

func (r *runner) rest(s *state) {
	*r = runner{at: runIdle}
	if s.closed && s.queued == 0 {
		r.at = runOff
	}
}

// fire is an event of a runner: one step, or two if it is torn.
func (m *model) fire(s *state, r *runner, e task.Event) {
	if e == m.torn && m.torn != 0 {
		r.event = e
		r.saved, r.act = m.next(s.word, e)
		r.at = runTorn
		return
	}
	m.dispatch(s, r, e, m.apply(s, e))
}

// dispatch does what the action says.
func (m *model) dispatch(s *state, r *runner, e task.Event, act task.Action) {
	switch act {
	case task.ActPoll, task.ActUnwind:
		*r = runner{at: runPoll}
	case task.ActDrop:
		if m.graceful && e != task.EvKill {
			s.breaks(lawUnwind)
		}
		*r = runner{at: runDrop, event: task.EvFinish}
	case task.ActPush:
		*r = runner{at: runRequeue}
	case task.ActWakeJoiners:
		*r = runner{at: runWake}
	default:
		r.rest(s)
	}
}

// apply is a transition as state.go makes it: a compare-and-swap, so one step.
func (m *model) apply(s *state, e task.Event) task.Action {
	old := s.word
	if m.made != nil {
		m.made[old][e] = true
	}
	w, act := m.next(old, e)
	s.word = w
	s.note(old, e, act)
	return act
}

func (s *state) push() {
	if !s.closed {
		s.queued++
	}
}

func (s *state) drop() {
	switch {
	case s.dropped:
		s.breaks(lawDropOnce)
	case s.ended:
		s.breaks(lawDropReady)
	}
	s.dropped = true
}

func (s *state) wakeJoiners(whom uint8) {
	for i := range s.joiners {
		if whom&(1<<i) != 0 {
			s.joiners[i].wakes++
		}
	}
}

func (s *state) allIdle() bool {
	for _, r := range s.runners {
		if r.at != runIdle && r.at != runOff {
			return false
		}
	}
	return !s.closed
}

// String is for traces.
func (s state) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v", s.word.State())
	for i, name := range [...]string{"notified", "abort", "graceful", "unwinding", "finished", "claimed", "watched", "taken"} {
		if s.word.Has(1 << (3 + i)) {
			fmt.Fprintf(&b, "+%s", name)
		}
	}
	fmt.Fprintf(&b, ", queued %d, slot %02b", s.queued, s.slot)
	return b.String()
}
