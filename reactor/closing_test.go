package reactor_test

import (
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
)

// slowClose is a Poller that accepts descriptors until its Close has returned.
type slowClose struct {
	reactor.Poller
	closing func()
}

func (p *slowClose) Close() error {
	if closing := p.closing; closing != nil {
		p.closing = nil
		closing()
	}
	return p.Poller.Close()
}

// Close empties the table before it closes the Poller: a registration in between would never be closed, nor its waiters
// woken.
func TestNothingIsRegisteredWhileTheReactorCloses(t *testing.T) {
	p := &slowClose{Poller: newRig(t).f}
	r := reactor.New(p)
	var err, again error
	p.closing = func() {
		_, err = r.Register(3, both)
		again = r.Close()
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err != reactor.ErrClosed || again != reactor.ErrClosed {
		t.Errorf("meanwhile Register returned %v, and Close %v", err, again)
	}
	if n := r.Len(); n != 0 {
		t.Errorf("%d registrations are left", n)
	}
}

// crowded is a Poller on which many descriptors are ready in each Wait.
type crowded struct {
	reactor.Poller
	events []reactor.Event
}

func (p *crowded) Wait(events []reactor.Event, _ time.Duration) ([]reactor.Event, error) {
	return append(events, p.events...), nil
}

// The buffer for Events grows once.
func TestABusyReactorAllocatesNothing(t *testing.T) {
	f := newRig(t).f
	p := &crowded{Poller: f, events: make([]reactor.Event, reactor.MaxEvents)}
	r := rig{t: t, f: f, r: reactor.New(p)}
	g := r.register(3)
	for i := range p.events {
		p.events[i] = reactor.Event{Key: reactor.KeyOf(g), Ready: reactor.ReadReady}
	}
	if n := testing.AllocsPerRun(20, r.waitAndWake); n != 0 {
		t.Errorf("%v allocations a Wait", n)
	}
}
