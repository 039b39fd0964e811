package reactor_test

import (
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/reactortest"
)

func TestRegistrationFitsItsBudget(t *testing.T) {
	if reactor.RegistrationSize > 128 {
		t.Errorf("a Registration is %d bytes", reactor.RegistrationSize)
	}
	t.Logf("%d bytes", reactor.RegistrationSize)
}

func TestEveryWaiterOfADirectionIsWoken(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	var readers, writers [40]counter
	for i := range readers {
		pending(t, g, &readers[i], reactor.Read)
		pending(t, g, &writers[i], reactor.Write)
	}
	r.report(3, reactor.ReadReady)
	for i := range readers {
		woken(t, &readers[i], 1)
		woken(t, &writers[i], 0)
	}
	r.report(3, reactor.WriteReady)
	for i := range readers {
		woken(t, &readers[i], 1)
		woken(t, &writers[i], 1)
	}
}

func TestReadAndWriteInterestDoNotDisplaceEachOther(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	var reader, writer counter
	pending(t, g, &reader, reactor.Read)
	pending(t, g, &writer, reactor.Write)
	if key, interest, mode, ok := r.f.Registered(3); !ok || interest != both || mode != reactor.Edge || key != reactor.KeyOf(g) {
		t.Fatalf("registered %v %v %v %v", key, interest, mode, ok)
	}
	if n := r.f.Calls("add") + r.f.Calls("modify"); n != 1 {
		t.Fatalf("%d calls of the Poller, want 1", n)
	}
	r.report(3, reactor.WriteReady)
	woken(t, &writer, 1)
	r.report(3, reactor.ReadReady)
	woken(t, &reader, 1)
}

func TestErrorAndHangUpWakeBothDirections(t *testing.T) {
	for _, c := range []struct {
		report, read, write reactor.Readiness
	}{
		{reactor.ErrorReady, reactor.ErrorReady, reactor.ErrorReady},
		{reactor.ReadClosed | reactor.WriteClosed, reactor.ReadClosed, reactor.WriteClosed},
	} {
		r := newRig(t)
		g := r.register(3)
		var reader, writer counter
		pending(t, g, &reader, reactor.Read)
		pending(t, g, &writer, reactor.Write)
		r.report(3, c.report)
		woken(t, &reader, 1)
		woken(t, &writer, 1)
		ready(t, g, reactor.Read, c.read)
		ready(t, g, reactor.Write, c.write)
	}
}

func TestPeerCloseWakesReadersOnly(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	var reader, writer counter
	pending(t, g, &reader, reactor.Read)
	pending(t, g, &writer, reactor.Write)
	r.report(3, reactor.ReadClosed)
	woken(t, &reader, 1)
	woken(t, &writer, 0)
	pending(t, g, &writer, reactor.Write)
}

func TestClosedBitsAreNotCleared(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	r.report(3, reactor.ReadReady|reactor.WriteReady|reactor.ReadClosed|reactor.WriteClosed)
	g.ClearReady(ready(t, g, reactor.Read, reactor.ReadClosed), reactor.Read)
	g.ClearReady(ready(t, g, reactor.Write, reactor.WriteClosed), reactor.Write)
	if ev := ready(t, g, reactor.Read, reactor.ReadClosed); ev.Ready&reactor.ReadReady != 0 {
		t.Errorf("ReadReady was not cleared: %v", ev.Ready)
	}
	ready(t, g, reactor.Write, reactor.WriteClosed)
}

func TestACollectedErrorIsCleared(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	r.report(3, reactor.ErrorReady)
	g.ClearReady(ready(t, g, reactor.Read, reactor.ErrorReady), reactor.Read)
	pending(t, g, new(counter), reactor.Read)
	g.ClearReady(ready(t, g, reactor.Write, reactor.WriteReady), reactor.Write)
	pending(t, g, new(counter), reactor.Write)
}

func TestClearedReadinessStaysAwayUntilTheNextReport(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	r.report(3, reactor.ReadReady|reactor.WriteReady)
	for range 3 { // it is cached until cleared
		ready(t, g, reactor.Read, reactor.ReadReady)
	}
	g.ClearReady(ready(t, g, reactor.Read, reactor.ReadReady), reactor.Read)
	var w counter
	for range 3 {
		pending(t, g, &w, reactor.Read)
		r.waitAndWake()
	}
	woken(t, &w, 0)
	ready(t, g, reactor.Write, reactor.WriteReady) // the other direction is not cleared
	r.report(3, reactor.ReadReady)
	woken(t, &w, 1)
	ready(t, g, reactor.Read, reactor.ReadReady)
}

func TestClearReadyUnderAnOldTickDoesNothing(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	r.report(3, reactor.ReadReady)
	old := ready(t, g, reactor.Read, reactor.ReadReady)
	r.report(3, reactor.ReadReady) // arrives between the would-block and ClearReady
	g.ClearReady(old, reactor.Read)
	ev := ready(t, g, reactor.Read, reactor.ReadReady)
	g.ClearReady(ev, reactor.Read)
	pending(t, g, new(counter), reactor.Read)
	g.ClearReady(ev, reactor.Read) // again: there is nothing to clear
	g.ClearReady(reactor.ReadyEvent{}, reactor.Read)
}

