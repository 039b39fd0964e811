package coro_test

import (
	"fmt"
	"strings"
)

// A parkModel is the coroutines of one worker, where tasks stay, or of two between which tasks move, as far as it matters
// who is parked in which berth. A step is what one worker does up to its next swap, a swap, or what the goroutine does then
// that it has resumed.
type parkModel struct {
	name       string
	workers    uint8
	coroutines uint8 // at most
	bodies     uint8 // that are spawned
	limit      int   // of each pool
	fault      parkFault
}

const (
	maxParkWorkers    = 2
	maxParkCoroutines = 4
	maxParties        = maxParkCoroutines + maxParkWorkers
	nobody            = 255
)

// homeOf returns the party of a worker's own goroutine. The parties of coroutines, and their berths, have their numbers.
func homeOf(w uint8) uint8 { return maxParkCoroutines + w }

// A parkState is everything that decides which steps are possible.
type parkState struct {
	in     [maxParkCoroutines]uint8 // who is parked in the berth
	at     [maxParties]uint8        // party.at
	co     [maxParkCoroutines]parkCoroutine
	ws     [maxParkWorkers]parkWorker
	bodies uint8 // that have not begun
	broken parkLaw
}

type parkCoroutine struct {
	is        coroutinePhase
	pool      uint8 // while it is idle, or among the broken ones
	broken    bool
	reclaimed bool
	stopping  bool
}

type coroutinePhase uint8

const (
	coAbsent  coroutinePhase = iota // not made yet, or disposed of
	coIdle                          // in a pool
	coWaiting                       // its body is suspended
	coReady                         // in a queue
	coTaken                         // the next one of a worker
	coPolled                        // the poll of its body is under way, or is to be ended
	coDone                          // its body has ended, the poll is to be ended by the worker's goroutine
	coBroken                        // among the broken ones of a pool
	coEnding                        // on the way to its end
	coEnded
)

var coPhases = [...]string{"absent", "idle", "waiting", "ready", "taken", "polled", "done", "broken", "ending", "ended"}

// A parkWorker is one worker: who holds it, and what that one does next.
type parkWorker struct {
	pc      parkPC
	holder  uint8
	to      uint8 // the berth to swap in, or in which the holder was resumed
	want    uint8 // the party that is to go on
	current uint8 // Pool.current
	next    uint8 // the task that Relay.Next has returned
	then    parkThen
	subject uint8 // the coroutine that the worker's goroutine ends
	evict   bool  // Pool.evictTo is set
	closing bool
}

type parkPC uint8

const (
	pcFree   parkPC = iota // the worker's goroutine is between two polls
	pcBody                 // the body of current runs
	pcSwap                 // swaps in to
	pcLanded               // has been resumed in to
	pcTrim
	pcEnd // ends subject
	pcClose
	pcClosed
)

var parkPCs = [...]string{"free", "body", "swap", "landed", "trim", "end", "close", "closed"}

// A parkThen is where the worker's goroutine goes on when it is resumed.
type parkThen uint8

const (
	thenPolled    parkThen = iota // resume
	thenReclaimed                 // reclaim, and then dispose
	thenDisposed                  // dispose
)

// Birth implements explore.Model.
func (m *parkModel) Birth() parkState {
	s := parkState{bodies: m.bodies}
	for i := range s.in {
		s.in[i] = nobody
	}
	for i := range s.at {
		s.at[i] = nobody
	}
	for i := range s.ws {
		s.ws[i] = parkWorker{holder: homeOf(uint8(i)), to: nobody, want: nobody, current: nobody, next: nobody,
			subject: nobody}
		if i >= int(m.workers) {
			s.ws[i].pc = pcClosed
		}
	}
	return s
}

// handsOver reports whether coroutines resume suspended bodies.
func (m *parkModel) handsOver() bool { return m.workers == 1 || m.fault == faultHandOverMoving }

// Steps implements explore.Model.
func (m *parkModel) Steps(s parkState, visit func(agent, step string, next parkState)) {
	for i := range s.co {
		if s.co[i].is == coWaiting {
			n := s
			n.co[i].is = coReady
			visit("a waker", fmt.Sprint("wakes ", i), n)
		}
	}
	for i := range m.workers {
		do := func(step string, change func(n *parkState, w *parkWorker)) {
			n := s
			change(&n, &n.ws[i])
			visit(workerNames[i], step, n)
		}
		m.step(&s, i, do)
	}
}

