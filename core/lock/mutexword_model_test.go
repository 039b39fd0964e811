package lock_test

import (
	"fmt"
	"strings"

	"github.com/moduvex/moduvex-go/core/lock"
)

// A lockModel is a Mutex and the tasks that use it. A step of a task is one access to the word, or the beginning or end
// of a hold of Mutex.mu; the line is accessed with a swap of the word, since no other task sees it then.
type lockModel struct {
	name    string
	ordered bool
	tasks   []lockScript
	fault   lockFault
}

// A lockScript is what a task does.
type lockScript struct {
	rounds   uint8 // how often it locks and unlocks
	drops    uint8 // how often it may be dropped while it waits
	spurious uint8 // how often it may be polled without a wake
}

const (
	maxLockers = 3
	noLocker   = 255
)

// A lockState is everything that decides which steps are possible.
type lockState struct {
	word   lock.MutexWord
	mu     uint8 // the task that holds it
	line   [maxLockers]uint8
	n      uint8 // of line
	tasks  [maxLockers]lockTask
	broken lockLaw
}

type lockTask struct {
	lockScript
	pc    lockPC
	then  lockPC         // after a hold of mu
	node  nodeState      // of its future
	reg   lock.MutexWord // what it has loaded
	wakes uint8          // the task that it is going to wake
	awake bool           // its task is scheduled
}

type nodeState uint8

const (
	nodeIdle nodeState = iota
	nodeWaiting
	nodeGranted
)

// A lockPC is what a task does next.
type lockPC uint8

const (
	pcStart       lockPC = iota // swaps 0 for locked, or is done
	pcTry                       // loads
	pcTrySwap                   // swaps what lock says
	pcJoin                      // locks mu
	pcJoinLoad                  // loads
	pcJoinSwap                  // swaps what join says
	pcParked                    // waits for a poll or a drop
	pcRetry                     // locks mu
	pcRetryLoad                 // loads
	pcRetrySwap                 // swaps what retry says
	pcReceive                   // has been granted the lock
	pcCalm                      // locks mu
	pcCalmLoad                  // loads
	pcCalmSwap                  // swaps what calm says
	pcDrop                      // locks mu
	pcDropLoad                  // loads
	pcDropSwap                  // swaps what leave says
	pcHolds                     // swaps locked for 0
	pcUnlock                    // loads
	pcUnlockSwap                // swaps what unlock says
	pcRelease                   // locks mu
	pcReleaseLoad               // loads
	pcReleaseSwap               // swaps what release says
	pcUnlockMu                  // unlocks mu
	pcWake                      // wakes
	pcDone
)

var lockPCs = [...]string{
	"start", "try", "try swap", "join", "join load", "join swap", "parked", "retry", "retry load", "retry swap", "receive",
	"calm", "calm load", "calm swap", "drop", "drop load", "drop swap", "holds", "unlock", "unlock swap", "release",
	"release load", "release swap", "unlock mu", "wake", "done",
}

// Birth implements explore.Model.
func (m *lockModel) Birth() lockState {
	s := lockState{mu: noLocker, line: [maxLockers]uint8{noLocker, noLocker, noLocker}}
	for i := range s.tasks {
		s.tasks[i] = lockTask{pc: pcDone, wakes: noLocker}
		if i < len(m.tasks) {
			s.tasks[i].lockScript, s.tasks[i].pc = m.tasks[i], pcStart
		}
	}
	return s
}

// Steps implements explore.Model.
func (m *lockModel) Steps(s lockState, visit func(agent, step string, next lockState)) {
	for i := range uint8(len(m.tasks)) {
		do := func(step string, change func(n *lockState, t *lockTask)) {
			n := s
			change(&n, &n.tasks[i])
			visit(lockerNames[i], step, n)
		}
		m.step(&s, i, do)
	}
}

var lockerNames = [...]string{"task 0", "task 1", "task 2"}