func TestClearReadyTouchesOneDirection(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	r.report(3, reactor.ReadReady|reactor.WriteReady)
	everything := reactor.ReadReady | reactor.WriteReady
	ev := ready(t, g, reactor.Read, reactor.ReadReady)
	ev.Ready = everything
	g.ClearReady(ev, reactor.Write)
	ready(t, g, reactor.Read, reactor.ReadReady)
	pending(t, g, new(counter), reactor.Write)
	r.report(3, reactor.WriteReady)
	ev = ready(t, g, reactor.Write, reactor.WriteReady)
	ev.Ready = everything
	g.ClearReady(ev, reactor.Read)
	ready(t, g, reactor.Write, reactor.WriteReady)
	pending(t, g, new(counter), reactor.Read)
}

func TestClearReadyKeepsWhatTheCallerTookOut(t *testing.T) {
	r := newRig(t)
	g, err := r.r.Register(3, both|reactor.Priority)
	if err != nil {
		t.Fatal(err)
	}
	r.report(3, reactor.ReadReady|reactor.PriorityReady)
	ev := ready(t, g, reactor.Read, reactor.ReadReady|reactor.PriorityReady)
	ev.Ready &^= reactor.PriorityReady
	g.ClearReady(ev, reactor.Read)
	if ev := ready(t, g, reactor.Read, reactor.PriorityReady); ev.Ready&reactor.ReadReady != 0 {
		t.Errorf("left: %v", ev.Ready)
	}
}

func TestAWaiterIsKeptOnceAndCanBeTakenBack(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	var w [4]counter
	for range 3 {
		for i := range w {
			pending(t, g, &w[i], reactor.Read)
		}
	}
	if n := reactor.Waiters(g, reactor.Read); n != len(w) {
		t.Fatalf("%d waiters, want %d", n, len(w))
	}
	g.Unwait(&w[0], reactor.Read)        // the one in the struct
	g.Unwait(&w[2], reactor.Read)        // one in the middle
	g.Unwait(&w[2], reactor.Read)        // it is not in the set any more
	g.Unwait(&w[1], reactor.Write)       // the other direction
	g.Unwait(new(counter), reactor.Read) // it never was in the set
	r.report(3, reactor.ReadReady)
	for i, want := range []int32{0, 1, 0, 1} {
		woken(t, &w[i], want)
	}
	if n := reactor.Waiters(g, reactor.Read); n != 0 {
		t.Fatalf("%d waiters left", n)
	}
}

func TestTakeWaitersEmptiesOneDirection(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	var reader, writer counter
	pending(t, g, &reader, reactor.Read)
	pending(t, g, &writer, reactor.Write)
	wakers := g.TakeWaiters(reactor.Read, nil)
	if len(wakers) != 1 || wakers[0] != reactor.Waker(&reader) {
		t.Fatalf("took %v", wakers)
	}
	if len(g.TakeWaiters(reactor.Read, nil)) != 0 {
		t.Fatal("taken twice")
	}
	r.report(3, reactor.ReadReady|reactor.WriteReady)
	woken(t, &reader, 0)
	woken(t, &writer, 1)
}

func TestPollReadyRefusesANilWaker(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	g.PollReady(nil, reactor.Read)
}

func TestWakersThatCannotBeComparedLeaveTheLockFree(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		pending(t, g, uncomparable{}, reactor.Read)
		pending(t, g, uncomparable{}, reactor.Read)
	}()
	if reactor.Locked(g) {
		t.Error("the registration stays locked")
	}
}

type uncomparable struct{ _ []int }

func (uncomparable) Wake() {}

func TestWouldBlockRearmsAPollerWithoutEdges(t *testing.T) {
	f := reactortest.NewRearmFake()
	r := &rig{t: t, f: f.Fake, r: reactor.New(f)}
	g := r.register(3)
	f.Set(3, reactor.ReadReady|reactor.WriteReady)
	r.waitAndWake()
	var w counter
	ev := ready(t, g, reactor.Read, reactor.ReadReady)
	g.ClearReady(ev, reactor.Read) // it still holds, so the rearm reports it at once
	g.ClearReady(ev, reactor.Read) // one rearm suffices
	if n := f.Calls("rearm"); n != 1 {
		t.Fatalf("%d re-arms", n)
	}
	pending(t, g, &w, reactor.Read)
	r.waitAndWake()
	woken(t, &w, 1)

	f.Set(3, 0)
	g.ClearReady(ready(t, g, reactor.Read, reactor.ReadReady), reactor.Read)
	pending(t, g, &w, reactor.Read)
	r.waitAndWake()
	woken(t, &w, 1)
	f.Set(3, reactor.ReadReady)
	r.waitAndWake()
	woken(t, &w, 2)
}

func TestAFailedRearmIsReportedAsAnError(t *testing.T) {
	f := reactortest.NewRearmFake()
	r := &rig{t: t, f: f.Fake, r: reactor.New(f)}
	g := r.register(3)
	f.Set(3, reactor.ReadReady)
	r.waitAndWake()
	var w counter
	pending(t, g, &w, reactor.Write)
	f.FailNext("rearm", syscall.ENOMEM)
	g.ClearReady(ready(t, g, reactor.Read, reactor.ReadReady), reactor.Read)
	woken(t, &w, 1)
	ready(t, g, reactor.Read, reactor.ErrorReady)
}
