package runq_test

import (
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coretest/explore"
	"github.com/moduvex/moduvex-go/executor/internal/racetest"
	"github.com/moduvex/moduvex-go/executor/internal/runq"
)

// outsiders makes goroutines that push tasks for any worker, and others.
func outsiders(pushers int, others ...outsider) []outsider {
	return append(make([]outsider, pushers), others...)
}

func sender(to uint8) outsider { return outsider{does: doesSend, to: to} }
func teller(to uint8) outsider { return outsider{does: doesTell, to: to} }

// idleModels returns the models that the protocol is explored in, the small ones first. They are fewer and smaller
// under the race detector, which makes them slow and has nothing to find here.
func idleModels() []idleModel {
	ms := []idleModel{
		{name: "two, one push", workers: 2, outsiders: outsiders(1), spawns: 2, wakes: 1},
		{name: "one, addressed", workers: 1, outsiders: outsiders(1, sender(0))},
		{name: "two, two pushes", workers: 2, outsiders: outsiders(2)},
		{name: "three, two pushes", workers: 3, outsiders: outsiders(2), spawns: 1, steady: true},
	}
	if !racetest.Enabled {
		ms = append(ms,
			idleModel{name: "two, addressed", workers: 2, outsiders: outsiders(1, sender(1), teller(0))},
			idleModel{name: "two, reserve", workers: 2, outsiders: outsiders(2), spawns: 2},
		)
		one := idleModel{name: "one", workers: 1, outsiders: outsiders(1, sender(0), teller(0)), wakes: 1, events: 1}
		ms = append([]idleModel{one}, ms...)
	}
	if !racetest.Enabled && !testing.Short() {
		ms = append(ms,
			idleModel{name: "two, I/O", workers: 2, outsiders: outsiders(1), events: 1, wakes: 1},
			idleModel{name: "two, spawns and wakes", workers: 2, outsiders: outsiders(1), spawns: 4, wakes: 1, hand: 2},
			idleModel{name: "two, large rings", workers: 2, outsiders: outsiders(1), spawns: 5, ring: 4, hand: 2},
			idleModel{name: "two, all", workers: 2, outsiders: outsiders(1, sender(1), teller(0)), spawns: 1},
			idleModel{name: "two, three pushes", workers: 2, outsiders: outsiders(3)},
			idleModel{name: "three, spawns", workers: 3, outsiders: outsiders(1), spawns: 2, steady: true},
		)
	}
	for i := range ms {
		ms[i].ring, ms[i].hand, ms[i].next = max(ms[i].ring, 2), max(ms[i].hand, 1), runq.NextIdle
	}
	return ms
}

// TestIdleEveryInterleavingKeepsTheLaws explores each model to its end, breadth first, and then
// compares the function with its table in every word that was reached.
func TestIdleEveryInterleavingKeepsTheLaws(t *testing.T) {
	reached := make(idleMade)
	total, start := 0, time.Now()
	for _, m := range idleModels() {
		m.made = reached
		begin := time.Now()
		x := explore.Run(&m, idleLawEnd)
		total += x.States
		t.Logf("%-24s %7d states, %7d steps, %3d ends, depth %3d, %v", m.name, x.States, x.Steps, x.Ends, x.Depth,
			time.Since(begin).Round(time.Millisecond))
		if x.Broken != idleKept {
			t.Errorf("%s: broken: %v\n%s", m.name, x.Broken, x.Trace())
		}
	}
	t.Logf("%d states in %v", total, time.Since(start).Round(time.Millisecond))
	checkIdleTable(t, reached)
}

// sort puts outsiders that do the same into an order, so that states that differ only by their names are one. Workers
// have numbers, on which the protocol depends.
func (s *idleState) sort(m *idleModel) {
	os := s.outsiders[:len(m.outsiders)]
	for i := 1; i < len(os); i++ {
		for j := i; j > 0 && os[j].does == os[j-1].does && os[j].to == os[j-1].to && os[j].bits() < os[j-1].bits(); j-- {
			os[j], os[j-1] = os[j-1], os[j]
		}
	}
}

// An idleKey is the part of a state that changes.
type idleKey [maxIdleWorkers]uint64

// Key implements explore.Model.
func (m *idleModel) Key(s *idleState) (k idleKey) {
	s.sort(m)
	for i := range s.workers {
		p := idlePacker{&k[i], 0}
		p.worker(&s.workers[i])
		switch i {
		case 0:
			p.add(uint8(s.word.Sleepers()&7), 3)
			p.add(uint8(s.word.Searchers()&7), 3)
			p.add(s.injector, 3)
			p.add(s.spawns, 3)
			p.add(s.wakes, 2)
			p.add(s.events, 2)
		case 1:
			for _, o := range s.outsiders[:3] {
				p.add(o.bits(), outsiderBits)
			}
		case 2:
			for _, o := range s.outsiders[3:] {
				p.add(o.bits(), outsiderBits)
			}
		}
	}
	return k
}

const outsiderBits = 3 + 2

func (o outsider) bits() uint8 { return o.at<<2 | o.other }

// An idlePacker packs small numbers into a large one.
type idlePacker struct {
	v    *uint64
	used int
}

func (p *idlePacker) add(v uint8, bits int) {
	if p.used += bits; v>>bits != 0 || p.used > 64 {
		panic("the key is too small for the state")
	}
	*p.v = *p.v<<bits | uint64(v)
}

func (p *idlePacker) worker(w *idleWorker) {
	p.add(w.at, 6)
	p.add(w.ret, 6)
	p.add(w.then, 6)
	p.add(w.look, 3)
	p.add(w.other, 2)
	p.add(w.carried, 2)
	p.add(w.hand, 2)
	p.add(w.bound, 2)
	p.add(w.private, 3)
	p.add(w.ring, 3)
	p.add(w.held, 3)
	p.add(w.inbox, 1)
	flags := uint8(0)
	for i, f := range [...]bool{w.searching, w.sawIdle, w.lifo, w.parked, w.token, w.notice, w.down, w.owed} {
		if f {
			flags |= 1 << i
		}
	}
	p.add(flags, 8)
}
