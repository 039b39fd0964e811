package coro_test

// eachSurplus is Surplus.take. It returns true if the Surplus is not empty: a worker then waits for its lock.
func (m *parkModel) eachSurplus(s *parkState, f func(t uint8, get func(n *parkState))) bool {
	left := false
	for t := range m.coroutines {
		if c := &s.co[t]; !c.surplus || c.broken {
			continue
		}
		left = true
		if s.lock == nobody {
			f(t, func(n *parkState) {
				n.co[t].surplus = false
				if m.fault != faultTakenStays {
					n.parked[n.at[t]] = nobody
				}
			})
		}
	}
	return left
}

// stepSurplus is Surplus.trim.
func (m *parkModel) stepSurplus(s *parkState, i uint8, do doer) {
	over := true
	idle := s.countIdle(i) > m.limitOf(s, i)
	for t := range m.coroutines {
		c := &s.co[t]
		if c.surplus || !(idle && s.idleIn(t, i)) && !(!idle && c.is == coBroken && c.pool == i) {
			continue
		}
		over = false
		if s.lock == nobody || s.lock == i {
			do("adds "+digits[t], func(n *parkState, w *parkWorker) {
				n.lock, n.co[t].surplus = i, true
				n.parked[n.at[t]] = t
				w.adding, w.pc = t, pcHost
			})
		}
	}
	if over {
		do("has trimmed", func(n *parkState, w *parkWorker) {
			if n.lock == i {
				n.lock = nobody
			}
			m.trimmed(n, w, i)
		})
	}
}

// endHost is the part of Surplus.add that may end the owner of the berth.
func (m *parkModel) endHost(n *parkState, w *parkWorker, i uint8) {
	w.pc = pcGuest
	if host := n.at[w.adding]; n.co[host].surplus {
		m.endSurplus(n, w, host, i)
	}
}

// endAdded is the part of Surplus.add that may end the coroutine that was added.
func (m *parkModel) endAdded(n *parkState, w *parkWorker, i uint8) {
	c := w.adding
	w.adding, w.pc = nobody, pcTrim
	if n.co[c].surplus && n.parked[c] != nobody {
		m.endSurplus(n, w, c, i)
	}
}

// endSurplus is Surplus.end.
func (m *parkModel) endSurplus(n *parkState, w *parkWorker, c, i uint8) {
	guest, host := n.parked[c], n.at[c]
	n.parked[c] = nobody
	if guest != c {
		if m.fault != faultGuestNotNoted {
			n.parked[host] = guest
		}
		if m.fault != faultGuestPool && guest != ended {
			n.co[guest].pool = i
		}
	}
	n.co[c].surplus = false
	w.subject = c
	if n.co[c].broken {
		m.endBroken(n, w, c, i, m.afterEnd(w))
		return
	}
	n.co[c].ends, n.co[c].pool = true, i
	w.then = m.afterEnd(w)
	m.pass(n, w, c)
}
