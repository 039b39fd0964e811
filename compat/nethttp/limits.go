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

// A seat is the part of a connection in the limits.
type seat struct {
	of   *limits
	addr netip.Addr // valid if it counts
}

// wait takes a slot, and waits until one is free. It reports false if done is closed first.
func (l *limits) wait(done <-chan struct{}) bool {
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

// free gives back a slot.
func (l *limits) free() {
	if l.slots != nil {
		<-l.slots
	}
}

// enter gives the connection from addr, which has a slot, its seat. ok is false if there are too many from there.
func (l *limits) enter(from net.Addr) (s seat, ok bool) {
	s.of = l
	if l.byAddr == nil {
		return s, true
	}
	tcp, isTCP := from.(*net.TCPAddr)
	if !isTCP {
		return s, true
	}
	s.addr = tcp.AddrPort().Addr().Unmap()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byAddr[s.addr] >= l.perAddr {
		return s, false
	}
	l.byAddr[s.addr]++
	return s, true
}

// leave gives the seat up, and its slot.
func (s *seat) leave() {
	if s.of == nil {
		return
	}
	l := s.of
	if s.addr.IsValid() {
		l.mu.Lock()
		if l.byAddr[s.addr]--; l.byAddr[s.addr] == 0 {
			delete(l.byAddr, s.addr)
		}
		l.mu.Unlock()
	}
	l.free()
}
