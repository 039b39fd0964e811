package reactor

// The swaps of Registration.state; nothing else changes it, but the Or of CloseWith. Each starts from a given
// value s, which its caller has just loaded, and loads again when the swap is lost to another change. A test
// makes a swap lose: it passes the value from before the other change.

// clearFrom takes back the readiness ev of direction d. It reports false and changes nothing if the tick has
// moved on since ev, or if there is nothing to take back.
func (g *Registration) clearFrom(s uint64, ev ReadyEvent, d Direction) bool {
	bits := uint64(ev.Ready & clearMask(d))
	for uint32(s>>tickShift) == ev.tick && s&bits != 0 {
		if g.state.CompareAndSwap(s, s&^bits) {
			return true
		}
		s = g.state.Load()
	}
	return false
}

// noteFrom adds ready and advances the tick.
func (g *Registration) noteFrom(s uint64, ready Readiness) {
	for !g.state.CompareAndSwap(s, s+1<<tickShift|uint64(ready)) {
		s = g.state.Load()
	}
}

// retireFrom sets the Closed bit and reports whether this call is the one that sets it.
func (g *Registration) retireFrom(s uint64) bool {
	for Readiness(s)&Closed == 0 {
		// The tick moves too: an operation on its way to ClearReady has nothing to clear any more.
		if g.state.CompareAndSwap(s, s+1<<tickShift|uint64(Closed)) {
			return true
		}
		s = g.state.Load()
	}
	return false
}
