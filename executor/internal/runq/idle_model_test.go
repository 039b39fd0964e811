package runq_test

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/moduvex/moduvex-go/executor/internal/runq"
)

// An idleModel is a set of workers that steal, and of goroutines that bring them tasks and notices. Each agent is a
// small machine whose steps are atomic: one load or compare-and-swap of the idle word, of an inbox or of a ring; one
// look at a queue; one locked section of the injector; one notify. State that only its owner sees (the slot, private
// and bound tasks, tasks that it carries) changes together with the step before.
//
// A look at state that no other agent can change from then on, such as at a ring of its own that is empty, is done
// together with the step before.
//
// A poll takes any time. Choices that are random or counted in the code (where a search begins, when a round ends, which
// of bound and other tasks come next) are free here, so the model does all that the code does, and more.
type idleModel struct {
	name      string
	workers   int
	outsiders []outsider // ordered by what they do, so that equal ones are neighbours
	spawns    uint8      // how many tasks polls may put behind the others
	wakes     uint8      // how many they may put into the slot
	events    uint8      // how often I/O or a timer may fire
	ring      uint8      // how many tasks a ring holds
	hand      uint8      // how many a worker takes out of its ring at once
	steady    bool       // rounds end only when the worker has run out of tasks, and searches have one order
	next      func(w runq.IdleWord, e runq.IdleEvent, worker, n int) (runq.IdleWord, runq.IdleAction, int)
	wrong     mistake  // of the agents; 0 for none
	made      idleMade // if not nil, gathers the transitions made
}

// idleMade holds the transitions that were made: which event in which word.
type idleMade map[idleUse]struct{}

type idleUse struct {
	word      runq.IdleWord
	event     runq.IdleEvent
	worker, n int
}

// idleReserve is how many tasks a worker puts into its ring, if that is less than half as full, while no worker is
// idle.
const idleReserve = 2

const (
	maxIdleWorkers   = 3
	maxIdleOutsiders = 5
)

// An idleState is all state that decides which steps are possible, with notes on what has happened.
type idleState struct {
	word      runq.IdleWord
	injector  uint8
	workers   [maxIdleWorkers]idleWorker
	outsiders [maxIdleOutsiders]outsider
	spawns    uint8 // those that are left
	wakes     uint8
	events    uint8
	broken    idleLaw // the first law that was broken on the way here
}

// An idleWorker is a worker, its queues and its inbox.
type idleWorker struct {
	at        uint8
	ret       uint8 // where it goes on when it carries no more tasks
	then      uint8 // where it goes on when it has woken another, or need not
	look      uint8 // searching: the victims that are left, a bit each; looking: the next place
	other     uint8 // the worker that it robs, or wakes
	carried   uint8 // tasks on their way to one of its queues, those of its I/O among them
	searching bool
	sawIdle   bool // another worker was idle, when it looked

	lifo    bool
	bound   uint8
	private uint8
	ring    uint8 // tasks between head and tail
	hand    uint8
	held    uint8 // places between steal and head

	inbox  uint8 // tasks
	parked bool
	token  bool // a Notify is kept
	notice bool // stop, or an earlier timer

	// What has happened. No agent reads it, only the laws do.
	down bool // it has announced that it sleeps, and not yet that it woke up
	owed bool // its inbox is parked, and no agent is to notify it yet
}

// A worker is before one of these steps.
const (
	atRun       uint8 = iota // take a task, or end the polls of the round
	atPop                    // choose from which queue
	atReserve                // no worker is idle: put a reserve where thieves look
	atReserved               // see whether a worker is idle now
	atTake                   // take some from the ring
	atPoll                   // polling
	atReceive                // empty the inbox
	atInject                 // take its share of the injector
	atIO                     // see what I/O and timers bring, and whether there is anything to do
	atOffer                  // put one of the tasks that it carries behind the others
	atExpose                 // count the tasks
	atFill                   // make them stealable
	atOverflow               // put what did not fit into the injector
	atWork                   // wakeOne: apply work
	atInterrupt              // interrupt the inbox of the chosen one
	atNotify                 // notify it
	atSearch                 // apply search
	atRob                    // claim a share of some ring
	atRelease                // release that ring, having copied
	atPublish                // put the loot into its own ring
	atRobInject              // take its share of the injector
	atRobbed                 // see what came of it
	atFound                  // apply found
	atSleep                  // apply sleep, or give up
	atLook                   // look once more, place by place
	atPark                   // park the inbox
	atNotice                 // read the notice
	atAsleep                 // look at the word
	atWait                   // sleeping
	atUnpark                 // unpark the inbox
	atWake                   // apply wake
	atOwn                    // see whether its own queues have something already
)