func (m *lockModel) step(s *lockState, i uint8, do func(string, func(*lockState, *lockTask))) {
	t := &s.tasks[i]
	load := func(to lockPC) {
		do("loads", func(n *lockState, t *lockTask) { t.reg, t.pc = n.word, to })
	}
	lockMu := func(then func(n *lockState, t *lockTask)) {
		if s.mu == noLocker {
			do("locks mu", func(n *lockState, t *lockTask) { n.mu = i; then(n, t) })
		}
	}
	// swap makes a compare-and-swap, and goes back to load if it fails.
	swap := func(what string, next lock.MutexWord, again lockPC, then func(n *lockState, t *lockTask)) {
		do(what, func(n *lockState, t *lockTask) {
			reg := t.reg
			t.reg = 0
			blind := m.fault == faultBlindLoss && t.pc == pcRetrySwap && reg.Has(lock.WordLocked)
			if n.word != reg && !blind {
				t.pc = again
				return
			}
			n.word = next
			then(n, t)
		})
	}
	switch t.pc {
	case pcStart:
		if t.rounds == 0 {
			do("is done", func(_ *lockState, t *lockTask) { *t = lockTask{pc: pcDone, wakes: noLocker} })
			return
		}
		do("tries", func(n *lockState, t *lockTask) {
			if t.pc = pcTry; n.word == 0 {
				n.word, t.pc = lock.WordLocked, pcHolds
			}
		})
	case pcTry:
		load(pcTrySwap)
	case pcTrySwap:
		next, ok := t.reg.Lock()
		if !ok {
			do("finds it locked", func(_ *lockState, t *lockTask) { t.reg, t.pc = 0, pcJoin })
			return
		}
		swap("locks", next, pcTry, func(n *lockState, t *lockTask) { m.overtakes(n); t.pc = pcHolds })
	case pcJoin:
		lockMu(func(_ *lockState, t *lockTask) { t.pc = pcJoinLoad })
	case pcJoinLoad:
		load(pcJoinSwap)
	case pcJoinSwap:
		m.stepJoin(t, swap)
	case pcParked:
		m.stepParked(t, do)
	case pcRetry:
		lockMu(func(_ *lockState, t *lockTask) {
			if t.pc = pcRetryLoad; t.node == nodeGranted {
				t.pc, t.then = pcUnlockMu, pcReceive
			}
		})
	case pcRetryLoad:
		load(pcRetrySwap)
	case pcRetrySwap:
		m.stepRetry(s, i, swap)
	case pcReceive:
		do("receives it", func(_ *lockState, t *lockTask) { t.node, t.pc = nodeIdle, pcHolds })
		if s.word.Has(lock.WordHanding) && !m.ordered {
			do("has not starved", func(_ *lockState, t *lockTask) { t.pc = pcCalm })
		}
	case pcCalm:
		lockMu(func(_ *lockState, t *lockTask) { t.pc = pcCalmLoad })
	case pcCalmLoad:
		load(pcCalmSwap)
	case pcCalmSwap:
		swap("calms", t.reg.Calm(), pcCalmLoad, func(_ *lockState, t *lockTask) {
			t.node, t.pc, t.then = nodeIdle, pcUnlockMu, pcHolds
		})
	case pcDrop:
		lockMu(func(_ *lockState, t *lockTask) {
			if t.pc = pcDropLoad; t.node == nodeGranted {
				t.node, t.pc, t.then = nodeIdle, pcUnlockMu, pcHolds
				if m.fault == faultGrantKept {
					t.then = pcWake
				}
			}
		})
	case pcDropLoad:
		load(pcDropSwap)
	case pcDropSwap:
		next, a := t.reg.Leave(s.first(i), int(s.n))
		swap("leaves", next, pcDropLoad, func(n *lockState, t *lockTask) {
			n.remove(i)
			t.pc, t.then = pcUnlockMu, pcWake
			if a == lock.MutexWake && m.fault != faultSilentLeave {
				t.wakes = n.line[0]
			}
		})
	case pcHolds:
		do("unlocks", func(n *lockState, t *lockTask) {
			if t.pc = pcUnlock; n.word == lock.WordLocked {
				n.word, t.pc = 0, pcWake
			}
		})
	case pcUnlock:
		load(pcUnlockSwap)
	case pcUnlockSwap:
		m.stepUnlock(t, do, swap)
	case pcRelease:
		lockMu(func(_ *lockState, t *lockTask) { t.pc = pcReleaseLoad })
	case pcReleaseLoad:
		load(pcReleaseSwap)
	case pcReleaseSwap:
		m.stepRelease(s, t, swap)
	case pcUnlockMu:
		do("unlocks mu", func(n *lockState, t *lockTask) { n.mu, t.pc, t.then = noLocker, t.then, pcStart })
	case pcWake:
		do("wakes", func(n *lockState, t *lockTask) {
			if t.wakes != noLocker {
				n.tasks[t.wakes].awake = true
			}
			t.wakes, t.pc = noLocker, pcStart
			t.rounds--
		})
	}
}

// A swapper makes a compare-and-swap.
type swapper func(what string, next lock.MutexWord, again lockPC, then func(n *lockState, t *lockTask))

