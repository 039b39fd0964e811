package coro_test

import (
	"fmt"
	"strings"
)

// A parkModel is the coroutines of one worker, where tasks stay, or of two between which tasks move. It leaves out all that
// does not decide which party is parked in which berth. A step is what one worker does up to its next swap, a swap, or what
// the goroutine that was resumed does then.
type parkModel struct {
	name       string
	workers    uint8
	coroutines uint8 // at most, at a time
	bodies     uint8 // that are spawned
	limit      uint8 // of each pool: 0, 1 or all
	drops      bool  // workers drop bodies, and bodies drop others that have not begun
	strays     bool  // foreign goroutines await with the Co of a body
	fault      parkFault
}

const (
	maxParkWorkers    = 2
	maxParkCoroutines = 4
	maxParties        = maxParkCoroutines + 2*maxParkWorkers
	nobody            = 255
	ended             = 254 // in Surplus.parked: a coroutine that is not there any more
)

// homeOf returns the party of a worker's own goroutine. The parties of coroutines, and their berths, have their numbers.
func homeOf(w uint8) uint8 { return maxParkCoroutines + w }

// savedOf returns the party of a worker's own goroutine while a body that drops another one takes its place.
func savedOf(w uint8) uint8 { return maxParkCoroutines + maxParkWorkers + w }

func isCoroutine(p uint8) bool { return p < maxParkCoroutines }

// A parkState is everything that decides which steps are possible.
type parkState struct {
	in     [maxParkCoroutines]uint8 // the party that is parked in the berth
	at     [maxParties]uint8        // party.at; that of savedOf is the local variable of drop
	co     [maxParkCoroutines]parkCoroutine
	ws     [maxParkWorkers]parkWorker
	parked [maxParkCoroutines]uint8 // Surplus.parked
	lock   uint8                    // the worker that has locked the Surplus
	bodies uint8                    // that have not begun
	broken parkLaw
}

type parkCoroutine struct {
	is        coroutinePhase
	pool      uint8 // coroutine.pool
	surplus   bool
	broken    bool
	reclaimed bool
	ends      bool
	astray    bool // its body runs beside the worker; a foreign goroutine is parked in its place
	over      bool // the body has ended
}

type coroutinePhase uint8

const (
	coAbsent  coroutinePhase = iota // not made yet, or ended
	coIdle                          // in a pool or in the Surplus, or to end
	coWaiting                       // its body is suspended
	coReady                         // in a queue
	coTaken                         // the next one of a worker
	coPolled                        // the poll of its body is under way, or is to be ended
	coDone                          // its body has ended, the poll is to be ended by the worker's goroutine
	coBroken                        // among the broken ones of a pool, or in the Surplus
)

var coPhases = [...]string{"absent", "idle", "waiting", "ready", "taken", "polled", "done", "broken"}

// hasJob reports whether coroutine.job is set.
func (c *parkCoroutine) hasJob() bool { return c.is >= coWaiting && c.is <= coDone }

// A parkWorker is one worker: its holder, and what the holder does next.
type parkWorker struct {
	pc      parkPC
	holder  uint8
	to      uint8 // the berth to swap in
	want    uint8 // the party that is to go on
	current uint8 // Pool.current
	last    uint8 // whose poll HostView.Run is to end
	next    uint8 // the task that Relay.Next has returned
	then    parkThen
	subject uint8 // the coroutine that the worker's goroutine ends
	adding  uint8 // to the Surplus
	outer   uint8 // the body that drops another one
	closing bool
}

type parkPC uint8

const (
	pcFree   parkPC = iota // the worker's goroutine is between two polls
	pcBody                 // the body of current runs
	pcSwap                 // swaps in to
	pcLanded               // has been resumed
	pcTrim
	pcHost  // Surplus.add: may end the owner of the berth
	pcGuest // Surplus.add: may end the one that was added
	pcClosed
)

var parkPCs = [...]string{"free", "body", "swap", "landed", "trim", "host", "guest", "closed"}

// A parkThen is where the worker's goroutine goes on when it is resumed.
type parkThen uint8

const (
	thenPolled    parkThen = iota // resume
	thenDropped                   // drop
	thenReclaimed                 // reclaim, and then dispose
	thenTrim                      // trim, after an end
	thenGuest                     // Surplus.add, after the end of the owner of the berth
)

// Birth implements explore.Model.
func (m *parkModel) Birth() parkState {
	s := parkState{bodies: m.bodies, lock: nobody}
	for i := range s.in {
		s.in[i], s.parked[i] = nobody, nobody
	}
	for i := range s.at {
		s.at[i] = nobody
	}
	for i := range s.ws {
		s.ws[i] = parkWorker{holder: homeOf(uint8(i)), to: nobody, want: nobody, current: nobody, last: nobody,
			next: nobody, subject: nobody, adding: nobody, outer: nobody}
		if i >= int(m.workers) {
			s.ws[i].pc = pcClosed
		}
	}
	return s
}

// moves reports whether tasks move between workers.
func (m *parkModel) moves() bool { return m.workers > 1 }

// Steps implements explore.Model.
func (m *parkModel) Steps(s parkState, visit func(agent, step string, next parkState)) {
	for i := range s.co {
		if s.co[i].is != coWaiting {
			continue
		}
		n := s
		n.co[i].is = coReady
		if !s.co[i].astray {
			visit("a waker", "wakes "+digits[i], n)
		} else if s.at[i] != nobody { // an end that comes at another time is a race that nothing can make good
			m.stray(&n, uint8(i))
			visit("a body beside the worker", digits[i]+" ends", n)
		}
	}
	for i := range m.workers {
		m.step(&s, i, func(step string, change func(n *parkState, w *parkWorker)) {
			n := s
			change(&n, &n.ws[i])
			visit(workerNames[i], step, n)
		})
	}
}

var (
	workerNames = [...]string{"worker 0", "worker 1"}
	digits      = [maxParkCoroutines]string{"0", "1", "2", "3"}
)

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
	case pcHost:
		do("looks at the berth of "+digits[w.adding], func(n *parkState, w *parkWorker) { m.endHost(n, w, i) })
	case pcGuest:
		do("looks for a guest of "+digits[w.adding], func(n *parkState, w *parkWorker) { m.endAdded(n, w, i) })
	}
}

// pass is party.pass from the holder.
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
	if m.fault != faultAtStays || !isCoroutine(from) || !isCoroutine(to) {
		n.at[from] = w.to
	}
	n.in[w.to] = from
	w.holder, w.pc, w.to = to, pcLanded, nobody
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
		}{{"surplus", c.surplus}, {"broken", c.broken}, {"reclaimed", c.reclaimed}, {"ends", c.ends}, {"astray", c.astray}, {"over", c.over}} {
			if f.set {
				fmt.Fprintf(&b, "+%s", f.name)
			}
		}
		fmt.Fprintf(&b, "[%s] ", partyName(s.in[i]))
	}
	for i, w := range s.ws {
		if w.pc != pcClosed {
			fmt.Fprintf(&b, "| worker %d: %s %s, current %s ", i, partyName(w.holder), parkPCs[w.pc], partyName(w.current))
		}
	}
	return b.String()
}

func partyName(p uint8) string {
	switch {
	case p == nobody:
		return "-"
	case isCoroutine(p):
		return digits[p]
	case p < savedOf(0):
		return fmt.Sprint("home ", p-homeOf(0))
	}
	return fmt.Sprint("home ", p-savedOf(0), " (saved)")
}
