package signal

// Pending returns how many signals s holds.
func Pending(s *Stream) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.pending)
}

// ShutdownOn is ShutdownOnSignal with a stream that is open already.
var ShutdownOn = shutdownOn
