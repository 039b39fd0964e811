package reactor_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/reactor"
)

// A closed bit stays. After an operation that would have blocked nevertheless, only a new report counts.
func TestPollReadyAfterWaitsForAnotherReport(t *testing.T) {
	for _, report := range []reactor.Readiness{reactor.ReadClosed | reactor.ReadReady, reactor.PriorityReady | reactor.ReadClosed} {
		r := newRig(t)
		g := r.register(3)
		r.report(3, report)
		ev, ok := g.Ready(reactor.Read)
		if !ok {
			t.Fatal("nothing is ready")
		}
		g.ClearReady(ev, reactor.Read)
		if _, ok := g.Ready(reactor.Read); !ok {
			t.Fatal("the closed bit is gone")
		}
		var w counter
		if next, ok := g.PollReadyAfter(&w, reactor.Read, ev); ok {
			t.Fatalf("ready with %v, which is what would have blocked", next.Ready)
		}
		woken(t, &w, 0)
		r.report(3, reactor.ReadReady)
		woken(t, &w, 1)
		if next, ok := g.PollReadyAfter(&w, reactor.Read, ev); !ok || next.Ready&reactor.ReadReady == 0 {
			t.Errorf("after a report: %v, %v", next.Ready, ok)
		}
	}
}

func TestPollReadyAfterSeesReportsThatCameBefore(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	r.report(3, reactor.ReadClosed)
	ev, _ := g.Ready(reactor.Read)
	r.report(3, reactor.ReadReady)
	var w counter
	if _, ok := g.PollReadyAfter(&w, reactor.Read, ev); !ok {
		t.Error("a report between the operation and PollReadyAfter is missed")
	}
}

func TestPollReadyAfterOfAClosedRegistration(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	r.report(3, reactor.ReadClosed)
	ev, _ := g.Ready(reactor.Read)
	g.ClearReady(ev, reactor.Read)
	var before, after counter
	if _, ok := g.PollReadyAfter(&before, reactor.Read, ev); ok {
		t.Fatal("ready")
	}
	if err := g.Deregister(); err != nil {
		t.Fatal(err)
	}
	woken(t, &before, 1)
	if next, ok := g.PollReadyAfter(&after, reactor.Read, ev); !ok || next.Ready&reactor.Closed == 0 {
		t.Errorf("after Deregister: %v, %v", next.Ready, ok)
	}
}
