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

// NewHeader returns the function that says whether net/http can answer all bytes so far.
func NewHeader() func(b []byte) bool { return new(header).complete }

// Blanks is blanks.
func Blanks(b []byte) int { return blanks(b) }

// Sweeps returns how many sweeps there have been.
func (s *Server) Sweeps() uint32 { return s.sweeps.Load() }

// HoldSweeps has s make no sweeps. The connections do not have one yet.
func (s *Server) HoldSweeps() { s.sweeping.Store(true) }
