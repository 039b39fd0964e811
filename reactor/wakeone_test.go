package reactor_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/reactor"
)

func TestAReportWakesTheOldestWaiter(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	g.SetWakeOne(reactor.Read)
	var readers [3]counter
	var writers [2]counter
	for i := range readers {
		pending(t, g, &readers[i], reactor.Read)
	}
	for i := range writers {
		pending(t, g, &writers[i], reactor.Write)
	}
	r.report(3, reactor.ReadReady|reactor.WriteReady)
	for i, want := range []int32{1, 0, 0} {
		woken(t, &readers[i], want)
	}
	for i := range writers {
		woken(t, &writers[i], 1) // the other direction is as before
	}
	r.report(3, reactor.ReadReady)
	woken(t, &readers[1], 1)
	woken(t, &readers[2], 0)
	if w := g.TakeWaiter(reactor.Read); w != &readers[2] {
		t.Errorf("took %v", w)
	}
	if w := g.TakeWaiter(reactor.Read); w != nil {
		t.Errorf("took %v out of nothing", w)
	}
}

func TestClosingWakesAllAfterSetWakeOne(t *testing.T) {
	r := newRig(t)
	g := r.register(3)
	g.SetWakeOne(reactor.Read)
	var readers [3]counter
	for i := range readers {
		pending(t, g, &readers[i], reactor.Read)
	}
	if err := g.Deregister(); err != nil {
		t.Fatal(err)
	}
	for i := range readers {
		woken(t, &readers[i], 1)
	}
}
