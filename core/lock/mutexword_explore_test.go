package lock_test

import (
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coretest/explore"
	"github.com/moduvex/moduvex-go/core/internal/racetest"
	"github.com/moduvex/moduvex-go/core/lock"
)

// A lockLaw is a law of the mutex. The zero value says that none is broken.
type lockLaw uint8

const (
	lockKept  lockLaw = iota
	lawWord           // the word has one of the values of its table, and queued tells whether there is a line
	lawAlone          // one task at most has the lock, and the word says so
	lawLocked         // an unlock finds the mutex locked
	lawOwed           // a woken flag means that the first in line is about to be polled or dropped
	lawOrder          // no newcomer overtakes a waiter while the mutex is handed over
	lawLeft           // in the end all tasks are done, and the mutex is unlocked
	lawNoEnd          // there is a way to the end
)

var lockLaws = [...]string{"kept", "word", "alone", "locked", "owed", "order", "left", "no end"}

func (l lockLaw) String() string { return lockLaws[l] }

func (s *lockState) breaks(l lockLaw) {
	if s.broken == lockKept {
		s.broken = l
	}
}

// Broken implements explore.Model.
func (m *lockModel) Broken(s *lockState) lockLaw { return s.broken }

// Key implements explore.Model.
func (m *lockModel) Key(s *lockState) lockState {
	k := *s
	k.broken = lockKept
	return k
}

// Check implements explore.Model.
func (m *lockModel) Check(s *lockState) {
	const l, q, w, h = lock.WordLocked, lock.WordQueued, lock.WordWoken, lock.WordHanding
	switch s.word {
	case 0, l:
		if s.n > 0 {
			s.breaks(lawWord)
		}
	case l | q, q | w, l | q | w, l | q | h:
		if s.n == 0 {
			s.breaks(lawWord)
		}
	default:
		s.breaks(lawWord)
	}
	have := 0
	for i := range s.tasks {
		if s.tasks[i].hasLock() {
			have++
		}
	}
	if have > 1 || (have == 1) != s.word.Has(l) {
		s.breaks(lawAlone)
	}
	if s.word.Has(w) && s.n > 0 && !s.comes(s.line[0]) {
		s.breaks(lawOwed)
	}
}

// hasLock reports whether the task has the lock, up to the swap that unlocks it.
func (t *lockTask) hasLock() bool {
	switch t.pc {
	case pcHolds, pcUnlock, pcUnlockSwap, pcRelease, pcReleaseLoad, pcReleaseSwap:
		return true
	case pcUnlockMu:
		return t.then == pcHolds || t.node == nodeGranted
	}
	return t.node == nodeGranted
}

// comes reports whether a task in line is about to be polled or dropped.
func (s *lockState) comes(i uint8) bool {
	switch t := &s.tasks[i]; t.pc {
	case pcRetry, pcRetryLoad, pcRetrySwap, pcDrop, pcDropLoad, pcDropSwap:
		return true
	default:
		if t.awake {
			return true
		}
	}
	for _, t := range s.tasks {
		if t.wakes == i {
			return true
		}
	}
	return false
}

// CheckEnd implements explore.Model.
func (m *lockModel) CheckEnd(s *lockState) {
	for _, t := range s.tasks {
		if t.pc != pcDone {
			s.breaks(lawLeft)
		}
	}
	if s.word != 0 {
		s.breaks(lawLeft)
	}
}

// lockModels returns the models, the small ones first. They are fewer under the race detector, which has nothing to find
// here and makes them slow.
func lockModels() []lockModel {
	once, twice := lockScript{rounds: 1}, lockScript{rounds: 2}
	dropped := lockScript{rounds: 1, drops: 1}
	ms := []lockModel{
		{name: "two tasks, three rounds each, polls without a wake",
			tasks: []lockScript{{rounds: 3, spurious: 1}, {rounds: 3, drops: 1, spurious: 1}}},
		{name: "three tasks, two of which are dropped", tasks: []lockScript{once, dropped, dropped}},
		{name: "ordered", ordered: true, tasks: []lockScript{once, dropped, dropped}},
	}
	if !racetest.Enabled && !testing.Short() {
		ms = append(ms,
			lockModel{name: "three tasks, polls without a wake",
				tasks: []lockScript{twice, {rounds: 1, spurious: 1}, {rounds: 1, drops: 1, spurious: 1}}},
			lockModel{name: "three tasks, two rounds", tasks: []lockScript{twice, twice, {rounds: 2, drops: 1}}},
			lockModel{name: "ordered, two rounds", ordered: true, tasks: []lockScript{twice, twice, {rounds: 2, drops: 1}}},
		)
	}
	return ms
}

// TestEveryInterleavingOfAMutexKeepsTheLaws explores each model to its end, breadth first.
func TestEveryInterleavingOfAMutexKeepsTheLaws(t *testing.T) {
	total, start := 0, time.Now()
	for _, m := range lockModels() {
		begin := time.Now()
		x := explore.Run(&m, lawNoEnd)
		total += x.States
		t.Logf("%-52s %7d states, %7d steps, %3d ends, depth %3d, %v", m.name, x.States, x.Steps, x.Ends, x.Depth,
			time.Since(begin).Round(time.Millisecond))
		if x.Broken != lockKept {
			t.Errorf("%s: broken: %v\n%s", m.name, x.Broken, x.Trace())
		}
	}
	t.Logf("%d states in %v", total, time.Since(start).Round(time.Millisecond))
}