var workerNames = [...]string{"worker 0", "worker 1"}

// A doer makes one of the steps that are possible.
type doer func(step string, change func(n *parkState, w *parkWorker))

func (m *parkModel) step(s *parkState, i uint8, do doer) {
	w := &s.ws[i]
	switch w.pc {
	case pcFree:
		m.stepFree(s, i, do)
	case pcBody:
		m.stepBody(s, i, do)
	case pcSwap:
		do("swaps", func(n *parkState, w *parkWorker) { m.swap(n, w) })
	case pcLanded:
		m.stepLanded(s, i, do)
	case pcTrim:
		m.stepTrim(s, i, do)
	case pcEnd:
		m.stepEnd(s, i, do)
	case pcClose:
		do("closes", func(n *parkState, w *parkWorker) { m.close(n, w, i) })
	}
}

// pass is Pool.pass from the holder to a party.
func (m *parkModel) pass(n *parkState, w *parkWorker, to uint8) {
	w.want, w.to, w.pc = to, n.at[to], pcSwap
	if w.to == nobody {
		n.breaks(lawParked)
	}
}

// swap is berth.swap.
func (m *parkModel) swap(n *parkState, w *parkWorker) {
	from, to := w.holder, n.in[w.to]
	if to == nobody {
		n.breaks(lawParked)
		return
	}
	if m.fault != faultAtStays || from >= maxParkCoroutines || to >= maxParkCoroutines {
		n.at[from] = w.to
	}
	n.in[w.to] = from
	w.holder, w.pc = to, pcLanded
}

// stepLanded is what a goroutine does that has been resumed.
func (m *parkModel) stepLanded(s *parkState, i uint8, do doer) {
	w := &s.ws[i]
	x := w.holder
	switch {
	case w.evict && m.fault != faultEvictedStays:
		do("is evicted", func(n *parkState, w *parkWorker) {
			w.evict = false
			m.pass(n, w, homeOf(i))
		})
	case x >= maxParkCoroutines:
		do("home goes on", func(n *parkState, w *parkWorker) { m.homeLanded(n, w, i) })
	case s.co[x].reclaimed:
		do("is reclaimed", func(n *parkState, w *parkWorker) {
			n.co[x].reclaimed, w.evict = false, true
			n.at[x], w.to, w.pc = x, x, pcSwap
		})
	case s.co[x].stopping:
		do("ends", func(n *parkState, w *parkWorker) { m.endCoroutine(n, w, i) })
	case x != w.want:
		do("goes on", func(n *parkState, _ *parkWorker) { n.breaks(lawMeant) })
	case s.co[x].is == coTaken || s.co[x].is == coPolled:
		m.stepBegun(s, i, do)
	default:
		do("goes on", func(n *parkState, _ *parkWorker) { n.breaks(lawPoll) })
	}
}

// endCoroutine ends the goroutine of the holder, which resumes the one in its own berth.
func (m *parkModel) endCoroutine(n *parkState, w *parkWorker, i uint8) {
	x := w.holder
	y := n.in[x]
	if y != homeOf(i) {
		n.breaks(lawEnd)
		return
	}
	n.in[x], n.at[x], n.at[y] = nobody, nobody, nobody
	n.co[x] = parkCoroutine{is: coEnded}
	w.holder, w.want = y, y
}

// stepBegun is Pool.begun.
func (m *parkModel) stepBegun(s *parkState, i uint8, do doer) {
	w := &s.ws[i]
	x, from := w.holder, w.current
	if from == x {
		do("begins", func(n *parkState, w *parkWorker) { w.pc = pcBody })
		return
	}
	if w.next != x {
		do("begins", func(n *parkState, w *parkWorker) { n.breaks(lawPoll) })
		return
	}
	if from != nobody {
		do("ends a poll and begins its own", func(n *parkState, w *parkWorker) {
			n.co[from].is, n.co[x].is = coWaiting, coPolled
			w.current, w.next, w.pc = x, nobody, pcBody
		})
		do("ends a poll and cannot begin", func(n *parkState, w *parkWorker) {
			n.co[from].is = coWaiting
			w.current = nobody
			m.pass(n, w, homeOf(i))
		})
	}
	do("cannot begin", func(n *parkState, w *parkWorker) { m.pass(n, w, homeOf(i)) })
}

