package nethttp

import "time"

// defaultLinger is the Linger of a Server without one: enough for a client that sends its next request when it has the
// answer to the last one, also over a long way.
const defaultLinger = 50 * time.Millisecond

// sweepEvery is how much time passes between two sweeps at most. A disconnect is noticed up to twice as late while a handler
// runs.
const sweepEvery = defaultLinger / 2

// startSweep makes the sweep run, which ends the leases that linger, and looks out for disconnects while handlers run. It looks
// at all connections of the engine at a time, instead of one timer for each request: setting and clearing a deadline would
// cost each request more than the rest of this package.
//
// It runs while the engine has connections. A connection (1) enters the list, (2) starts the sweep unless it runs; a sweep
// that ends (1) says that it does not run, (2) looks at the lists again.
func (s *Server) startSweep() {
	if !s.sweeping.Load() && s.sweeping.CompareAndSwap(false, true) {
		go s.runSweeps()
	}
}

// linger returns how long a connection waits for a further request, if it does.
func (s *Server) linger() time.Duration {
	if s.Linger > 0 {
		return s.Linger
	}
	return defaultLinger
}

func (s *Server) runSweeps() {
	linger := s.linger()
	every := max(min(linger/2, sweepEvery), time.Millisecond)
	lingers := uint32(min(linger/every, 1<<30))
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		<-t.C
		if s.sweep(lingers) {
			continue
		}
		s.sweeping.Store(false)
		if !s.hasServed() || !s.sweeping.CompareAndSwap(false, true) {
			return
		}
	}
}

// sweep ends the waits that have seen so many sweeps, and reports whether the engine has connections.
func (s *Server) sweep(lingers uint32) (any bool) {
	now := s.sweeps.Add(1)
	for i := range s.shards {
		any = s.shards[i].sweep(now, lingers) || any
	}
	return any
}

func (s *Server) hasServed() bool { return s.count(amongServed) > 0 }

// count returns how many connections are in a list.
func (s *Server) count(of whichList) (n int) {
	for i := range s.shards {
		n += s.shards[i].count(of)
	}
	return n
}
