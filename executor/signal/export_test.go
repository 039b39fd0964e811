package signal

// Pending returns how many signals s holds.
func Pending(s *Stream) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.pending)
}

// Hold keeps signals from coming into s until release is called.
func Hold(s *Stream) (release func()) {
	s.mu.Lock()
	return s.mu.Unlock
}
