package task_test

import "github.com/moduvex/moduvex-go/core/task"

// A law is a condition that every state and every step must meet.
type law uint8

const (
	kept law = iota
	lawValid
	lawFlags
	lawOver
	lawQueue
	lawWake
	lawExtraPoll
	lawAbort
	lawAbortOnce
	lawTold
	lawUnwind
	lawRunner
	lawDropAlone
	lawDropOnce
	lawDropReady
	lawJoinDrop
	lawJoin
	lawJoinWoken
	lawSlot
	lawOutput
	lawTakeOnce
	lawRefuse
	lawStuck
	lawCount
)

var lawNames = [lawCount]string{
	kept:         "none",
	lawValid:     "no event of an agent that keeps the rules is invalid",
	lawFlags:     "notified is for a running task, watched for an unfinished one",
	lawOver:      "a task that has ended changes no more",
	lawQueue:     "a task is in one queue, or about to be, or in none",
	lawWake:      "a wake leads to a poll",
	lawExtraPoll: "a poll has a reason: the first, a wake, or an abort to tell of",
	lawAbort:     "an abort takes effect",
	lawAbortOnce: "one abort takes",
	lawTold:      "a graceful future is told of its abort before it is polled again",
	lawUnwind:    "a graceful future is not dropped by an abort",
	lawRunner:    "one runner polls at a time",
	lawDropAlone: "no runner polls while another drops",
	lawDropOnce:  "a future is dropped once",
	lawDropReady: "a future that has completed is not dropped",
	lawJoinDrop:  "the join resolves after the future is gone",
	lawJoin:      "a joiner that is told of an output finds it",
	lawJoinWoken: "a joiner that watches is woken once, one that does not or gave up is not",
	lawSlot:      "one side at a time has the join slot",
	lawOutput:    "the output is stored before the join and used by one side at a time",
	lawTakeOnce:  "the output goes to one joiner",
	lawRefuse:    "what is illegal is refused",
	lawStuck:     "when nothing can happen any more, everything is resolved",
}

func (l law) String() string { return lawNames[l] }

// breaks notes that a law was broken, if it is the first.
func (s *state) breaks(l law) {
	if s.broken == kept {
		s.broken = l
	}
}

// note checks the laws of one transition and notes what it means.
func (s *state) note(old task.Word, e task.Event, act task.Action) {
	live := old.State() <= task.Running
	if act == task.ActInvalid {
		s.breaks(lawValid)
	}
	if !live && (e == task.EvWake || e == task.EvAbort || e == task.EvRun || e == task.EvKill) &&
		(s.word != old || act != task.ActNone) {
		s.breaks(lawOver)
	}
	switch e {
	case task.EvWake:
		s.wakeOwed = s.wakeOwed || live
	case task.EvAbort:
		took := act == task.ActAbortPush || act == task.ActAbortMark
		if took && s.aborted {
			s.breaks(lawAbortOnce)
		}
		if !took && live && !s.aborted {
			s.breaks(lawAbort)
		}
		s.aborted = s.aborted || took
		s.abortOwed = s.abortOwed || took
	case task.EvRun:
		s.noteRun(act)
	}
	if s.word.State() > task.Running {
		s.wakeOwed, s.abortOwed = false, false
	}
}

func (s *state) noteRun(act task.Action) {
	switch act {
	case task.ActPoll:
		switch {
		case s.aborted && !s.word.Has(task.Graceful):
			s.breaks(lawAbort)
		case s.aborted && !s.told:
			s.breaks(lawTold)
		case s.polled && !s.wakeOwed:
			s.breaks(lawExtraPoll)
		}
	case task.ActUnwind:
		if !s.aborted || s.told {
			s.breaks(lawTold)
		}
		s.told, s.abortOwed = true, false
	default:
		return
	}
	s.polled, s.wakeOwed = true, false
}

// census counts the agents whose next step is each kind of effect.
type census struct {
	holders int // of the task as something that is queued, or is about to be
	busy    int // runners that are not idle
	polls   int
	drops   int
	slot    int
	output  int
}

