package nethttp

// A place is a step in the life of a connection before which another goroutine may act. Tests of races do so there, by
// Server.at. No place is between the arrival of a request and its response, so production code pays for a nil check at the end of
// a lease only.
type place int

const (
	leaseEnds   place = iota // Read is about to end a lease
	leaseCloses              // Close of a lease begins
	parkedAgain              // detach has parked the connection, and has not loaded the flags
)

func (s *Server) reached(p place) {
	if s.at != nil {
		s.at(p)
	}
}
