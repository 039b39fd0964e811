package web

import (
	"fmt"
	"runtime"
	"time"

	"github.com/moduvex/moduvex-go/tools/bench/internal/proc"
)

// A server is quiet when so many readings after each other are the same: of the goroutines exactly, and of the memory within
// a part or a few pages. A collection comes before each reading, so pools are empty after two.
const (
	sameReadings = 3
	readEvery    = 100 * time.Millisecond
	samePart     = 200
	sameBytes    = 64 << 10
	// quietBound is how long that may take.
	quietBound = 60 * time.Second
	// parkBound is how long connections that are not parked are waited for while no other is parked: far longer than a
	// server's linger.
	parkBound = 2 * time.Second
)

// quiet waits until the server is quiet, and returns its usage then. If not all of its conns connections are parked in time,
// the usage says so.
func (s *site) quiet(conns int) (u usage, err error) {
	if s.parked != nil {
		most := s.parked()
		for since := time.Now(); most < conns && time.Since(since) < parkBound; time.Sleep(readEvery / 10) {
			if now := s.parked(); now > most {
				most, since = now, time.Now()
			}
		}
	}
	last, same := s.memory(), 1
	for begin := time.Now(); same < sameReadings; {
		if time.Since(begin) > quietBound {
			return last, fmt.Errorf("web: the server is not quiet after %v: %+v", quietBound, last)
		}
		time.Sleep(readEvery)
		now := s.memory()
		if same++; !now.like(last) {
			same = 1
		}
		last = now
	}
	return last, nil
}

func (u usage) like(v usage) bool {
	differ := u.Resident - v.Resident
	return u.Goroutines == v.Goroutines && max(differ, -differ) <= max(v.Resident/samePart, sameBytes)
}

func (s *site) memory() usage {
	resident := proc.Resident()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u := s.usage()
	u.Resident, u.InUse = resident, int64(m.HeapInuse+m.StackInuse)
	if s.parked != nil {
		u.Parked = s.parked()
	}
	return u
}
