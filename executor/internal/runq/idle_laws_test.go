package runq_test

// An idleLaw holds in every state and for every step.
type idleLaw uint8

const (
	idleKept idleLaw = iota
	idleLawValid
	idleLawSearchers
	idleLawCensus
	idleLawPolls
	idleLawNotify
	idleLawComing
	idleLawLeft
	idleLawLost
	idleLawNotice
	idleLawStuck
	idleLawEnd
	idleLawCount
)

var idleLawNames = [idleLawCount]string{
	idleKept:         "none",
	idleLawValid:     "no event of an agent that keeps the rules is invalid",
	idleLawSearchers: "half of the workers search at most",
	idleLawCensus:    "the word tells which workers sleep and how many search, and no worker does both",
	idleLawPolls:     "no worker polls while it is counted as a searcher",
	idleLawNotify:    "a park is notified once at most, and only while it lasts",
	idleLawComing:    "a worker that was chosen or interrupted in its sleep is notified",
	idleLawLeft:      "while the others sleep or poll, no worker sleeps while there is a task that it could steal",
	idleLawLost:      "when all workers sleep, no task is queued",
	idleLawNotice:    "when no step is possible any more, notices were read and bound tasks polled",
	idleLawStuck:     "when no step is possible any more, all workers sleep",
	idleLawEnd:       "the end can be reached from every state",
}

func (l idleLaw) String() string { return idleLawNames[l] }

// breaks notes that a law is broken, if none was before.
func (s *idleState) breaks(l idleLaw) {
	if s.broken == idleKept {
		s.broken = l
	}
}

// Broken implements explore.Model.
func (m *idleModel) Broken(s *idleState) idleLaw { return s.broken }

// Check implements explore.Model: it checks the laws of a state.
func (m *idleModel) Check(s *idleState) {
	searchers := 0
	for i := range m.workers {
		w := &s.workers[i]
		asleep := s.word.Asleep(i)
		if asleep && !w.down || w.searching && w.down || w.searching && w.at == atWait {
			s.breaks(idleLawCensus)
		}
		if w.searching || w.down && !asleep {
			searchers++
		}
		if w.at == atPoll && w.searching {
			s.breaks(idleLawPolls)
		}
		if w.at == atWait && !w.token && !m.coming(s, uint8(i), asleep) {
			s.breaks(idleLawComing)
		}
	}
	if s.word.Searchers() > (m.workers+1)/2 {
		s.breaks(idleLawSearchers)
	}
	if s.word.Searchers() != searchers {
		s.breaks(idleLawCensus)
	}
	m.checkLeft(s)
}

// coming reports whether worker i, which waits, needs no notify, or another agent is about to notify it.
func (m *idleModel) coming(s *idleState, i uint8, asleep bool) bool {
	interrupted := !s.workers[i].parked
	if asleep && !interrupted {
		return true
	}
	for _, o := range s.outsiders[:len(m.outsiders)] {
		if o.other == i && (o.at == outNotify || o.at == outInterrupt && !interrupted) {
			return true
		}
	}
	for _, w := range s.workers[:m.workers] {
		if w.other == i && (w.at == atNotify || w.at == atInterrupt && !interrupted) {
			return true
		}
	}
	return false
}

// checkLeft checks that the workers do not come to rest too early. Polls may last for ever, so when every worker polls
// or sleeps and no outsider is between two steps, nothing may change any more. Then no worker may sleep while a search
// would find a task. A task that a polling worker has not made stealable is its own, and so is a task that is alone
// behind the slot, although it may be in the ring: the worker looks again at its next task.
func (m *idleModel) checkLeft(s *idleState) {
	sleeper, poller, left := false, false, s.injector > 0
	for _, w := range s.workers[:m.workers] {
		switch {
		case w.at == atWait && !w.token:
			sleeper = true
		case w.at == atPoll:
			poller = true
		default:
			return
		}
		alone := w.at == atPoll && w.stealable()+w.bound == 1
		left = left || w.ring > 0 && !alone
	}
	for _, o := range s.outsiders[:len(m.outsiders)] {
		if o.at != outStart && o.at != outOver {
			return
		}
	}
	switch {
	case sleeper && left && poller:
		s.breaks(idleLawLeft)
	case left && !poller:
		s.breaks(idleLawLost)
	}
}

// CheckEnd implements explore.Model: it checks a state in which no step is possible any more.
func (m *idleModel) CheckEnd(s *idleState) {
	if s.injector > 0 {
		s.breaks(idleLawLost)
	}
	for _, w := range s.workers[:m.workers] {
		if w.stealable() > 0 || w.lifo || w.carried > 0 {
			s.breaks(idleLawLost)
		}
		if w.bound > 0 || w.inbox > 0 || w.notice {
			s.breaks(idleLawNotice)
		}
		if w.at != atWait || !w.down || !w.parked || w.searching {
			s.breaks(idleLawStuck)
		}
	}
	for _, o := range s.outsiders[:len(m.outsiders)] {
		if o.at != outOver {
			s.breaks(idleLawStuck)
		}
	}
	if int(s.word) != 1<<m.workers-1 {
		s.breaks(idleLawStuck)
	}
}
