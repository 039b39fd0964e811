package task_test

import (
	"fmt"
	"strings"

	"github.com/moduvex/moduvex-go/core/task"
)

// A model is a task and its agents, as far as the state machine is concerned. Each agent is a
// small machine whose steps are atomic: either one transition of the word, or one effect on memory
// that the word has to protect (a poll, a drop, the output, the join slot, a queue). An effect is
// under way in the state that precedes its step, so two agents whose next steps are conflicting
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

// made records the words and events of which a transition was made.
type made [1 << task.WordBits][task.Events]bool

// A state is everything that decides which steps are possible, with notes on what has happened.
type state struct {
	word     task.Word
	queued   uint8 // how many times the task is in a queue
	closed   bool  // the host takes nothing any more
	slot     uint8 // whose wakers the join slot holds: a bit for each joiner
	wakers   [3]uint8
	aborters [2]uint8
	joiners  [2]joiner
	runners  [2]runner

	// What has happened. Only the laws read it, no agent does.
	polled    bool // the future was polled
	wakeOwed  bool // a wake came after the last poll began
	aborted   bool // an abort took
	abortOwed bool // and has had no effect yet
	told      bool // a graceful future was told of its abort
	ended     bool // the future has completed or unwound
	dropped   bool // or was dropped
	stored    bool // the output is stored
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

// A joiner is a task that polls a JoinHandle until that completes, or until it gives up.
type joiner struct {
	at         uint8
	before     uint8 // whom it found in the slot, or left in it
	wakes      uint8 // how often it was woken
	registered bool  // Watch returned true, and Unwatch has not taken that back
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
	runPended        // the poll returned pending
	runDrop          // dropping the future
	runStore         // storing the output, or the error
	runEnd           // the end event comes next
	runWake          // waking what the slot holds
	runRequeue       // pushing the task after it was woken in the poll
	runKill          // the host is closed; this one kills
	runTorn          // between the load and the store of a torn event
	runOff           // gone
)

// Birth implements explore.Model: the task is spawned.
func (m *model) Birth() state {
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

// A stepVisitor is called with an agent, its step, and the state that follows.
type stepVisitor func(agent, step string, next state)

// Steps implements explore.Model.
func (m *model) Steps(s state, visit func(agent, step string, next state)) {
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

// apply is a transition as word.go makes it: a compare-and-swap, so one step.
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
