package reactortest

import (
	"errors"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
)

// testDescriptorLeak counts descriptors while it makes and closes Pollers, in several states.
func testDescriptorLeak(t *testing.T, s *suite) {
	count := func() int {
		n, err := countDescriptors()
		if errors.Is(err, errors.ErrUnsupported) {
			t.Skip("descriptors cannot be counted on this system")
		}
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	cycle := func() {
		p, err := s.newPoller()
		if err != nil {
			t.Fatal(err)
		}
		rd, wr, err := rawPair()
		if err != nil {
			t.Fatal(err)
		}
		p.Add(rd, 1, reactor.Readable, reactor.Edge)
		p.Add(rd, 1, reactor.Readable, reactor.Edge) // an error path
		p.Notify()
		p.Wait(nil, 0)
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		p.Close()
		p.Notify()
		rawClose(rd)
		rawClose(wr)
	}
	cycle()
	before := count()
	for range 20 {
		cycle()
	}
	if after := count(); after > before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

// A registration is closed in the right order and its number goes to another file at once, while an event of the old
// registration is not handled yet. The event must not reach the new one.
func testReuse(t *testing.T, s *suite) {
	p := s.rig(t).p
	late := &latePoller{Poller: p}
	re := reactor.New(late)
	reused := 0
	for range 50 {
		rd, wr, err := rawPair()
		if err != nil {
			t.Fatal(err)
		}
		old, err := re.Register(rd, reactor.Readable)
		if err != nil {
			t.Fatal(err)
		}
		if err := rawWrite(wr, "x"); err != nil {
			t.Fatal(err)
		}
		late.hold = func() { // the system has reported the event, and it is not dispatched yet
			if err := old.CloseWith(rawClose); err != nil {
				t.Fatal(err)
			}
		}
		for late.hold != nil {
			if _, err := re.Wait(0, nil); err != nil {
				t.Fatal(err)
			}
		}
		rawClose(wr)
		rd2, wr2, err := rawPair()
		if err != nil {
			t.Fatal(err)
		}
		if rd2 == rd {
			reused++
		}
		g, err := re.Register(rd2, reactor.Readable)
		if err != nil {
			t.Fatal(err)
		}
		late.replay = true
		w := newBell()
		if ev, ok := g.PollReady(w, reactor.Read); ok {
			t.Fatalf("a new registration is ready: %v", ev.Ready)
		}
		wakers, err := re.Wait(0, nil)
		if err != nil {
			t.Fatal(err)
		}
		if ev, ok := g.Ready(reactor.Read); ok || len(wakers) != 0 {
			t.Fatalf("a stale event: %v, %d wakers", ev.Ready, len(wakers))
		}
		if err := g.CloseWith(rawClose); err != nil {
			t.Fatal(err)
		}
		rawClose(wr2)
	}
	if reused == 0 {
		t.Skip("no descriptor number was reused")
	}
}

// latePoller calls hold after its Wait has got events and before it returns them, and can return them once more in the
// next Wait. A Poller may do so if its Wait overlaps a Delete.
type latePoller struct {
	reactor.Poller
	hold   func()
	replay bool
	last   []reactor.Event
}

func (p *latePoller) Wait(events []reactor.Event, timeout time.Duration) ([]reactor.Event, error) {
	if p.replay {
		p.replay = false
		events = append(events, p.last...)
	}
	events, err := p.Poller.Wait(events, timeout)
	if p.hold != nil && len(events) != 0 {
		p.last = append(p.last[:0], events...)
		p.hold()
		p.hold = nil
	}
	return events, err
}
