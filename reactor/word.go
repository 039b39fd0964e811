package reactor

// The transitions of Registration.state. Besides them only the Or of CloseWith changes it. Each swaps from a value s,
// which its caller has just loaded, and loads again when another change makes the swap fail. A test makes a swap
// fail: it passes the value from before another change.

// clearFrom clears the readiness ev of direction d and returns true. If the tick has advanced since ev, or if there is
// no readiness to clear, it changes nothing and returns false.
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

// reportFrom adds ready and advances the tick.
func (g *Registration) reportFrom(s uint64, ready Readiness) {
	for !g.state.CompareAndSwap(s, s+1<<tickShift|uint64(ready)) {
		s = g.state.Load()
	}
}

// retireFrom sets the Closed bit and returns true, or returns false if it is set.
func (g *Registration) retireFrom(s uint64) bool {
	for Readiness(s)&Closed == 0 {
		// The tick advances too, so that the ClearReady of an operation in progress clears nothing.
		if g.state.CompareAndSwap(s, s+1<<tickShift|uint64(Closed)) {
			return true
		}
		s = g.state.Load()
	}
	return false
}