func (s *state) census() (c census) {
	c.holders = int(s.queued)
	for _, at := range s.wakers {
		if at == wakePush {
			c.holders++
		}
	}
	for _, at := range s.aborters {
		if at == abortPush || at == abortTellPush {
			c.holders++
		}
	}
	for _, j := range s.joiners {
		switch j.at {
		case joinWrite, joinWake, joinRemove, joinLeaveWake:
			c.slot++
		case joinRead:
			c.output++
		}
	}
	for _, r := range s.runners {
		if r.at != runIdle && r.at != runOff {
			c.busy++
		}
		switch r.at {
		case runTaken, runRequeue:
			c.holders++
		case runPoll:
			c.polls++
		case runDrop:
			c.drops++
		case runStore:
			c.output++
		case runWake:
			c.slot++
		}
	}
	return c
}

// Broken implements explore.Model.
func (m *model) Broken(s *state) law { return s.broken }

// Check implements explore.Model.
func (m *model) Check(s *state) {
	s.check()
	m.probe(s)
}

// check checks the laws of a state.
func (s *state) check() {
	c := s.census()
	gone := s.ended || s.dropped
	done := s.word.Has(task.Finished)
	for _, rule := range [...]struct {
		ok  bool
		law law
	}{
		{c.holders <= 1 || s.closed, lawQueue},
		{c.polls <= 1, lawRunner},
		{c.drops == 0 || c.drops+c.polls == 1, lawDropAlone},
		{c.slot <= 1, lawSlot},
		{c.output <= 1, lawOutput},
		{!done || gone, lawJoinDrop},
		{!done || s.stored, lawOutput},
		{!s.word.Has(task.Notified) || s.word.State() == task.Running, lawFlags},
		{!s.word.Has(task.Watched) || !done, lawFlags},
		{!s.wakeOwed || c.holders+c.busy > 0 || s.closed, lawWake},
		{!s.abortOwed || c.holders+c.busy > 0 || s.closed, lawAbort},
	} {
		if !rule.ok {
			s.breaks(rule.law)
		}
	}
	for _, j := range s.joiners {
		if j.wakes > 1 || j.wakes == 1 && !j.registered {
			s.breaks(lawJoinWoken)
		}
		if j.at == joinRead && !s.stored {
			s.breaks(lawOutput)
		}
	}
}

// probe checks that invalid events are refused: those of agents that do not have the task, which the
// model's agents never make.
func (m *model) probe(s *state) {
	now := s.word.State()
	for _, stray := range [...]struct {
		e       task.Event
		illegal bool
	}{
		{task.EvRun, now == task.Idle || now == task.Running},
		{task.EvKill, now == task.Running},
		{task.EvPending, now != task.Running},
		{task.EvYield, now != task.Running},
		{task.EvReady, now != task.Running},
		{task.EvPanic, now != task.Running},
		{task.EvCancelled, now != task.Running},
		{task.EvFinish, now != task.Cancelled || s.word.Has(task.Finished)},
		{task.EvRelease, !s.word.Has(task.Claimed)},
	} {
		if !stray.illegal {
			continue
		}
		if w, act := m.next(s.word, stray.e); w != s.word || act != task.ActInvalid {
			s.breaks(lawRefuse)
		}
	}
}

// CheckEnd implements explore.Model: it checks a state in which no step is possible any more.
func (m *model) CheckEnd(s *state) {
	done := s.word.Has(task.Finished)
	for _, at := range s.wakers {
		if at != wakeOver {
			s.breaks(lawStuck)
		}
	}
	for _, at := range s.aborters {
		if at != abortOver {
			s.breaks(lawStuck)
		}
	}
	for i, j := range s.joiners {
		if j.at != joinOver && j.at != joinGone && (done || j.at != joinWait) {
			s.breaks(lawStuck)
		}
		if done && i < m.joiners && j.at == joinOver && !s.taken {
			s.breaks(lawJoin)
		}
		if done && j.registered && j.wakes != 1 {
			s.breaks(lawJoinWoken)
		}
	}
	for _, r := range s.runners {
		if r.at != runIdle && r.at != runOff {
			s.breaks(lawStuck)
		}
	}
	switch {
	case done:
	case m.kill || s.aborted && !s.told:
		s.breaks(lawStuck) // it should have ended
	case s.word.State() != task.Idle:
		s.breaks(lawStuck)
	}
}
