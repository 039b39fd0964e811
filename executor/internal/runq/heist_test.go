package runq_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor/internal/racetest"
	"github.com/moduvex/moduvex-go/executor/internal/runq"
)

// A ringModel is a ring in as few words as possible.
type ringModel struct {
	tasks []*task.Task
	held  int // places of a theft, and of what was popped behind it meanwhile
	theft bool
}

func (m *ringModel) room(size int) int { return size - len(m.tasks) - m.held }

func (m *ringModel) pop() *task.Task {
	if len(m.tasks) == 0 {
		return nil
	}
	if m.theft {
		m.held++
	}
	t := m.tasks[0]
	m.tasks = m.tasks[1:]
	return t
}

func (m *ringModel) claim(room int) []*task.Task {
	n := min((len(m.tasks)+1)/2, room)
	if m.theft || n == 0 {
		return nil
	}
	loot := m.tasks[:n]
	m.tasks, m.held, m.theft = m.tasks[n:], n, true
	return loot
}

func (m *ringModel) release() { m.held, m.theft = 0, false }

// A heist is an owner and two thieves, each with a model beside it. Their steps are made one by one.
type heist struct {
	t      *testing.T
	tasks  []*task.Task
	victim *runq.Ring
	fifo   *runq.FIFO // scratch, empty between the steps
	model  ringModel
	thieves
	steps []int
}

type thieves [2]struct {
	ring  *runq.Ring
	model ringModel
	theft *runq.Theft
	loot  []*task.Task
	at    int
}

const (
	heistPut = iota
	heistPop
	heistTake
	heistFirst
	heistSecond
	heistActs
)

func (h *heist) step(act int) {
	const size = 4
	h.steps = append(h.steps, act)
	switch act {
	case heistPut:
		next := h.tasks[0]
		h.tasks = h.tasks[1:]
		fits := h.model.room(size) > 0
		if fits {
			h.model.tasks = append(slices.Clone(h.model.tasks), next)
		}
		if left := refill(h.victim, h.fifo, next); (left == 0) != fits {
			h.t.Fatalf("%v: a place was found: %t, want %t", h.steps, left == 0, fits)
		}
		h.fifo.Pop()
	case heistPop:
		if got, want := h.victim.Pop(), h.model.pop(); got != want {
			h.t.Fatalf("%v: popped the wrong task", h.steps)
		}
	case heistTake:
		var some [2]*task.Task
		n := h.victim.Take(some[:])
		for i := range some {
			if want := h.model.pop(); some[i] != want || (i < n) != (want != nil) {
				h.t.Fatalf("%v: took the wrong tasks", h.steps)
			}
		}
	default:
		th := &h.thieves[act-heistFirst]
		switch th.at {
		case 0:
			th.loot = h.model.claim(th.model.room(size))
			th.theft = th.ring.Claim(h.victim)
			if th.theft.Claimed() != len(th.loot) {
				h.t.Fatalf("%v: claimed %d, want %d", h.steps, th.theft.Claimed(), len(th.loot))
			}
			if len(th.loot) == 0 {
				return
			}
		case 1:
			th.theft.Copy()
		case 2:
			th.theft.Release()
			h.model.release()
		case 3:
			th.theft.Publish()
			th.model.tasks = append(slices.Clone(th.model.tasks), th.loot...)
		case 4:
			if th.ring.Pop() != th.model.pop() {
				h.t.Fatalf("%v: the thief popped the wrong task", h.steps)
			}
		}
		th.at = (th.at + 1) % 5
	}
	if h.victim.Len() != len(h.model.tasks) || h.victim.Room() != h.model.room(size) {
		h.t.Fatalf("%v: len %d, room %d, want %d, %d", h.steps, h.victim.Len(), h.victim.Room(), len(h.model.tasks), h.model.room(size))
	}
}

func newHeist(t *testing.T, tasks []*task.Task, fifo *runq.FIFO, start uint32) *heist {
	h := &heist{t: t, tasks: tasks, fifo: fifo, victim: runq.NewRing(4, start)}
	for i := range h.thieves {
		h.thieves[i].ring = runq.NewRing(4, -start)
	}
	return h
}

// TestStealInterleavings makes the steps of an owner and two thieves in every order.
func TestStealInterleavings(t *testing.T) {
	depth := 7
	if racetest.Enabled || testing.Short() {
		depth = 5
	}
	tasks, fifo := numberedTasks(depth+3), new(runq.FIFO)
	orders := 1
	for range depth {
		orders *= heistActs
	}
	for order := range orders {
		h := newHeist(t, tasks, fifo, math.MaxUint32-2)
		for range 3 {
			h.step(heistPut)
		}
		for range depth {
			h.step(order % heistActs)
			order /= heistActs
		}
	}
}

// TestStealFollowsItsModel makes many random steps.
func TestStealFollowsItsModel(t *testing.T) {
	const steps = 10000
	tasks := numberedTasks(steps)
	for seed := range uint64(10) {
		rng := rand.New(rand.NewPCG(seed, seed))
		h := newHeist(t, tasks, new(runq.FIFO), math.MaxUint32-steps/8)
		for i := range steps {
			if i%50 == 0 {
				h.steps = h.steps[:0]
			}
			h.step(rng.IntN(heistActs))
		}
	}
}
