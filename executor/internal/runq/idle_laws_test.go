package runq_test

// An idleLaw is what no state and no step may break.
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
	idleLawNews
	idleLawStuck
	idleLawEnd
	idleLawCount
)

var idleLawNames = [idleLawCount]string{
	idleKept:         "none",
	idleLawValid:     "no event of an agent that keeps the rules is invalid",
	idleLawSearchers: "half of the workers search at most",
	idleLawCensus:    "the word tells who sleeps and how many search, and nobody does both",
	idleLawPolls:     "nobody polls while it is counted as a searcher",
	idleLawNotify:    "a park is notified once at most, and only while it lasts",
	idleLawComing:    "who was chosen or interrupted in its sleep is notified",
	idleLawLeft:      "while the others sleep or poll, nobody sleeps over a task that it could steal",
	idleLawLost:      "when everybody sleeps, no task is queued",
	idleLawNews:      "when nothing can happen any more, news were seen and bound tasks polled",
	idleLawStuck:     "when nothing can happen any more, everybody sleeps",
	idleLawEnd:       "from everywhere there is a way to the end",
}

func (l idleLaw) String() string { return idleLawNames[l] }

// breaks notes that a law was broken, if none was before.
func (s *idleState) breaks(l idleLaw) {
	if s.broken == idleKept {
		s.broken = l
	}
}

// check checks the laws of a state.
func (m *idleModel) check(s *idleState) {
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

// coming reports whether all is well with worker i, which waits: nobody has to notify it, or somebody
// is about to.
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

// checkLeft checks that the company does not rest too early. Polls may take for ever, so when every
// worker polls or sleeps and nobody from outside is on the way, it may stay like that. Then nobody
// sleeps over what a search would find. What a worker that polls has not made stealable is its own, and so
// is a task that is alone behind the slot, though it may lie in the ring: it looks again at its next task.
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

// checkEnd checks a state in which nothing can happen any more.
func (m *idleModel) checkEnd(s *idleState) {
	if s.injector > 0 {
		s.breaks(idleLawLost)
	}
	for _, w := range s.workers[:m.workers] {
		if w.stealable() > 0 || w.lifo || w.carried > 0 {
			s.breaks(idleLawLost)
		}
		if w.bound > 0 || w.inbox > 0 || w.news {
			s.breaks(idleLawNews)
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
