package runq_test

import "github.com/moduvex/moduvex-go/executor/internal/runq"

// This file is the worker of an idleModel that searches and sleeps: search.go and worker.park, step by step.

// stepSearch is Stealer.Search and Stealer.EndSearch.
func (m *idleModel) stepSearch(s idleState, i int, visit idleVisitor) {
	w := &s.workers[i]
	switch w.at {
	case atSearch:
		act, _ := m.apply(&s, runq.IdleSearch, i)
		if w.at = m.bed(); act == runq.IdleSteal {
			w.searching = true
			m.rob(w, i)
		}
		visit(i, "applies search", s)
	case atRob:
		for v := range m.workers {
			if w.look&(1<<v) == 0 {
				continue
			}
			s := s
			w, victim := &s.workers[i], &s.workers[v]
			n := min(victim.ring-victim.ring/2, m.ring-w.ring-w.held)
			if w.look &^= 1 << v; victim.held != 0 || n == 0 {
				if w.look == 0 {
					w.at = atRobInject
				}
				visit(i, "finds a ring empty or held", s)
				if m.steady {
					break
				}
				continue
			}
			victim.ring -= n
			victim.held = n
			w.at, w.carried, w.other, w.look = atRelease, n, uint8(v), 0
			visit(i, "claims a share", s)
			if m.steady {
				break
			}
		}
		if w.look == 0 {
			w.at = atRobInject
			visit(i, "has nobody to rob", s)
		}
	case atRelease:
		s.workers[w.other].held = 0
		w.at, w.other = atPublish, 0
		visit(i, "releases", s)
	case atPublish:
		w.ring += w.carried
		w.at, w.carried = atFound, 0
		visit(i, "puts the loot into its ring", s)
	case atRobInject:
		w.carry(m.take(&s), atRobbed)
		visit(i, "takes its share of the injector", s)
	case atRobbed:
		if w.at = m.bed(); !w.empty() {
			w.at = atFound
		}
		visit(i, "looks into its queues", s)
	case atFound:
		w.searching = false
		act, _ := m.apply(&s, runq.IdleFound, i)
		if w.at = atRun; act == runq.IdleReplace && m.wrong != foundReplacesNobody {
			w.at, w.then = atLook, atRun
		}
		visit(i, "applies found", s)
	}
}

// bed returns the step with which a worker begins to go to sleep.
func (m *idleModel) bed() uint8 {
	switch m.wrong {
	case looksBeforeGiveUp:
		return atLook
	case sleepsUnannounced:
		return atPark
	}
	return atSleep
}

// stepSleep is worker.park with AnnounceSleep and WakeUp, and the look of AnnounceSleep and EndSearch.
func (m *idleModel) stepSleep(s idleState, i int, visit idleVisitor) {
	w := &s.workers[i]
	switch w.at {
	case atSleep:
		e := runq.IdleSleep
		if w.searching && m.wrong != sleepForgetsTheSearch {
			e = runq.IdleGiveUp
		}
		w.searching = false
		act, _ := m.apply(&s, e, i)
		w.at, w.down = atPark, true
		switch {
		case m.wrong == looksAtTheWordBeforePark:
			w.at = atAsleep
		case act == runq.IdleLook && m.wrong != looksBeforeGiveUp:
			w.at, w.then = atLook, atPark
		}
		visit(i, "applies sleep", s)
	case atLook:
		m.look(&s, w, i)
		visit(i, "looks", s)
	case atPark:
		if w.at = atWake; w.inbox == 0 && !w.parked {
			w.at, w.parked, w.owed = atNotice, true, true
		} else if m.wrong == failedParkDoesNotWake {
			w.at = atRun
		}
		visit(i, "parks its inbox", s)
	case atNotice:
		if w.at = atAsleep; w.notice {
			w.at = atUnpark
		} else if m.wrong == looksAtTheWordBeforePark {
			w.at = atWait
		}
		visit(i, "reads the notice", s)
	case atAsleep:
		if w.at = atUnpark; s.word.Asleep(i) || m.wrong == doesNotLookAtTheWord {
			w.at = atWait
		}
		if m.wrong == looksAtTheWordBeforePark {
			if w.at == atWait {
				w.at = atPark
			} else {
				w.at = atWake
			}
		}
		visit(i, "sees whether it is still asleep", s)
	case atWait:
		if w.token {
			s := s
			s.workers[i].token, s.workers[i].at = false, atUnpark
			visit(i, "is woken", s)
		}
		if s.events > 0 {
			for n := range uint8(3) {
				s := s
				s.events--
				s.workers[i].carried, s.workers[i].at = n, atUnpark
				visit(i, "is woken by I/O", s)
			}
		}
	case atUnpark:
		if m.wrong != inboxStaysParked {
			w.parked, w.owed = false, false
		}
		w.at = atWake
		visit(i, "unparks its inbox", s)
	case atWake:
		act, _ := m.apply(&s, runq.IdleWake, i)
		w.down = false
		w.searching = act == runq.IdleSteal
		w.carry(w.carried, atOwn)
		visit(i, "applies wake", s)
	case atOwn:
		if w.at = atRun; w.searching && !w.empty() {
			w.at = atFound
		}
		visit(i, "looks into its own queues", s)
	}
}

// look is one step of Shared.anyWork: at the injector, then at each ring.
func (m *idleModel) look(s *idleState, w *idleWorker, i int) {
	var n uint8
	switch place := int(w.look) - 1; {
	case place < 0:
		if n = s.injector; m.wrong == looksAtRingsOnly {
			n = 0
		}
	case m.wrong == looksAtTheInjectorOnly:
	default:
		n = s.workers[place].ring
		if place == i && w.then != atPark {
			n = max(n, 1) - 1 // it takes that itself
		}
	}
	w.look++
	switch {
	case m.wrong == looksBeforeGiveUp && w.then == 0:
		if n > 0 {
			w.look = 0
			m.rob(w, i)
			if !w.searching {
				w.at, w.look = atRun, 0
			}
		} else if int(w.look) > m.workers {
			w.at, w.look = atSleep, 0
		}
	case n > 0:
		w.at, w.look = atWork, 0
	case int(w.look) > m.workers:
		w.goOn()
	}
}
