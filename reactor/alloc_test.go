package reactor_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/reactor"
)

// Regression: polls and calls allocated.
func TestPollingClearingAndDispatchAllocateNothing(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	var w [3]counter
	wakers := make([]reactor.Waker, 0, 16)
	round := func() {
		for i := range w {
			g.PollReady(&w[i], reactor.Read)
			g.PollReady(&w[i], reactor.Write)
		}
		r.f.Fire(3, reactor.ReadReady|reactor.WriteReady)
		wakers, _ = r.r.Wait(0, wakers[:0])
		for d := reactor.Read; d <= reactor.Write; d++ {
			ev, ok := g.Ready(d)
			if !ok {
				t.Error("not ready")
			}
			g.ClearReady(ev, d)
		}
	}
	if allocs := testing.AllocsPerRun(100, round); allocs != 0 {
		t.Errorf("%v allocations per round", allocs)
	}
	if len(wakers) != 2*len(w) {
		t.Errorf("%d wakers", len(wakers))
	}
}

func TestDeregisterAllocatesNothing(t *testing.T) {
	r := newRig(t)
	var w counter
	const runs = 50
	var regs []*reactor.Registration
	for fd := range uintptr(runs + 1) {
		g := r.register(fd)
		pending(t, g, &w, reactor.Read)
		regs = append(regs, g)
	}
	i := 0
	if allocs := testing.AllocsPerRun(runs, func() { regs[i].Deregister(); i++ }); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
