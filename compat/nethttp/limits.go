package nethttp

import (
	"net"
	"net/netip"
	"sync"
)

// limits bound the connections of a server.
type limits struct {
	slots chan struct{} // has a value for each connection; nil without MaxConns

	perAddr int
	mu      sync.Mutex
	byAddr  map[netip.Addr]int
}

func (l *limits) init(conns, perAddr int) {
	if conns > 0 {
		l.slots = make(chan struct{}, conns)
	}
	if l.perAddr = perAddr; perAddr > 0 {
		l.byAddr = make(map[netip.Addr]int)
	}
}

// acquire takes a slot, and waits until one is free. It reports false if done is closed first.
func (l *limits) acquire(done <-chan struct{}) bool {
	if l.slots == nil {
		return true
	}
	select {
	case l.slots <- struct{}{}:
		return true
	case <-done:
		return false
	}
}

// release gives back a slot.
func (l *limits) release() {
	if l.slots != nil {
		<-l.slots
	}
}

// enter counts a connection, which has a slot. It reports false if there are too many from its address.
func (l *limits) enter(from net.Addr) bool {
	a, ok := l.counts(from)
	if !ok {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byAddr[a] >= l.perAddr {
		return false
	}
	l.byAddr[a]++
	return true
}

// leave undoes enter, and gives back the slot.
func (l *limits) leave(from net.Addr) {
	if a, ok := l.counts(from); ok {
		l.mu.Lock()
		if l.byAddr[a]--; l.byAddr[a] == 0 {
			delete(l.byAddr, a)
		}
		l.mu.Unlock()
	}
	l.release()
}

// counts returns the address that a connection counts under; ok is false if it counts under none.
func (l *limits) counts(from net.Addr) (a netip.Addr, ok bool) {
	if l.perAddr <= 0 {
		return a, false
	}
	t, ok := from.(*net.TCPAddr)
	if !ok {
		return a, false
	}
	return t.AddrPort().Addr().Unmap(), true
}
