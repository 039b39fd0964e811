package runq_test

import "github.com/moduvex/moduvex-go/executor/internal/runq"

// This file is the worker of an idleModel: commons.go and the part of worker.go around it, step by step.

// stepWorker visits each state that worker i can bring about.
func (m *idleModel) stepWorker(s idleState, i int, visit idleVisitor) {
	switch at := s.workers[i].at; {
	case at <= atIO:
		m.stepAwake(s, i, visit)
	case at <= atNotify:
		m.stepOffer(s, i, visit)
	case at <= atFound:
		m.stepSearch(s, i, visit)
	default:
		m.stepSleep(s, i, visit)
	}
}

// stepAwake is worker.loop and worker.turn.
func (m *idleModel) stepAwake(s idleState, i int, visit idleVisitor) {
	w := &s.workers[i]
	// or is one of several things that may happen.
	or := func(what string, change func(s *idleState, w *idleWorker)) {
		s := s
		change(&s, &s.workers[i])
		visit(i, what, s)
	}
	switch w.at {
	case atRun:
		if !m.steady || w.empty() {
			or("turns", func(_ *idleState, w *idleWorker) { w.at = atReceive })
		}
		if w.lifo {
			or("takes from the slot", func(s *idleState, w *idleWorker) { w.lifo = false; w.ifHungry(s, atPoll) })
			or("puts what was in the slot behind the others", func(_ *idleState, w *idleWorker) {
				w.lifo = false
				w.carry(1, atRun)
			})
			return
		}
		if !w.empty() {
			or("sees whether somebody is hungry", func(s *idleState, w *idleWorker) {
				w.hungry = s.word != 0
				w.ifHungry(s, atPop)
			})
		}
	case atPop:
		if w.bound > 0 && w.stealable() > 0 {
			or("takes a bound task", func(_ *idleState, w *idleWorker) { w.bound--; w.poll() })
		}
		switch {
		case w.hand > 0:
			w.hand--
			w.poll()
		case !w.hungry && w.low():
			w.at, w.then = atReserve, atTake
		default:
			w.at = atTake
		}
		visit(i, "chooses where to take a task", s)
	case atReserve:
		n := min(w.private, idleReserve, m.ring-w.ring-w.held)
		w.private -= n
		w.ring += n
		if w.at = atReserved; m.wrong == reserveIsNotAnnounced {
			w.goOn()
		}
		visit(i, "puts a reserve where thieves look", s)
	case atReserved:
		w.ifHungry(&s, w.then)
		visit(i, "sees whether somebody is hungry now", s)
	case atTake:
		some := uint8(1)
		if !w.hungry && w.ring >= idleReserve/2 {
			some = m.hand
		}
		n := min(w.ring, some)
		w.ring -= n
		if w.held > 0 {
			w.held += n // these places are free when the theft before them is over
		}
		switch {
		case n > 0:
			w.hand = n - 1
			w.poll()
		case w.private > 0:
			w.private--
			w.poll()
		case w.bound > 0:
			w.bound--
			w.poll()
		default:
			w.at, w.hungry = atReceive, false
		}
		visit(i, "takes a task", s)
	case atPoll:
		or("ends its poll", func(_ *idleState, w *idleWorker) { w.at = atRun })
		if s.spawns > 0 {
			or("spawns", func(s *idleState, w *idleWorker) { s.spawns--; w.carry(1, atPoll) })
		}
		if s.wakes > 0 {
			or("wakes", func(s *idleState, w *idleWorker) {
				s.wakes--
				if w.lifo {
					w.carry(1, atPoll) // what was there
				}
				w.lifo = true
			})
		}
	case atReceive:
		w.bound += w.inbox
		w.inbox, w.news = 0, false
		w.at = atInject
		visit(i, "empties its inbox", s)
	case atInject:
		w.carry(m.take(&s), atIO)
		visit(i, "takes its share of the injector", s)
	case atIO:
		if s.events > 0 {
			for n := range uint8(2) {
				or("gets I/O", func(s *idleState, w *idleWorker) { s.events--; w.carry(n+1, atIO) })
			}
		}
		if w.token && m.events > 0 { // else there is no I/O, and no call
			or("consumes a late notify", func(_ *idleState, w *idleWorker) { w.token = false })
		}
		or("looks into its queues", func(_ *idleState, w *idleWorker) { m.settle(w, i) })
	}
}

// poll begins a poll.
func (w *idleWorker) poll() { w.at, w.hungry = atPoll, false }

// settle is the end of a turn.
func (m *idleModel) settle(w *idleWorker, i int) {
	switch {
	case !w.empty() && w.searching && m.wrong != pollsWhileCounted:
		w.at = atFound
	case !w.empty():
		w.at = atRun
	case w.searching:
		m.rob(w, i)
	default:
		w.at = atSearch
	}
}

