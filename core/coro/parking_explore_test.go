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
	lawRace           // two workers do not switch to one berth at once
	lawMeant          // the goroutine goes on that was meant to
	lawPoll           // a body goes on if its task may be polled by that worker
	lawEnd            // a coroutine ends in its own berth, where the worker's goroutine is parked that ends it
	lawLeft           // in the end all coroutines have ended
	lawNoEnd          // there is a way to the end
)

var parkLaws = [...]string{"kept", "parked", "race", "meant", "poll", "end", "left", "no end"}

func (l parkLaw) String() string { return parkLaws[l] }

func (s *parkState) breaks(l parkLaw) {
	if s.broken == parkKept {
		s.broken = l
	}
}

// Broken implements explore.Model.
func (m *parkModel) Broken(s *parkState) parkLaw { return s.broken }

// Key implements explore.Model.
func (m *parkModel) Key(s *parkState) parkState {
	k := *s
	k.broken = parkKept
	return k
}

// Check implements explore.Model.
func (m *parkModel) Check(s *parkState) {
	var parked [maxParties]int
	for b, p := range s.in {
		if live := s.co[b].is != coAbsent && s.co[b].is != coEnded; live != (p != nobody) {
			s.breaks(lawParked)
		}
		if p != nobody {
			parked[p]++
			if s.at[p] != uint8(b) {
				s.breaks(lawParked)
			}
		}
	}
	for c, co := range s.co {
		if live := co.is != coAbsent && co.is != coEnded; live != (parked[c] == 1 || s.holds(uint8(c))) {
			s.breaks(lawParked)
		}
	}
	for w := range m.workers {
		if h := homeOf(w); (parked[h] == 1) == s.holds(h) {
			s.breaks(lawParked)
		}
	}
	if a, b := &s.ws[0], &s.ws[1]; a.pc == pcSwap && b.pc == pcSwap && a.to == b.to {
		s.breaks(lawRace)
	}
}

func (s *parkState) holds(p uint8) bool { return s.ws[0].holder == p || s.ws[1].holder == p }

// CheckEnd implements explore.Model.
func (m *parkModel) CheckEnd(s *parkState) {
	for _, c := range s.co {
		if c.is != coAbsent && c.is != coEnded {
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
		{name: "one worker, 3 coroutines, none kept", workers: 1, coroutines: 3, bodies: 3},
		{name: "two workers, 2 coroutines, none kept", workers: 2, coroutines: 2, bodies: 3},
	}
	if !racetest.Enabled {
		ms = append(ms,
			parkModel{name: "one worker, 4 coroutines, one kept", workers: 1, coroutines: 4, bodies: 4, limit: 1},
			parkModel{name: "two workers, 3 coroutines, none kept", workers: 2, coroutines: 3, bodies: 5},
		)
	}
	if !racetest.Enabled && !testing.Short() {
		ms = append(ms,
			parkModel{name: "one worker, 4 coroutines, all kept", workers: 1, coroutines: 4, bodies: 5, limit: 4},
			parkModel{name: "two workers, 4 coroutines, one kept", workers: 2, coroutines: 4, bodies: 5, limit: 1},
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