func (m *lockModel) stepJoin(t *lockTask, swap swapper) {
	next, a := t.reg.Join(m.ordered && m.fault != faultUnordered)
	if m.fault == faultBlindJoin {
		next, a = t.reg|lock.WordQueued, lock.MutexWaits
	}
	swap("joins", next, pcJoinLoad, func(n *lockState, t *lockTask) {
		t.pc = pcUnlockMu
		if a == lock.MutexLocked {
			m.overtakes(n)
			t.then = pcHolds
			return
		}
		t.node, t.then = nodeWaiting, pcParked
		for i := range n.tasks {
			if &n.tasks[i] == t {
				n.line[n.n] = uint8(i)
				n.n++
			}
		}
	})
}

func (m *lockModel) stepParked(t *lockTask, do func(string, func(*lockState, *lockTask))) {
	poll := func(t *lockTask) {
		t.awake = false
		if t.pc = pcRetry; t.node == nodeGranted {
			t.pc = pcReceive
		}
	}
	if t.awake {
		do("is polled", func(_ *lockState, t *lockTask) { poll(t) })
	}
	if t.spurious > 0 {
		do("is polled without a wake", func(_ *lockState, t *lockTask) { t.spurious--; poll(t) })
	}
	if t.drops > 0 {
		do("is dropped", func(_ *lockState, t *lockTask) { t.drops--; t.pc = pcDrop })
	}
}

func (m *lockModel) stepRetry(s *lockState, i uint8, swap swapper) {
	t := &s.tasks[i]
	for _, starved := range []bool{false, true} {
		next, a := t.reg.Retry(s.first(i), starved, int(s.n))
		if m.fault == faultWokenStays && a == lock.MutexWaits && !starved {
			next |= t.reg & lock.WordWoken
		}
		what := "loses"
		switch {
		case a == lock.MutexLocked:
			what = "locks"
		case starved:
			what = "starves"
		}
		swap(what, next, pcRetryLoad, func(n *lockState, t *lockTask) {
			t.pc, t.then = pcUnlockMu, pcParked
			if a == lock.MutexLocked {
				n.remove(i)
				t.then = pcHolds
			}
		})
	}
}

func (m *lockModel) stepUnlock(t *lockTask, do func(string, func(*lockState, *lockTask)), swap swapper) {
	next, a := t.reg.Unlock()
	if m.fault == faultDeafUnlock {
		next, a = t.reg&^lock.WordLocked, lock.MutexNone
	}
	switch a {
	case lock.MutexInvalid:
		do("panics", func(n *lockState, _ *lockTask) { n.breaks(lawLocked) })
	case lock.MutexRelease:
		do("finds a line", func(_ *lockState, t *lockTask) { t.reg, t.pc = 0, pcRelease })
	default:
		swap("unlocks", next, pcUnlock, func(_ *lockState, t *lockTask) { t.pc = pcWake })
	}
}

func (m *lockModel) stepRelease(s *lockState, t *lockTask, swap swapper) {
	next, a := t.reg.Release(int(s.n))
	if m.fault == faultFreeHandOver && a == lock.MutexHandOver {
		next &^= lock.WordLocked
	}
	swap("releases", next, pcReleaseLoad, func(n *lockState, t *lockTask) {
		t.pc, t.then = pcUnlockMu, pcWake
		switch a {
		case lock.MutexInvalid:
			n.breaks(lawLocked)
		case lock.MutexWake:
			t.wakes = n.line[0]
		case lock.MutexHandOver:
			t.wakes = n.line[0]
			n.remove(t.wakes)
			n.tasks[t.wakes].node = nodeGranted
		}
	})
}

// overtakes checks that a newcomer may have the lock.
func (m *lockModel) overtakes(n *lockState) {
	if n.n > 0 && (m.ordered || n.word.Has(lock.WordHanding)) {
		n.breaks(lawOrder)
	}
}

func (s *lockState) first(i uint8) bool { return s.line[0] == i }

// remove takes a task out of the line.
func (s *lockState) remove(i uint8) {
	s.tasks[i].node = nodeIdle
	k := 0
	for _, j := range s.line[:s.n] {
		if j != i {
			s.line[k] = j
			k++
		}
	}
	s.n = uint8(k)
	for ; k < maxLockers; k++ {
		s.line[k] = noLocker
	}
}

// String draws the state.
func (s lockState) String() string {
	var b strings.Builder
	for i, name := range []string{"locked", "queued", "woken", "handing"} {
		if s.word>>i&1 != 0 {
			fmt.Fprint(&b, name, " ")
		}
	}
	fmt.Fprintf(&b, "line %v", s.line[:s.n])
	for i, t := range s.tasks {
		fmt.Fprintf(&b, "; %d %s", i, lockPCs[t.pc])
		if t.node == nodeGranted {
			b.WriteString(" granted")
		}
		if t.awake {
			b.WriteString(" awake")
		}
	}
	return b.String()
}
