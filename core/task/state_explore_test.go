package task_test

import (
	"slices"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/internal/racetest"
	"github.com/moduvex/moduvex-go/core/task"
)

// models returns the companies a task is explored in. With two runners it may migrate; the host
// that kills closes between any two polls. Those that kill are small where the race detector,
// which has nothing to find here, makes them slow; those in which joiners give up always are.
func models() []model {
	wakers, aborters := 3, 2
	if racetest.Enabled {
		wakers, aborters = 1, 1
	}
	ms := []model{
		{name: "plain", wakers: 3, aborters: 2, joiners: 2, runners: 2},
		{name: "graceful", wakers: 3, aborters: 2, joiners: 2, runners: 2, graceful: true},
		{name: "plain, killed", wakers: wakers, aborters: aborters, joiners: 2, runners: 2, kill: true},
		{name: "graceful, killed", wakers: wakers, aborters: aborters, joiners: 2, runners: 2, graceful: true, kill: true},
		{name: "plain, given up", wakers: 1, aborters: 1, joiners: 2, runners: 2, leavers: true},
		{name: "graceful, given up, killed", aborters: 1, joiners: 2, runners: 1, graceful: true, kill: true, leavers: true},
	}
	for i := range ms {
		ms[i].next, ms[i].leave = task.Next, removeOwn
	}
	return ms
}

// TestEveryInterleavingKeepsTheLaws explores each model to its end, breadth first, and then
// compares the state function with its table in every word that was reached.
func TestEveryInterleavingKeepsTheLaws(t *testing.T) {
	var reached made
	total, start := 0, time.Now()
	for _, m := range models() {
		m.made = &reached
		begin := time.Now()
		x := explore(&m)
		total += x.states()
		t.Logf("%-26s %7d states, %7d steps, %3d ends, depth %d, %v", m.name, x.states(), x.steps, x.ends, x.depth,
			time.Since(begin).Round(time.Millisecond))
		if x.broken != kept {
			t.Errorf("%s: broken: %v\n%s", m.name, x.broken, x.trace())
		}
	}
	t.Logf("%d states in %v", total, time.Since(start).Round(time.Millisecond))
	checkTable(t, &reached)
}

// An exploration is the search through all states that a model can reach.
type exploration struct {
	m       *model
	visited map[key]struct{}
	path    []edge // how each state was reached first, in the order of discovery
	steps   int
	ends    int
	depth   int
	broken  law
}

// An edge leads from one state, by its number, to another: the how-manieth step it was.
type edge struct {
	from  uint32
	which uint8
}

// A numbered state waits to be looked at.
type numbered struct {
	state
	n uint32
}

// explore goes on until everything was seen or a law is broken.
func explore(m *model) *exploration {
	x := &exploration{m: m, visited: make(map[key]struct{})}
	now, later := []numbered(nil), []numbered(nil)
	x.add(&later, m.birth(), 0, 0)
	for len(later) > 0 && x.broken == kept {
		x.depth++
		now, later = later, now[:0]
		for i := range now {
			if x.expand(&now[i], &later); x.broken != kept {
				break
			}
		}
	}
	return x
}

// expand makes every step that is possible in s.
func (x *exploration) expand(s *numbered, later *[]numbered) {
	n, moved := uint8(0), false
	x.m.steps(s.state, func(_ string, to state) {
		x.steps++
		if x.broken == kept {
			moved = x.add(later, to, s.n, n) || moved || to != s.state
		}
		n++
	})
	if !moved && x.broken == kept {
		x.ends++
		x.m.checkEnd(&s.state)
		if x.broken = s.broken; x.broken != kept {
			x.path = append(x.path, edge{s.n, 0xff})
		}
	}
}

// add makes s one of the states to look at, unless it was visited, and checks it.
func (x *exploration) add(later *[]numbered, s state, from uint32, which uint8) bool {
	s.sort()
	k := s.key()
	if _, ok := x.visited[k]; ok && s.broken == kept {
		return false
	}
	x.visited[k] = struct{}{}
	x.path = append(x.path, edge{from, which})
	s.check()
	x.m.probe(&s)
	x.broken = s.broken
	*later = append(*later, numbered{s, uint32(len(x.path) - 1)})
	return true
}

func (x *exploration) states() int { return len(x.visited) }

// trace tells how the law was broken, by making the steps again.
func (x *exploration) trace() string {
	var whiches []uint8
	for n := uint32(len(x.path) - 1); n > 0; n = x.path[n].from {
		if w := x.path[n].which; w != 0xff {
			whiches = append(whiches, w)
		}
	}
	s := x.m.birth()
	out := "\t" + s.String() + "\n"
	for _, which := range slices.Backward(whiches) {
		n := uint8(0)
		var to state
		x.m.steps(s, func(what string, next state) {
			if n == which {
				to = next
				out += "\t" + what + ": " + next.String() + "\n"
			}
			n++
		})
		to.sort()
		s = to
	}
	return out
}

// sort puts agents that cannot be told apart into an order, so that states that differ only by
// their names are one.
func (s *state) sort() {
	slices.Sort(s.wakers[:])
	slices.Sort(s.aborters[:])
	if r := &s.runners; r[1].bits() < r[0].bits() {
		r[0], r[1] = r[1], r[0]
	}
}

// A key is a state without what is lost on the way: 128 bits.
type key [2]uint64

func (s *state) key() key {
	low := packer{}
	low.add(uint64(s.word), task.WordBits)
	low.add(uint64(s.queued), 2)
	low.add(uint64(s.slot), 2)
	for _, at := range s.wakers {
		low.add(uint64(at), 2)
	}
	for _, at := range s.aborters {
		low.add(uint64(at), 3)
	}
	for _, j := range s.joiners {
		low.add(uint64(j.at), 4)
		low.add(uint64(j.before), 2)
		low.add(uint64(j.wakes), 2)
		low.flags(j.registered, j.resumed, j.spurious)
	}
	high := packer{}
	for _, r := range s.runners {
		high.add(r.bits(), runnerBits)
	}
	high.flags(s.closed, s.polled, s.wakeOwed, s.aborted, s.abortOwed, s.told, s.ended, s.dropped, s.stored, s.taken)
	return key{low.v, high.v}
}

const runnerBits = 4 + 4 + 4 + task.WordBits

func (r *runner) bits() uint64 {
	p := packer{}
	p.add(uint64(r.at), 4)
	p.add(uint64(r.event), 4)
	p.add(uint64(r.act), 4)
	p.add(uint64(r.saved), task.WordBits)
	return p.v
}

// A packer puts small numbers into one large one.
type packer struct {
	v    uint64
	used int
}

func (p *packer) add(v uint64, bits int) {
	if p.used += bits; v>>bits != 0 || p.used > 64 {
		panic("the key is too small for the state")
	}
	p.v = p.v<<bits | v
}

func (p *packer) flags(fs ...bool) {
	for _, f := range fs {
		v := uint64(0)
		if f {
			v = 1
		}
		p.add(v, 1)
	}
}
