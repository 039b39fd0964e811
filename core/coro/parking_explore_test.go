package coro_test

import (
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coretest/explore"
	"github.com/moduvex/moduvex-go/core/internal/racetest"
)

// A parkLaw is a law of the parking. The zero value says that none is broken.
type parkLaw uint8

const (
	parkKept  parkLaw = iota
	lawParked         // each party that does not hold a worker is parked in one berth, at says which, and each has one
	lawRace           // two workers do not touch one berth at once
	lawMeant          // the goroutine goes on that was meant to, or goes home
	lawPool           // a coroutine that is resumed knows by which worker
	lawPoll           // a body goes on if its task may be polled by that worker
	lawEnd            // a coroutine ends if the worker that ends it is the only one to resume the party in its berth
	lawBound          // none of the Surplus could end: none is parked in the berth of another one
	lawNoted          // the Surplus knows in which berth each of them is parked
	lawLeft           // in the end all coroutines have ended
	lawNoEnd          // there is a way to the end
)

var parkLaws = [...]string{"kept", "parked", "race", "meant", "pool", "poll", "end", "bound", "noted", "left", "no end"}

func (l parkLaw) String() string { return parkLaws[l] }

func (s *parkState) breaks(l parkLaw) {
	if s.broken == parkKept {
		s.broken = l
	}
}

// Broken implements explore.Model.
func (m *parkModel) Broken(s *parkState) parkLaw { return s.broken }

// Key implements explore.Model. The next resumer of a suspended body, and of one in the Surplus, sets its pool.
func (m *parkModel) Key(s *parkState) parkState {
	if m.moves() {
		for i := range s.co {
			if c := &s.co[i]; c.is == coWaiting || c.is == coReady || c.surplus && s.lock == nobody {
				c.pool = 0
			}
		}
	}
	k := *s
	k.broken = parkKept
	return k
}

// Check implements explore.Model.
func (m *parkModel) Check(s *parkState) {
	var parked [maxParties]int
	for b, p := range s.in {
		if s.co[b].is != coAbsent != (p != nobody) {
			s.breaks(lawParked)
		}
		if p != nobody {
			parked[p]++
			if s.at[p] != uint8(b) {
				s.breaks(lawParked)
			}
		}
	}
	for c := range s.co {
		lives := s.co[c].is != coAbsent
		if parked[c] > 1 || lives != (parked[c] == 1 || s.holds(uint8(c))) || parked[c] == 1 && s.holds(uint8(c)) {
			s.breaks(lawParked)
		}
	}
	for i := range m.workers {
		nested := s.ws[i].outer != nobody
		if parked[homeOf(i)] == 1 == (s.ws[i].holder == homeOf(i)) || parked[savedOf(i)] == 1 != nested {
			s.breaks(lawParked)
		}
	}
	if a := s.ws[0].touches(s); a != nobody && a == s.ws[1].touches(s) {
		s.breaks(lawRace)
	}
	if s.lock == nobody {
		for c := range s.co {
			if !s.co[c].surplus {
				continue
			}
			if p := s.in[c]; isCoroutine(p) && s.co[p].surplus {
				s.breaks(lawBound)
			}
			if s.parked[s.at[c]] != uint8(c) {
				s.breaks(lawNoted)
			}
		}
	}
}

// holds reports whether c holds a worker, or drops another body there.
func (s *parkState) holds(c uint8) bool {
	for i := range s.ws {
		if w := &s.ws[i]; w.holder == c || w.outer == c {
			return true
		}
	}
	return false
}

// touches returns the berth that the worker touches next: to switch there, or because its owner ends.
func (w *parkWorker) touches(s *parkState) uint8 {
	switch {
	case w.pc == pcSwap:
		return w.to
	case w.pc == pcLanded && isCoroutine(w.holder) && s.co[w.holder].ends:
		return w.holder
	}
	return nobody
}

// CheckEnd implements explore.Model.
func (m *parkModel) CheckEnd(s *parkState) {
	for _, c := range s.co {
		if c.is != coAbsent {
			s.breaks(lawLeft)
		}
	}
	for _, w := range s.ws {
		if w.pc != pcClosed {
			s.breaks(lawLeft)
		}
	}
}

// parkModels returns the models, the small ones first. They are fewer under the race detector, which has nothing to find
// here and makes them slow.
func parkModels() []parkModel {
	ms := []parkModel{
		{name: "one worker, 3 coroutines, none kept", workers: 1, coroutines: 3, bodies: 3, drops: true, strays: true},
		{name: "two workers, 2 coroutines, none kept", workers: 2, coroutines: 2, bodies: 3},
	}
	if !racetest.Enabled {
		ms = append(ms,
			parkModel{name: "two workers, 2 coroutines, drops", workers: 2, coroutines: 2, bodies: 3, drops: true, strays: true},
			parkModel{name: "one worker, 4 coroutines, one kept", workers: 1, coroutines: 4, bodies: 4, limit: 1},
			parkModel{name: "two workers, 3 coroutines, none kept", workers: 2, coroutines: 3, bodies: 3},
		)
	}
	if !racetest.Enabled && !testing.Short() {
		ms = append(ms,
			parkModel{name: "two workers, 3 coroutines, one kept", workers: 2, coroutines: 3, bodies: 3, limit: 1},
			parkModel{name: "two workers, 3 coroutines, drops", workers: 2, coroutines: 3, bodies: 3, drops: true},
		)
	}
	return ms
}

// TestEveryParkingKeepsTheLaws explores each model to its end, breadth first.
func TestEveryParkingKeepsTheLaws(t *testing.T) {
	total, start := 0, time.Now()
	for _, m := range parkModels() {
		begin := time.Now()
		x := explore.Run(&m, lawNoEnd)
		total += x.States
		t.Logf("%-36s %7d states, %7d steps, %3d ends, depth %3d, %v", m.name, x.States, x.Steps, x.Ends, x.Depth,
			time.Since(begin).Round(time.Millisecond))
		if x.Broken != parkKept {
			t.Errorf("%s: broken: %v\n%s", m.name, x.Broken, x.Trace())
		}
	}
	t.Logf("%d states in %v", total, time.Since(start).Round(time.Millisecond))
}