// rob begins a search.
func (m *idleModel) rob(w *idleWorker, i int) {
	w.at, w.look = atRob, (1<<m.workers-1)&^(1<<i)
}

// carry makes the worker put n tasks behind the others, one by one, and go on at ret.
func (w *idleWorker) carry(n, ret uint8) {
	if w.at = ret; n > 0 {
		w.at, w.carried, w.ret = atOffer, n, ret
	}
}

// ifHungry makes the worker go on at then, by way of expose if anybody is hungry.
func (w *idleWorker) ifHungry(s *idleState, then uint8) {
	w.then = then
	if w.at = atExpose; s.word == 0 {
		w.goOn()
	}
}

// low says that the worker has tasks that it should put where thieves look.
func (w *idleWorker) low() bool { return w.private > 0 && w.ring < idleReserve/2 }

// goOn follows then, and when there is nothing more to offer, ret.
func (w *idleWorker) goOn() {
	w.at, w.then, w.other, w.look = w.then, 0, 0, 0
	if w.at == atOffer && w.carried == 0 {
		w.at, w.ret = w.ret, 0
	}
}

// stepOffer is worker.offer, worker.expose and commons.wakeOne.
func (m *idleModel) stepOffer(s idleState, i int, visit idleVisitor) {
	w := &s.workers[i]
	switch w.at {
	case atOffer:
		w.carried--
		w.private++
		if s.word == 0 && w.low() {
			w.at, w.then = atReserve, atOffer
		} else {
			w.ifHungry(&s, atOffer)
		}
		visit(i, "puts a task behind the others", s)
	case atExpose:
		n := w.stealable() + w.bound
		if w.lifo {
			n++
		}
		if w.then == atPoll {
			n++ // the one from the slot
		}
		switch {
		case n <= 1:
			w.goOn()
		case w.private > 0 && m.wrong != exposesAfterWork:
			w.at = atFill
		default:
			w.at = atWork
		}
		visit(i, "counts its tasks", s)
	case atFill:
		n := min(w.private, m.ring-w.ring-w.held)
		w.private -= n
		w.ring += n
		m.filled(w)
		visit(i, "makes tasks stealable", s)
	case atOverflow:
		s.injector += w.private
		w.private = 0
		m.filled(w)
		visit(i, "puts the others into the injector", s)
	case atWork:
		m.work(&s, w, i)
		visit(i, "applies work", s)
	case atInterrupt:
		interrupted := s.interrupt(w.other)
		if m.wrong == interruptsBeforeWork {
			m.apply(&s, runq.IdleWork, i)
		}
		if interrupted {
			w.at = atNotify
		} else {
			w.goOn()
		}
		visit(i, "interrupts", s)
	case atNotify:
		m.notify(&s, w.other)
		w.goOn()
		visit(i, "notifies", s)
	}
}

// filled is where expose goes on once its tasks are stealable, or the ring is full.
func (m *idleModel) filled(w *idleWorker) {
	switch {
	case w.private > 0:
		w.at = atOverflow
	case m.wrong == exposesSilently || m.wrong == exposesAfterWork:
		w.goOn()
	default:
		w.at = atWork
	}
}

func (m *idleModel) work(s *idleState, w *idleWorker, i int) {
	word := s.word
	act, chosen := m.apply(s, runq.IdleWork, i)
	if m.wrong == interruptsBeforeWork {
		s.word = word // not yet
	}
	switch {
	case act == runq.IdleNotify:
		w.at, w.other = atInterrupt, chosen
	case m.wrong == exposesAfterWork && w.private > 0 && w.then != atRun:
		w.at = atFill
	default:
		w.goOn()
	}
}

// stepSearch is worker.steal.
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

// bed is where a worker goes on that is to sleep.
func (m *idleModel) bed() uint8 {
	switch m.wrong {
	case looksBeforeGiveUp:
		return atLook
	case sleepsUnannounced:
		return atPark
	}
	return atSleep
}

// stepSleep is worker.park with fallAsleep and wakeUp, and the look of fallAsleep and found.
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
			w.at, w.parked, w.owed = atNews, true, true
		} else if m.wrong == failedParkDoesNotWake {
			w.at = atRun
		}
		visit(i, "parks its inbox", s)
	case atNews:
		if w.at = atAsleep; w.news {
			w.at = atUnpark
		} else if m.wrong == looksAtTheWordBeforePark {
			w.at = atWait
		}
		visit(i, "looks for news", s)
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

// look is one step of commons.anyWork: at the injector, then at each ring.
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
