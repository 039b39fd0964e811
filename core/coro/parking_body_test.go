package coro_test

// stepLanded is what a goroutine does that has been resumed.
func (m *parkModel) stepLanded(s *parkState, i uint8, do doer) {
	w := &s.ws[i]
	x := w.holder
	if !isCoroutine(x) {
		do("home goes on", func(n *parkState, w *parkWorker) { m.homeLanded(n, w, i) })
		return
	}
	switch c := &s.co[x]; {
	case c.reclaimed:
		do("is reclaimed", func(n *parkState, w *parkWorker) {
			n.co[x].reclaimed = false
			w.want, w.to, w.pc = homeOf(i), x, pcSwap
		})
	case c.ends:
		do("ends", func(n *parkState, w *parkWorker) { m.endGoroutine(n, w, i) })
	case c.pool != i:
		do("goes on", func(n *parkState, _ *parkWorker) { n.breaks(lawPool) })
	case c.hasJob() && w.current != nobody:
		m.stepBegun(s, i, do)
	default:
		do("goes home", func(n *parkState, w *parkWorker) { m.pass(n, w, homeOf(i)) })
	}
}

// endGoroutine ends the goroutine of the holder, which resumes the one in its own berth.
func (m *parkModel) endGoroutine(n *parkState, w *parkWorker, i uint8) {
	x := w.holder
	y := n.in[x]
	switch {
	case y == nobody:
		n.breaks(lawParked)
		return
	case y == homeOf(i):
	case n.co[x].broken || !isCoroutine(y):
		n.breaks(lawEnd)
	case m.moves() && !(n.co[y].surplus && n.lock == i):
		n.breaks(lawEnd)
	}
	n.in[x], n.at[x], n.at[y] = nobody, nobody, nobody
	n.co[x] = parkCoroutine{}
	for b := range n.parked {
		if n.parked[b] == x {
			n.parked[b] = ended
		}
	}
	n.parked[x] = nobody // its number may be used again
	w.holder, w.want, w.pc = y, homeOf(i), pcLanded
}

// stepBegun is Pool.ensureBegun, where there is a current body.
func (m *parkModel) stepBegun(s *parkState, i uint8, do doer) {
	w := &s.ws[i]
	x, from := w.holder, w.current
	switch {
	case x != w.want:
		do("goes on", func(n *parkState, _ *parkWorker) { n.breaks(lawMeant) })
	case from == x && s.co[x].is == coPolled:
		do("begins", func(_ *parkState, w *parkWorker) { w.pc = pcBody })
	case w.next != x || s.co[x].is != coTaken:
		do("goes on", func(n *parkState, _ *parkWorker) { n.breaks(lawPoll) })
	default:
		do("ends a poll and begins its own", func(n *parkState, w *parkWorker) {
			n.co[from].is, n.co[x].is = coWaiting, coPolled
			w.current, w.next, w.pc = x, nobody, pcBody
		})
		do("ends a poll and cannot begin", func(n *parkState, w *parkWorker) {
			n.co[from].is = coWaiting
			w.current = nobody
			m.pass(n, w, homeOf(i))
		})
		do("cannot end a poll", func(n *parkState, w *parkWorker) { m.pass(n, w, homeOf(i)) })
	}
}

// stepBody is what a body may do next: suspend, or end, and what its coroutine then does.
func (m *parkModel) stepBody(s *parkState, i uint8, do doer) {
	c := s.ws[i].current
	if s.ws[i].outer == nobody && !s.co[c].over {
		m.stepSuspends(s, i, do)
		m.stepEndsAndHandsOn(s, i, do)
		if m.drops {
			m.stepDropsAnother(s, i, do)
		}
	}
	for _, broken := range []bool{false, true} {
		if broken && s.co[c].over {
			break
		}
		name := digits[c] + " ends"
		if broken {
			name = digits[c] + " exits"
		}
		do(name, func(n *parkState, w *parkWorker) {
			n.co[c].is, n.co[c].broken = coDone, broken
			m.pass(n, w, homeOf(i))
		})
	}
}