var workerSteps = [...]string{"run", "pop", "reserve", "reserved", "take", "poll", "receive", "inject", "io", "offer",
	"expose", "fill", "overflow", "work",
	"interrupt", "notify", "search", "rob", "release", "publish", "rob the injector", "robbed", "found", "sleep", "look",
	"park", "notice", "asleep?", "wait", "unpark", "wake", "own?"}

// An outsider is a goroutine that is no worker. It makes one call.
type outsider struct {
	does  uint8
	at    uint8
	to    uint8 // the worker that its task or its notice is for
	other uint8 // the worker that it wakes
}

const (
	doesPush uint8 = iota // a task that any worker may run
	doesSend              // a task bound to one worker
	doesTell              // a notice: stop, a timer
)

const (
	outStart uint8 = iota
	outWork
	outInterrupt
	outNotify
	outLate // by mistake: the step that should have come first
	outOver
)

// Birth implements explore.Model: all workers sleep.
func (m *idleModel) Birth() idleState {
	s := idleState{spawns: m.spawns, wakes: m.wakes, events: m.events}
	for i := range m.workers {
		s.word |= 1 << i
		s.workers[i] = idleWorker{at: atWait, parked: true, down: true, owed: true}
	}
	for i := range s.outsiders {
		s.outsiders[i].at = outOver
	}
	copy(s.outsiders[:], m.outsiders)
	return s
}

// An idleVisitor is called with the step of an agent, whose number is below 0 for outsiders, and the state that follows.
type idleVisitor func(who int, what string, s idleState)

// idleAgents are the names of the agents in traces.
var idleAgents = map[int]string{0: "worker 0", 1: "worker 1", 2: "worker 2",
	-1: "outsider 0", -2: "outsider 1", -3: "outsider 2", -4: "outsider 3", -5: "outsider 4"}

// Steps implements explore.Model.
func (m *idleModel) Steps(s idleState, visit func(agent, step string, next idleState)) {
	m.steps(s, func(who int, what string, next idleState) { visit(idleAgents[who], what, next) })
}

func (m *idleModel) steps(s idleState, visit idleVisitor) {
	for i := range m.workers {
		m.stepWorker(s, i, func(who int, what string, s idleState) {
			for m.alone(&s, i) {
				m.stepWorker(s, i, func(_ int, _ string, next idleState) { s = next })
			}
			visit(who, what, s)
		})
	}
	for i := range m.outsiders {
		m.stepOutsider(s, i, visit)
	}
}

// alone reports whether the next step of worker i is its only one, and no other agent sees it or can change its
// outcome.
func (m *idleModel) alone(s *idleState, i int) bool {
	w := &s.workers[i]
	certain := w.lifo || w.bound+w.private+w.hand > 0 || w.ring == 0 // whether its queues are empty
	switch w.at {
	case atRun:
		return w.empty()
	case atPop:
		if w.bound > 0 && w.stealable() > 0 {
			return false
		}
		return w.hand > 0 || w.sawIdle || w.private == 0 || w.ring == 0
	case atTake:
		return w.ring == 0
	case atReceive, atNotice:
		return !m.isAddressed(uint8(i))
	case atIO:
		return certain && m.events == 0
	case atExpose:
		n := w.bound + w.private + w.hand
		if w.lifo {
			n++
		}
		return n > 1 || n+w.ring <= 1
	case atRobbed:
		return certain
	case atOwn:
		return certain || !w.searching
	}
	return false
}

// isAddressed reports whether an outsider has a task or a notice for worker i only.
func (m *idleModel) isAddressed(i uint8) bool {
	for _, o := range m.outsiders {
		if o.does != doesPush && o.to == i {
			return true
		}
	}
	return false
}

// apply is a transition as idleState.apply makes it. The code omits it where wakesNobody says so, which makes no
// difference: at that moment it would change nothing.
func (m *idleModel) apply(s *idleState, e runq.IdleEvent, worker int) (runq.IdleAction, uint8) {
	w, act, chosen := m.next(s.word, e, worker, m.workers)
	if m.made != nil {
		m.made[idleUse{s.word, e, worker, m.workers}] = struct{}{}
	}
	if act == runq.IdleInvalid {
		s.breaks(idleLawValid)
	}
	s.word = w
	return act, uint8(chosen)
}

// interrupt is Inbox.Interrupt: if it returns true, the caller notifies.
func (s *idleState) interrupt(i uint8) bool {
	w := &s.workers[i]
	if !w.parked {
		return false
	}
	w.parked = false
	s.grant(i)
	return true
}

