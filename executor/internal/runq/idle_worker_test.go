package runq_test

import "github.com/moduvex/moduvex-go/executor/internal/runq"

// This file is the awake worker of an idleModel: stealer.go and the part of package executor around it, step by step.

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

// stepAwake is worker.loop up to the search.
func (m *idleModel) stepAwake(s idleState, i int, visit idleVisitor) {
	w := &s.workers[i]
	// or visits one of several possible steps.
	or := func(what string, change func(s *idleState, w *idleWorker)) {
		s := s
		change(&s, &s.workers[i])
		visit(i, what, s)
	}
	switch w.at {
	case atRun:
		if !m.steady || w.empty() {
			or("ends the polls of the round", func(_ *idleState, w *idleWorker) { w.at = atReceive })
		}
		if w.lifo {
			or("takes from the slot", func(s *idleState, w *idleWorker) { w.lifo = false; w.ifIdle(s, atPoll) })
			or("puts what was in the slot behind the others", func(_ *idleState, w *idleWorker) {
				w.lifo = false
				w.carry(1, atRun)
			})
			return
		}
		if !w.empty() {
			or("sees whether a worker is idle", func(s *idleState, w *idleWorker) {
				w.sawIdle = s.word != 0
				w.ifIdle(s, atPop)
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
		case !w.sawIdle && w.low():
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
		w.ifIdle(&s, w.then)
		visit(i, "sees whether a worker is idle now", s)
	case atTake:
		some := uint8(1)
		if !w.sawIdle && w.ring >= idleReserve/2 {
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
			w.at, w.sawIdle = atReceive, false
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
		w.inbox, w.notice = 0, false
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
func (w *idleWorker) poll() { w.at, w.sawIdle = atPoll, false }

// settle is the end of a round.
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

// ifIdle makes the worker go on at then, by way of expose if a worker is idle.
func (w *idleWorker) ifIdle(s *idleState, then uint8) {
	w.then = then
	if w.at = atExpose; s.word == 0 {
		w.goOn()
	}
}

// low reports whether the worker has tasks that it should put where thieves look.
func (w *idleWorker) low() bool { return w.private > 0 && w.ring < idleReserve/2 }

// goOn follows then, and when there is nothing more to offer, ret.
func (w *idleWorker) goOn() {
	w.at, w.then, w.other, w.look = w.then, 0, 0, 0
	if w.at == atOffer && w.carried == 0 {
		w.at, w.ret = w.ret, 0
	}
}

// stepOffer is Stealer.offer, Stealer.expose and Shared.wakeOne.
func (m *idleModel) stepOffer(s idleState, i int, visit idleVisitor) {
	w := &s.workers[i]
	switch w.at {
	case atOffer:
		w.carried--
		w.private++
		if s.word == 0 && w.low() {
			w.at, w.then = atReserve, atOffer
		} else {
			w.ifIdle(&s, atOffer)
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