// stepSuspends is leave.
func (m *parkModel) stepSuspends(s *parkState, i uint8, do doer) {
	c := s.ws[i].current
	m.eachNext(s, i, func(t uint8) {
		do(digits[c]+" suspends, next is "+digits[t], func(n *parkState, w *parkWorker) {
			m.take(n, t)
			n.co[t].is, n.co[t].pool, w.next = coTaken, i, t
			if m.fault == faultEndedEarly {
				n.co[c].is = coWaiting
			}
			m.pass(n, w, t)
		})
	})
	do(digits[c]+" suspends", func(n *parkState, w *parkWorker) {
		if m.fault == faultEndedEarly {
			n.co[c].is, w.current = coWaiting, nobody
		}
		m.pass(n, w, homeOf(i))
	})
	do(digits[c]+" yields alone and cannot continue", func(n *parkState, w *parkWorker) {
		n.co[c].is = coTaken
		w.current, w.next = nobody, c
		m.pass(n, w, homeOf(i))
	})
	if m.strays && !s.anyAstray() {
		do("a foreign goroutine awaits for "+digits[c], func(n *parkState, w *parkWorker) {
			n.co[c].astray = true
			m.pass(n, w, homeOf(i))
		})
	}
}

func (s *parkState) anyAstray() bool {
	for _, c := range s.co {
		if c.astray || c.over {
			return true
		}
	}
	return false
}

// stray is takeBack: the body of c, in whose place a foreign goroutine is parked, has ended.
func (m *parkModel) stray(n *parkState, c uint8) {
	n.co[c].astray, n.co[c].over = false, true
	if m.fault == faultStrayEnds && n.in[c] != c {
		n.breaks(lawEnd)
	}
}

// stepEndsAndHandsOn is finish.
func (m *parkModel) stepEndsAndHandsOn(s *parkState, i uint8, do doer) {
	c := s.ws[i].current
	over := func(n *parkState, w *parkWorker) {
		n.co[c].is, n.co[c].pool, w.current = coIdle, i, nobody
	}
	do(digits[c]+" is idle", func(n *parkState, w *parkWorker) {
		over(n, w)
		m.pass(n, w, homeOf(i))
	})
	if s.bodies > 0 {
		do(digits[c]+" gets another body", func(n *parkState, _ *parkWorker) { n.bodies-- })
	}
	for t := range m.coroutines {
		if s.co[t].is != coReady {
			continue
		}
		do(digits[c]+" is idle, begins "+digits[t], func(n *parkState, w *parkWorker) {
			over(n, w)
			n.co[t].is, n.co[t].pool, w.current = coPolled, i, t
			m.pass(n, w, t)
		})
		do(digits[c]+" is idle, cannot begin "+digits[t], func(n *parkState, w *parkWorker) {
			over(n, w)
			n.co[t].is, w.next = coTaken, t
			m.pass(n, w, homeOf(i))
		})
	}
}

// stepDropsAnother is drop on a coroutine: it takes the place of the worker's goroutine.
func (m *parkModel) stepDropsAnother(s *parkState, i uint8, do doer) {
	if s.bodies == 0 {
		return
	}
	m.eachFresh(s, i, func(t uint8, get func(n *parkState)) {
		do(digits[s.ws[i].current]+" drops a body on "+digits[t], func(n *parkState, w *parkWorker) {
			get(n)
			n.bodies--
			if at := n.at[homeOf(i)]; at == nobody {
				n.breaks(lawParked)
				return
			} else {
				n.in[at], n.at[savedOf(i)], n.at[homeOf(i)] = savedOf(i), at, nobody
			}
			w.outer, w.holder = w.current, homeOf(i)
			n.co[t].is, n.co[t].pool = coPolled, i
			w.current, w.then = t, thenDropped
			m.pass(n, w, t)
		})
	})
}

// dropped is the end of drop on a coroutine.
func (m *parkModel) dropped(n *parkState, w *parkWorker, i uint8) {
	at := n.at[savedOf(i)]
	if n.in[at] != savedOf(i) {
		n.breaks(lawParked)
		return
	}
	n.in[at], n.at[homeOf(i)], n.at[savedOf(i)] = homeOf(i), at, nobody
	w.current, w.holder, w.outer = w.outer, w.outer, nobody
	w.then, w.pc = thenPolled, pcBody
}

// eachNext calls f for each coroutine that may be the next one: its body is ready, or it is idle and gets a body.
func (m *parkModel) eachNext(s *parkState, i uint8, f func(t uint8)) {
	for t := range m.coroutines {
		if s.co[t].is == coReady || s.bodies > 0 && s.idleIn(t, i) {
			f(t)
		}
	}
}

func (m *parkModel) take(n *parkState, t uint8) {
	if n.co[t].is == coIdle {
		n.bodies--
	}
}