// grant notes that an agent is to notify worker i.
func (s *idleState) grant(i uint8) {
	if w := &s.workers[i]; !w.owed {
		s.breaks(idleLawNotify)
	} else {
		w.owed = false
	}
}

// notify is Poller.Notify: the poller keeps it until the next wait.
func (m *idleModel) notify(s *idleState, i uint8) {
	w := &s.workers[i]
	if m.wrong != notifyIsNotKept || w.at == atWait {
		w.token = true
	}
}

// take is injector.take: the share of one worker.
func (m *idleModel) take(s *idleState) uint8 {
	n := uint8(m.workers)
	share := (s.injector + n - 1) / n
	s.injector -= share
	return share
}

func (m *idleModel) stepOutsider(s idleState, i int, visit idleVisitor) {
	o := &s.outsiders[i]
	who := -1 - i
	switch o.at {
	case outStart:
		switch o.does {
		case doesPush:
			if m.wrong == workComesBeforeTheTask {
				o.at = outWork
				m.outsiderWorks(&s, o, outLate)
				visit(who, "applies work", s)
				return
			}
			s.injector++
			if o.at = outWork; m.wrong == onlyTaskNeedsNoWork && s.injector == 1 {
				o.at = outOver
			}
			visit(who, "puts a task into the injector", s)
		case doesSend:
			w := &s.workers[o.to]
			w.inbox++
			notify := w.parked
			w.parked = false
			if o.at = outOver; notify {
				s.grant(o.to)
				if m.wrong != sendDoesNotNotify {
					o.at, o.other = outNotify, o.to
				}
			}
			visit(who, "sends a bound task", s)
		case doesTell:
			o.at, o.other = outInterrupt, o.to
			if m.wrong != noticeComesAfterTheInterrupt {
				s.workers[o.to].notice = true
			}
			visit(who, "writes a notice", s)
		}
	case outWork:
		m.outsiderWorks(&s, o, outOver)
		visit(who, "applies work", s)
	case outInterrupt:
		interrupted := s.interrupt(o.other)
		if m.wrong == notifyWithoutInterrupt && !interrupted {
			s.grant(o.other)
			interrupted = true
		}
		if o.at = m.outsiderEnd(o); interrupted {
			o.at = outNotify
		}
		visit(who, "interrupts", s)
	case outNotify:
		m.notify(&s, o.other)
		o.at = m.outsiderEnd(o)
		visit(who, "notifies", s)
	case outLate:
		if o.at = outOver; o.does == doesPush {
			s.injector++
		} else {
			s.workers[o.to].notice = true
		}
		visit(who, "does what should have come first", s)
	}
}

func (m *idleModel) outsiderWorks(s *idleState, o *outsider, otherwise uint8) {
	act, chosen := m.apply(s, runq.IdleWork, 0)
	if o.at = otherwise; act == runq.IdleNotify {
		o.at, o.other = outInterrupt, chosen
	}
}

func (m *idleModel) outsiderEnd(o *outsider) uint8 {
	if o.does == doesPush && m.wrong == workComesBeforeTheTask || o.does == doesTell && m.wrong == noticeComesAfterTheInterrupt {
		return outLate
	}
	return outOver
}

// empty is Local.Empty.
func (w *idleWorker) empty() bool { return !w.lifo && w.bound+w.private+w.ring+w.hand == 0 }

// stealable counts what is behind the slot but not bound.
func (w *idleWorker) stealable() uint8 { return w.private + w.ring + w.hand }

// String is for traces.
func (s idleState) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "asleep %b, %d search; injector %d", s.word.Sleepers(), s.word.Searchers(), s.injector)
	for i, w := range s.workers {
		if w == (idleWorker{}) && i >= bits.Len64(s.word.Sleepers()) {
			continue
		}
		fmt.Fprintf(&b, "; %d at %q", i, workerSteps[w.at])
		for _, n := range []struct {
			name string
			n    uint8
		}{{"carried", w.carried}, {"hand", w.hand}, {"bound", w.bound}, {"private", w.private}, {"ring", w.ring}, {"held", w.held}, {"inbox", w.inbox}} {
			if n.n != 0 {
				fmt.Fprintf(&b, " %s %d", n.name, n.n)
			}
		}
		for _, f := range []struct {
			name string
			set  bool
		}{{"searching", w.searching}, {"slot", w.lifo}, {"parked", w.parked}, {"token", w.token}, {"notice", w.notice}} {
			if f.set {
				b.WriteString(" " + f.name)
			}
		}
	}
	return b.String()
}
