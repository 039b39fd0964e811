package nethttp

// A Place is one in the life of a connection where a test may act.
type Place = place

// The places.
const (
	StayEnds   = stayEnds
	StayCloses = stayCloses
	InGate     = inGate
)

// At has s call f at places.
func (s *Server) At(f func(p Place)) { s.at = f }

// Slots returns how many slots of MaxConns are taken. An accept that waits has one.
func (s *Server) Slots() int { return len(s.limits.slots) }

// Addrs returns how many addresses MaxConnsPerAddr has counts for.
func (s *Server) Addrs() int {
	s.limits.mu.Lock()
	defer s.limits.mu.Unlock()
	return len(s.limits.byAddr)
}
