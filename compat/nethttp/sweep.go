package nethttp

import "time"

// defaultLinger is the Linger of a Server without one: enough for a client that sends its next request when it has the
// response to the last one, also over a long distance.
const defaultLinger = 50 * time.Millisecond

// sweepEvery bounds the time between two sweeps. While a handler runs, a disconnect is noticed up to twice that late.
const sweepEvery = defaultLinger / 2

// startSweep starts the goroutine of the sweeps unless it runs. A sweep ends the lingers that are over, and begins the reads that
// notice a disconnect while a handler runs. It looks at all connections that are served; a timer for each request was rejected:
// setting and clearing a deadline would cost each request more than the rest of this package.
//
// The goroutine runs while connections are served. A connection (1) enters the list, (2) loads sweeping, and starts the
// goroutine if that is false. The goroutine at its end (1) stores false in sweeping, (2) looks at the lists again. One of the two
// sees the other.
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

// runSweeps is the goroutine of the sweeps.
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

// sweep is one sweep. It ends the waits that have lasted more sweeps than lingers, and reports whether connections are served.
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
