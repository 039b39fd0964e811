package coro_test

// stepFree is what the worker's goroutine may do between two polls.
func (m *parkModel) stepFree(s *parkState, i uint8, do doer) {
	poll := func(n *parkState, w *parkWorker, t uint8, then parkThen) {
		n.co[t].is, n.co[t].pool = coPolled, i
		w.current, w.next, w.then = t, nobody, then
		m.pass(n, w, t)
	}
	if t := s.ws[i].next; t != nobody {
		do("polls "+digits[t], func(n *parkState, w *parkWorker) { poll(n, w, t, thenPolled) })
		return
	}
	for t := range m.coroutines {
		if s.co[t].is != coReady {
			continue
		}
		do("polls "+digits[t], func(n *parkState, w *parkWorker) { poll(n, w, t, thenPolled) })
		if m.drops && !s.co[t].over {
			do("drops "+digits[t], func(n *parkState, w *parkWorker) {
				n.co[t].over = true // no await suspends any more
				poll(n, w, t, thenDropped)
			})
		}
	}
	if s.bodies > 0 {
		m.eachFresh(s, i, func(t uint8, get func(n *parkState)) {
			do("begins a body on "+digits[t], func(n *parkState, w *parkWorker) {
				get(n)
				n.bodies--
				poll(n, w, t, thenPolled)
			})
		})
	}
	if m.allOver(s) {
		do("begins to close", func(_ *parkState, w *parkWorker) { w.pc, w.closing = pcTrim, true })
	}
}

// eachFresh calls f for each coroutine that Pool.get may return, with what get does.
func (m *parkModel) eachFresh(s *parkState, i uint8, f func(t uint8, get func(n *parkState))) {
	found := false
	for t := range m.coroutines {
		if s.idleIn(t, i) {
			found = true
			f(t, func(*parkState) {})
		}
	}
	if found || m.eachSurplus(s, f) {
		return
	}
	for t := range m.coroutines {
		if s.co[t].is == coAbsent {
			f(t, func(n *parkState) { n.in[t], n.at[t] = t, t })
			return
		}
	}
}

// idleIn reports whether coroutine t is one of the idle ones of worker i's pool.
func (s *parkState) idleIn(t, i uint8) bool {
	c := &s.co[t]
	return c.is == coIdle && c.pool == i && !c.surplus && !c.ends
}

// allOver reports whether no body is left: then workers close.
func (m *parkModel) allOver(s *parkState) bool {
	for i := range s.co {
		if s.co[i].hasJob() {
			return false
		}
	}
	return s.bodies == 0
}

// homeLanded is what the worker's goroutine does when it has been resumed, or a body that drops another one.
func (m *parkModel) homeLanded(n *parkState, w *parkWorker, i uint8) {
	if w.holder != w.want || w.holder != homeOf(i) {
		n.breaks(lawMeant)
		return
	}
	switch n.at[w.holder] = nobody; w.then {
	case thenPolled:
		c := w.current
		if w.current = nobody; c != nobody {
			m.endPoll(n, w, c, i)
		}
		w.pc = pcTrim
	case thenDropped:
		c := w.current
		if c == nobody || n.co[c].is != coDone {
			n.breaks(lawMeant)
			return
		}
		if w.outer != nobody || m.fault != faultCurrentStays {
			w.current = nobody
		}
		if m.endPoll(n, w, c, i); w.outer != nobody && m.fault != faultNestedTrims {
			m.dropped(n, w, i)
			return
		}
		w.pc = pcTrim
	case thenReclaimed:
		if n.at[w.subject] != w.subject {
			n.breaks(lawEnd)
			return
		}
		m.dispose(n, w, i)
	case thenTrim:
		w.subject, w.pc = nobody, pcTrim
	case thenGuest:
		w.subject, w.pc = nobody, pcGuest
	}
}

// endPoll is what resume does before trim.
func (m *parkModel) endPoll(n *parkState, w *parkWorker, c, i uint8) {
	co := &n.co[c]
	if co.is == coPolled {
		w.last = c
		return
	}
	if co.is, co.over = coIdle, false; co.broken {
		co.is = coBroken
	}
	co.pool = i
}

// stepTrim is Pool.trim.
func (m *parkModel) stepTrim(s *parkState, i uint8, do doer) {
	if m.moves() && m.fault != faultTrimsAlone {
		m.stepSurplus(s, i, do)
		return
	}
	ending := false
	for t := range m.coroutines {
		if s.co[t].ends && s.co[t].pool == i {
			ending = true
			do("ends "+digits[t], func(n *parkState, w *parkWorker) {
				w.subject, w.then = t, thenTrim
				m.pass(n, w, t)
			})
		}
	}
	if ending {
		return
	}
	if kept := m.limitOf(s, i); s.countIdle(i) > kept {
		for t := range m.coroutines {
			if kept == 0 || s.idleIn(t, i) {
				do("is to end those that are idle", func(n *parkState, _ *parkWorker) {
					for u := range m.coroutines {
						if n.co[u].ends = s.idleIn(u, i) && (kept == 0 || u != t); n.co[u].ends {
							n.co[u].pool = i
						}
					}
				})
				if kept == 0 {
					break
				}
			}
		}
		return
	}
	for t := range m.coroutines {
		if c := &s.co[t]; c.is == coBroken && c.pool == i {
			do("ends the broken "+digits[t], func(n *parkState, w *parkWorker) { m.endBroken(n, w, t, i, thenTrim) })
			return
		}
	}
	do("has trimmed", func(n *parkState, w *parkWorker) { m.trimmed(n, w, i) })
}

// trimmed is the end of HostView.Run, or of Pool.Close.
func (m *parkModel) trimmed(n *parkState, w *parkWorker, i uint8) {
	if w.outer != nobody {
		m.dropped(n, w, i)
		return
	}
	if w.last != nobody {
		n.co[w.last].is = coWaiting
	}
	w.last, w.current, w.then, w.pc = nobody, nobody, thenPolled, pcFree
	if w.closing {
		w.pc = pcClosed
	}
}

// limitOf is Pool.limit. In the model it is 0, 1, or as many as there are.
func (m *parkModel) limitOf(s *parkState, i uint8) uint8 {
	if s.ws[i].closing {
		return 0
	}
	return m.limit
}

func (s *parkState) countIdle(i uint8) (n uint8) {
	for t := range uint8(len(s.co)) {
		if s.idleIn(t, i) {
			n++
		}
	}
	return n
}

// endBroken is Pool.endBroken.
func (m *parkModel) endBroken(n *parkState, w *parkWorker, c, i uint8, then parkThen) {
	w.subject, w.then = c, then
	n.co[c].pool = i
	if n.at[c] == c || m.fault == faultReclaimSkipped {
		m.dispose(n, w, i)
		return
	}
	n.co[c].reclaimed = true
	w.then = thenReclaimed
	m.pass(n, w, c)
}

func (m *parkModel) dispose(n *parkState, w *parkWorker, i uint8) {
	c := w.subject
	n.co[c].ends, n.co[c].pool = true, i
	if w.then == thenReclaimed {
		w.then = m.afterEnd(w)
	}
	m.pass(n, w, c)
}

// afterEnd is where the worker's goroutine goes on after the end of a coroutine.
func (m *parkModel) afterEnd(w *parkWorker) parkThen {
	if w.adding != nobody && w.adding != w.subject {
		return thenGuest
	}
	return thenTrim
}
