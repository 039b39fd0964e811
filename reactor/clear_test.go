package reactor_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
)

// An operation that would have blocked has found no error and no urgent data either.
func TestAWouldBlockTakesBackAllThatConcernsItsDirection(t *testing.T) {
	for _, c := range []struct {
		report      reactor.Readiness
		d           reactor.Direction
		read, write reactor.Readiness // after the clear
	}{
		{reactor.ErrorReady, reactor.Read, 0, reactor.WriteReady},
		{reactor.ErrorReady, reactor.Write, reactor.ReadReady, 0},
		{reactor.PriorityReady | reactor.ReadReady, reactor.Read, 0, 0},
		{reactor.PriorityReady, reactor.Read, 0, 0},
		{reactor.PriorityReady | reactor.WriteReady, reactor.Write, reactor.PriorityReady, 0},
		{reactor.ReadClosed | reactor.ReadReady, reactor.Read, reactor.ReadClosed, 0},
		{reactor.WriteClosed | reactor.WriteReady, reactor.Write, 0, reactor.WriteClosed},
	} {
		r := newRig(t)
		g, err := r.r.Register(3, both|reactor.Priority)
		if err != nil {
			t.Fatal(err)
		}
		r.report(3, c.report)
		g.ClearReady(ready(t, g, c.d, 0), c.d)
		has(t, g, c.read, c.write)
	}
}

// rearmed is a Poller without edges that records its last Rearm.
type rearmed struct {
	reactor.Poller
	key      reactor.Key
	interest reactor.Interest
	err      error // Rearm returns it
}

func (p *rearmed) Rearm(_ uintptr, key reactor.Key, interest reactor.Interest) error {
	p.key, p.interest = key, interest
	return p.err
}

// The other direction had no would-block: its readiness stays.
func TestAWouldBlockRearmsItsDirectionAlone(t *testing.T) {
	f := newRig(t).f
	p := &rearmed{Poller: f}
	r := rig{t: t, f: f, r: reactor.New(p)}
	g := r.register(3)
	r.report(3, reactor.ReadReady|reactor.WriteReady)
	for d, want := range map[reactor.Direction]reactor.Interest{
		reactor.Read: reactor.Readable | reactor.Priority, reactor.Write: reactor.Writable,
	} {
		g.ClearReady(ready(t, g, d, 0), d)
		if p.key != reactor.KeyOf(g) || p.interest != want {
			t.Errorf("%v: %v of %v was rearmed, want %v of %v", d, p.interest, p.key, want, reactor.KeyOf(g))
		}
	}
}

// A registration that is removed at that moment reports its Closed bit and no error.
func TestARearmThatMeetsADeregisterIsNoError(t *testing.T) {
	for _, gone := range []error{reactor.ErrNotFound, reactor.ErrClosed} {
		f := newRig(t).f
		r := rig{t: t, f: f, r: reactor.New(&rearmed{Poller: f, err: &reactor.PollError{Op: "rearm", FD: 3, Err: gone}})}
		g := r.register(3)
		r.report(3, reactor.ReadReady)
		g.ClearReady(ready(t, g, reactor.Read, 0), reactor.Read)
		has(t, g, 0, 0)
	}
}

// closer is a Poller that reports a bit that no Poller may report.
type closer struct {
	reactor.Poller
	key reactor.Key
}

func (p *closer) Wait(events []reactor.Event, _ time.Duration) ([]reactor.Event, error) {
	return append(events, reactor.Event{Key: p.key, Ready: reactor.ReadReady | reactor.Closed}), nil
}

func TestNoPollerClosesARegistration(t *testing.T) {
	f := newRig(t).f
	p := &closer{Poller: f}
	r := rig{t: t, f: f, r: reactor.New(p)}
	g := r.register(3)
	p.key = reactor.KeyOf(g)
	r.waitAndWake()
	has(t, g, reactor.ReadReady, 0)
	if err := g.Deregister(); err != nil {
		t.Errorf("Deregister: %v", err)
	}
}

// polled is the result of PollReady.
type polled struct {
	ev reactor.ReadyEvent
	ok bool
}

// pollOnce is a separate function, so that its goroutine can be found by its stack.
func pollOnce(g *reactor.Registration, w reactor.Waker, result chan<- polled) {
	ev, ok := g.PollReady(w, reactor.Read)
	result <- polled{ev, ok}
}

// A report sets its bits between the two reads of PollReady, and finds no waiter.
func TestWhatIsReportedBeforeTheLockIsSeenUnderIt(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	unlock := reactor.Lock(g)
	result := make(chan polled, 1)
	w := new(counter)
	go pollOnce(g, w, result)
	for deadline := time.Now().Add(testTimeout); !waitsForALock("pollOnce"); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("PollReady does not get to its lock")
		}
	}
	reactor.ReportStale(g, reactor.Word(g), reactor.ReadReady)
	unlock()
	if p := <-result; !p.ok || p.ev.Ready != reactor.ReadReady {
		t.Errorf("PollReady returned %v, %v", p.ev.Ready, p.ok)
	}
	if n := reactor.Waiters(g, reactor.Read); n != 0 {
		t.Errorf("%d wait for what is there", n)
	}
}
