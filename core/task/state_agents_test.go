package task_test

import (
	"github.com/moduvex/moduvex-go/core/task"
)

func (m *model) stepWaker(s state, i int, visit stepVisitor) {
	switch at := &s.wakers[i]; *at {
	case wakeStart:
		*at = wakeOver
		if m.apply(&s, task.EvWake) == task.ActPush {
			*at = wakePush
		}
		visit("waker", "wake", s)
	case wakePush:
		*at = wakeOver
		s.push()
		visit("waker", "push", s)
	}
}

func (m *model) stepAborter(s state, i int, visit stepVisitor) {
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
		visit("aborter", "abort", s)
	case abortTellPush:
		*at = abortPush
		visit("aborter", "tell the body", s)
	case abortTell:
		*at = abortOver
		visit("aborter", "tell the body", s)
	case abortPush:
		*at = abortOver
		s.push()
		visit("aborter", "push", s)
	}
}

func (m *model) stepJoiner(s state, i int, visit stepVisitor) {
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
		visit("joiner", "take", s)
	case joinRead:
		if s.taken {
			s.breaks(lawTakeOnce)
		}
		s.taken = true
		j.at = joinOver
		visit("joiner", "read the output", s)
	case joinClaim:
		switch m.apply(&s, task.EvClaim) {
		case task.ActOutput:
			j.at = joinRetake
		case task.ActNone:
			j.at = joinWrite
		} // else it tries again
		visit("joiner", "claim", s)
	case joinWrite:
		j.before = s.slot
		s.slot |= bit
		j.at = joinWatch
		visit("joiner", "write the slot", s)
	case joinWatch:
		if m.apply(&s, task.EvRelease) == task.ActOutput {
			j.at = joinWake
		} else {
			j.at, j.registered, j.before = joinWait, true, 0
		}
		visit("joiner", "watch", s)
	case joinWake:
		s.slot = 0
		s.wakeJoiners(j.before)
		j.at, j.before = joinRetake, 0
		visit("joiner", "wake the others", s)
	case joinWait:
		if j.wakes > 0 && !j.resumed {
			s := s
			s.joiners[i].at, s.joiners[i].resumed = joinTake, true
			visit("joiner", "woken", s)
		}
		if !j.spurious {
			s := s
			s.joiners[i].at, s.joiners[i].spurious = joinTake, true
			visit("joiner", "polled for another reason", s)
		}
		if m.leavers {
			s := s
			s.joiners[i].at = joinLeave
			visit("joiner", "gives up", s)
		}
	default:
		m.stepLeaver(s, i, visit)
	}
}

// stepLeaver is a joiner that has given up.
func (m *model) stepLeaver(s state, i int, visit stepVisitor) {
	j := &s.joiners[i]
	switch j.at {
	case joinLeave:
		switch m.apply(&s, task.EvClaim) {
		case task.ActOutput:
			j.at = joinGone // the runner that finished the task has woken it
		case task.ActNone:
			j.at = joinRemove
		} // else it tries again
		visit("leaver", "claim", s)
	case joinRemove:
		m.leave(&s, j, 1<<i)
		j.at, j.registered = joinRelease, false
		visit("leaver", "take its waker out of the slot", s)
	case joinRelease:
		if m.apply(&s, task.EvRelease) == task.ActOutput {
			j.at = joinLeaveWake
		} else {
			j.at, j.before = joinGone, 0
		}
		visit("leaver", "release", s)
	case joinLeaveWake:
		s.slot = 0
		s.wakeJoiners(j.before)
		j.at, j.before = joinGone, 0
		visit("leaver", "wake the others", s)
	}
}

// removeOwn takes its own waker out of the slot, and no other.
func removeOwn(s *state, j *joiner, own uint8) {
	s.slot &^= own
	j.before = s.slot
}

func (m *model) stepRunner(s state, i int, visit stepVisitor) {
	r := &s.runners[i]
	goOn := func(what string, change func(s *state, r *runner)) {
		s := s
		change(&s, &s.runners[i])
		visit("runner", ""+what, s)
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
