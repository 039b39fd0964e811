package reactor_test

import (
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
)

type noWaker struct{ _ int }

func (*noWaker) Wake() {}

func BenchmarkReady(b *testing.B) {
	r := newRig(b)
	g := r.register(3)
	r.report(3, reactor.ReadReady)
	for b.Loop() {
		g.Ready(reactor.Read)
	}
}

func BenchmarkPollReadyPending(b *testing.B) {
	r := newRig(b)
	g := r.register(3)
	w := new(noWaker)
	for b.Loop() {
		g.PollReady(w, reactor.Read)
	}
}

// silentPoller returns the same events in every Wait at no cost, so that a benchmark measures the dispatch only.
type silentPoller struct {
	reactor.Poller
	events []reactor.Event
}

func (p *silentPoller) Wait(events []reactor.Event, _ time.Duration) ([]reactor.Event, error) {
	return append(events, p.events...), nil
}

// BenchmarkWaitCycle measures the cost of an operation that has to wait, without the system's part: poll, dispatch of a
// batch, clear; per event.
func BenchmarkWaitCycle(b *testing.B) {
	r := newRig(b)
	p := &silentPoller{Poller: r.f}
	re := reactor.New(p)
	const batch = 64
	var regs [batch]*reactor.Registration
	var wakers []reactor.Waker
	w := new(noWaker)
	for i := range regs {
		g, err := re.Register(uintptr(i), both)
		if err != nil {
			b.Fatal(err)
		}
		regs[i] = g
		p.events = append(p.events, reactor.Event{Key: reactor.KeyOf(g), Ready: reactor.ReadReady})
	}
	for n := 0; n < b.N; n += batch {
		for _, g := range regs {
			if ev, ok := g.PollReady(w, reactor.Read); ok {
				g.ClearReady(ev, reactor.Read)
				g.PollReady(w, reactor.Read)
			}
		}
		wakers, _ = re.Wait(0, wakers[:0])
	}
	if len(wakers) != batch {
		b.Fatalf("%d wakers", len(wakers))
	}
}

func BenchmarkRegisterDeregister(b *testing.B) {
	r := newRig(b)
	b.ReportAllocs()
	for b.Loop() {
		r.register(3).Deregister()
	}
}
