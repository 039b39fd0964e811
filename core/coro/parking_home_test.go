package coro_test

import "fmt"

// stepFree is what the worker's goroutine may do between two polls.
func (m *parkModel) stepFree(s *parkState, i uint8, do doer) {
	poll := func(n *parkState, w *parkWorker, t uint8) {
		n.co[t].is = coPolled
		w.current, w.next, w.then = t, nobody, thenPolled
		m.pass(n, w, t)
	}
	if t := s.ws[i].next; t != nobody {
		do(fmt.Sprint("polls ", t), func(n *parkState, w *parkWorker) { poll(n, w, t) })
		return
	}
	m.eachNext(s, i, func(t uint8) {
		do(fmt.Sprint("polls ", t), func(n *parkState, w *parkWorker) {
			m.take(n, w, t)
			poll(n, w, t)
		})
	})
	for t := range m.coroutines {
		if s.bodies > 0 && s.co[t].is == coAbsent {
			do(fmt.Sprint("makes ", t), func(n *parkState, w *parkWorker) {
				n.in[t], n.at[t] = t, t
				m.take(n, w, t)
				poll(n, w, t)
			})
			break
		}
	}
	if m.allOver(s) {
		do("begins to close", func(n *parkState, w *parkWorker) {
			w.pc, w.closing = pcClose, true
		})
	}
}

// allOver reports whether no body is left and no worker is inside a poll: then workers close.
func (m *parkModel) allOver(s *parkState) bool {
	for _, c := range s.co {
		if c.is >= coWaiting && c.is <= coDone {
			return false
		}
	}
	for _, w := range s.ws {
		if w.pc != pcFree && w.pc != pcClosed {
			return false
		}
	}
	return s.bodies == 0
}

// homeLanded is what the worker's goroutine does when it has been resumed.
func (m *parkModel) homeLanded(n *parkState, w *parkWorker, i uint8) {
	if w.holder != w.want || w.holder != homeOf(i) {
		n.breaks(lawMeant)
		return
	}
	n.at[w.holder] = nobody
	w.to, w.want = nobody, nobody
	switch w.then {
	case thenPolled:
		if c := w.current; c != nobody {
			m.endPoll(n, c, i)
			w.current = nobody
		}
		w.pc = pcTrim
	case thenReclaimed:
		if n.at[w.subject] != w.subject {
			n.breaks(lawEnd)
			return
		}
		m.dispose(n, w)
	case thenDisposed:
		if n.co[w.subject].is != coEnded {
			n.breaks(lawEnd)
			return
		}
		n.co[w.subject].is = coAbsent
		w.then = thenPolled
		w.subject, w.pc = nobody, pcTrim
		if w.closing {
			w.pc = pcClose
		}
	}
}

func (m *parkModel) endPoll(n *parkState, c, i uint8) {
	co := &n.co[c]
	switch {
	case co.is == coPolled:
		co.is = coWaiting
	case co.broken:
		co.is, co.pool = coBroken, i
	default:
		co.is, co.pool = coIdle, i
	}
}

// stepTrim is Pool.trim.
func (m *parkModel) stepTrim(s *parkState, i uint8, do doer) {
	idle := 0
	for _, c := range s.co {
		if c.is == coIdle && c.pool == i {
			idle++
		}
	}
	over := true
	for t, c := range s.co {
		if c.pool == i && (c.is == coBroken || c.is == coIdle && idle > m.limit) {
			over = false
			do(fmt.Sprint("is to end ", t), func(n *parkState, w *parkWorker) {
				n.co[t].is = coEnding
				w.subject, w.pc = uint8(t), pcEnd
			})
		}
	}
	if over {
		do("has trimmed", func(_ *parkState, w *parkWorker) { w.pc = pcFree })
	}
}

// stepEnd is Pool.end.
func (m *parkModel) stepEnd(s *parkState, i uint8, do doer) {
	c := s.ws[i].subject
	switch {
	case s.at[c] == c || m.fault == faultReclaimSkipped:
		do("disposes", func(n *parkState, w *parkWorker) { m.dispose(n, w) })
	default:
		do("reclaims", func(n *parkState, w *parkWorker) { m.reclaim(n, w) })
	}
}

func (m *parkModel) dispose(n *parkState, w *parkWorker) {
	n.co[w.subject].stopping = true
	w.then = thenDisposed
	m.pass(n, w, w.subject)
}

func (m *parkModel) reclaim(n *parkState, w *parkWorker) {
	c := w.subject
	n.co[c].reclaimed = true
	w.then = thenReclaimed
	m.pass(n, w, c)
}

// close is the loop of Pool.Close.
func (m *parkModel) close(n *parkState, w *parkWorker, i uint8) {
	for t := range n.co {
		if co := &n.co[t]; co.is == coIdle && co.pool == i {
			co.is, w.subject = coEnding, uint8(t)
			if n.at[t] == uint8(t) {
				m.dispose(n, w)
			} else {
				m.reclaim(n, w)
			}
			return
		}
	}
	w.pc = pcClosed
}
