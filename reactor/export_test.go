package reactor

import "unsafe"

// RegistrationSize is the size of a Registration.
const RegistrationSize = unsafe.Sizeof(Registration{})

// KeyOf returns the key that g's events carry.
func KeyOf(g *Registration) Key { return g.key }

// Waiters returns how many wakers wait for d.
func Waiters(g *Registration, d Direction) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	w := &g.waiters[d]
	if w.first == nil {
		return 0
	}
	return 1 + len(w.more)
}

// Locked reports whether the lock of g or of its Reactor is held.
func Locked(g *Registration) bool {
	if !g.mu.TryLock() {
		return true
	}
	g.mu.Unlock()
	if !g.reactor.mu.TryLock() {
		return true
	}
	g.reactor.mu.Unlock()
	return false
}

// Lock takes g's lock and returns the function that releases it.
func Lock(g *Registration) (unlock func()) {
	g.mu.Lock()
	return g.mu.Unlock
}

// Word returns the readiness word of g. The Stale functions take a word from before another change.
func Word(g *Registration) uint64 { return g.state.Load() }

// ClearStale is ClearReady without the rearm, whose first swap is from word.
func ClearStale(g *Registration, word uint64, ev ReadyEvent, d Direction) bool {
	return g.clearFrom(word, ev, d)
}

// ReportStale is the first step of a report whose first swap is from word.
func ReportStale(g *Registration, word uint64, ready Readiness) { g.reportFrom(word, ready) }

// RetireStale is the first step of Deregister whose first swap is from word.
func RetireStale(g *Registration, word uint64) bool { return g.retireFrom(word) }

// Room returns the capacity that g has for wakers besides the first.
func Room(g *Registration, d Direction) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return cap(g.waiters[d].more)
}