// stepBody is what a body may do next: suspend, or end, and what its coroutine then does.
func (m *parkModel) stepBody(s *parkState, i uint8, do doer) {
	c, home := s.ws[i].current, homeOf(i)
	if m.handsOver() {
		m.eachNext(s, i, func(t uint8) {
			do(fmt.Sprintf("%d suspends, %d is next", c, t), func(n *parkState, w *parkWorker) {
				m.take(n, w, t)
				m.pass(n, w, t)
			})
		})
	}
	do(fmt.Sprint(c, " suspends"), func(n *parkState, w *parkWorker) {
		if m.fault == faultEndedEarly {
			n.co[c].is, w.current = coWaiting, nobody
		}
		m.pass(n, w, home)
	})
	do(fmt.Sprint(c, " yields alone and cannot continue"), func(n *parkState, w *parkWorker) {
		n.co[c].is = coTaken
		w.current, w.next = nobody, c
		m.pass(n, w, home)
	})
	for _, broken := range []bool{false, true} {
		do(fmt.Sprint(c, " ends, broken: ", broken), func(n *parkState, w *parkWorker) {
			n.co[c].is, n.co[c].broken = coDone, broken
			m.pass(n, w, home)
		})
	}
	ended := func(n *parkState, w *parkWorker) {
		n.co[c].is, n.co[c].pool, w.current = coIdle, i, nobody
	}
	do(fmt.Sprint(c, " is idle"), func(n *parkState, w *parkWorker) {
		ended(n, w)
		m.pass(n, w, home)
	})
	if s.bodies > 0 {
		do(fmt.Sprint(c, " takes a body"), func(n *parkState, _ *parkWorker) { n.bodies-- })
	}
	for t := range m.coroutines {
		if s.co[t].is != coReady || !m.handsOver() {
			continue
		}
		do(fmt.Sprintf("%d is idle, %d begins", c, t), func(n *parkState, w *parkWorker) {
			ended(n, w)
			n.co[t].is, w.current = coPolled, t
			m.pass(n, w, t)
		})
		do(fmt.Sprintf("%d is idle, %d cannot begin", c, t), func(n *parkState, w *parkWorker) {
			ended(n, w)
			m.take(n, w, t)
			m.pass(n, w, home)
		})
	}
}

// eachNext calls f for each coroutine that may be the next one: its body is ready, or it is idle and gets a body.
func (m *parkModel) eachNext(s *parkState, i uint8, f func(t uint8)) {
	for t := range m.coroutines {
		if s.co[t].is == coReady || s.bodies > 0 && s.co[t].is == coIdle && s.co[t].pool == i {
			f(t)
		}
	}
}

func (m *parkModel) take(n *parkState, w *parkWorker, t uint8) {
	if n.co[t].is != coReady {
		n.bodies--
	}
	n.co[t].is, w.next = coTaken, t
}

// String is for traces.
func (s parkState) String() string {
	var b strings.Builder
	for i, c := range s.co {
		if c.is == coAbsent {
			continue
		}
		fmt.Fprintf(&b, "%d %s", i, coPhases[c.is])
		for _, f := range []struct {
			name string
			set  bool
		}{{"broken", c.broken}, {"reclaimed", c.reclaimed}, {"stopping", c.stopping}} {
			if f.set {
				fmt.Fprintf(&b, "+%s", f.name)
			}
		}
		fmt.Fprintf(&b, "[%s] ", partyName(s.in[i]))
	}
	for i, w := range s.ws {
		fmt.Fprintf(&b, "| worker %d: %s %s to %d ", i, partyName(w.holder), parkPCs[w.pc], int8(w.to))
	}
	return b.String()
}

func partyName(p uint8) string {
	switch {
	case p == nobody:
		return "-"
	case p >= maxParkCoroutines:
		return fmt.Sprint("home ", p-maxParkCoroutines)
	}
	return fmt.Sprint(p)
}
