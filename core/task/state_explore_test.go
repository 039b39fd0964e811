package task_test

import (
	"slices"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coretest/explore"
	"github.com/moduvex/moduvex-go/core/internal/racetest"
	"github.com/moduvex/moduvex-go/core/task"
)

// models returns the sets of agents that a task is explored with. With two runners it may migrate; a host
// that kills may close between any two polls. The models with a kill are smaller under the race detector,
// which has nothing to find here and makes them slow; those in which joiners give up always are small.
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
		x := explore.Run(&m, kept)
		total += x.States
		t.Logf("%-26s %7d states, %7d steps, %3d ends, depth %d, %v", m.name, x.States, x.Steps, x.Ends, x.Depth,
			time.Since(begin).Round(time.Millisecond))
		if x.Broken != kept {
			t.Errorf("%s: broken: %v\n%s", m.name, x.Broken, x.Trace())
		}
	}
	t.Logf("%d states in %v", total, time.Since(start).Round(time.Millisecond))
	checkTable(t, &reached)
}

// sort orders interchangeable agents, so that states that differ only in which of them did what become
// one.
func (s *state) sort() {
	slices.Sort(s.wakers[:])
	slices.Sort(s.aborters[:])
	if r := &s.runners; r[1].bits() < r[0].bits() {
		r[0], r[1] = r[1], r[0]
	}
}

// A key is a state in 128 bits.
type key [2]uint64

// Key implements explore.Model.
func (m *model) Key(s *state) key {
	s.sort()
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
