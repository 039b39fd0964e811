package core_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
)

// polling returns a context that is in a poll with the waker w.
func polling(t testing.TB, w core.Waker) (*core.Context, *coretest.Host) {
	h := coretest.New(1)
	t.Cleanup(h.Close)
	cx := core.NewContext(h)
	cx.ForHost().Begin(w)
	return cx, h
}

// counting returns a waker that counts in n.
func counting(n *int) core.Waker { return core.WakerFunc(func() { *n++ }) }

func TestContextNeedsAHost(t *testing.T) {
	defer func() {
		if v := recover(); v != "core: NewContext with a nil Host" {
			t.Errorf("have %v", v)
		}
	}()
	core.NewContext(nil)
}

func TestBudgetEndsAndTheTaskIsPolledAgain(t *testing.T) {
	woken := 0
	w := counting(&woken)
	cx, _ := polling(t, w)
	for i := range core.DefaultBudget {
		if cx.Budget() != core.DefaultBudget-i {
			t.Fatalf("have %d left, want %d", cx.Budget(), core.DefaultBudget-i)
		}
		if !cx.Spend() {
			t.Fatalf("operation %d was refused", i)
		}
	}
	if cx.ForHost().Yielded() {
		t.Error("the task was woken while the budget lasted")
	}
	for range 3 {
		if cx.Spend() {
			t.Error("an operation beyond the budget was allowed")
		}
	}
	if !cx.ForHost().Yielded() || cx.Budget() != 0 {
		t.Errorf("woken %t, %d left, want true and 0", cx.ForHost().Yielded(), cx.Budget())
	}
	if cx.ForHost().Begin(w); cx.Budget() != core.DefaultBudget || cx.ForHost().Yielded() {
		t.Errorf("the next poll: woken %t, %d left", cx.ForHost().Yielded(), cx.Budget())
	}
	if woken != 0 {
		t.Error("woken through the waker: the runner is there to be told")
	}
}

func TestRefundUndoesSpend(t *testing.T) {
	cx, _ := polling(t, counting(new(int)))
	for range 2 * core.DefaultBudget {
		if !cx.Spend() {
			t.Fatal("refused, although everything was refunded")
		}
		cx.Refund()
	}
	if have := cx.Budget(); have != core.DefaultBudget {
		t.Errorf("have %d, want %d", have, core.DefaultBudget)
	}
}

func TestContextHandsOnToItsHost(t *testing.T) {
	woken := 0
	w := counting(&woken)
	cx, h := polling(t, w)
	if cx.Host() != h || cx.Waker() != w || cx.Now() != h.Now() {
		t.Error("not the host, the waker or the time it was made with")
	}
	other := 0
	cx.Wake(counting(&other))
	if other != 1 || woken != 0 {
		t.Errorf("woken %d and %d times, want 1 and 0", other, woken)
	}
}

// TestSwappedWakerIsTheOneThatYieldWakes: a combinator that has installed its own waker is woken for a child
// that yields or finds the budget spent.
func TestSwappedWakerIsTheOneThatYieldWakes(t *testing.T) {
	var task, outer, inner int
	wTask, wOuter, wInner := counting(&task), counting(&outer), counting(&inner)
	cx, _ := polling(t, wTask)

	if old := cx.SwapWaker(wOuter); old != wTask || cx.Waker() != wOuter {
		t.Error("SwapWaker did not swap")
	}
	cx.Yield()
	if cx.ForHost().Task() != wTask {
		t.Error("Task is the waker that was put in")
	}
	if old := cx.SwapWaker(wInner); old != wOuter {
		t.Error("SwapWaker returned another waker than the one before")
	}
	cx.Yield()
	for cx.Spend() {
	}
	cx.SwapWaker(wOuter)
	cx.Yield()
	if cx.ForHost().Yielded() || task != 0 || outer != 2 || inner != 2 {
		t.Errorf("yielded %t, woken %d, %d and %d times, want 0, 2 and 2", cx.ForHost().Yielded(), task, outer, inner)
	}

	cx.SwapWaker(wTask)
	cx.Yield()
	if !cx.ForHost().Yielded() || task != 0 {
		t.Error("with its own waker back, the runner was not told directly")
	}
	cx.SwapWaker(wOuter)
	cx.ForHost().Begin(wTask) // a poll that panicked did not put it back
	cx.Yield()
	if !cx.ForHost().Yielded() || outer != 2 {
		t.Error("Begin has not ended the swap")
	}
}

func TestDropCallsDroppersOnly(t *testing.T) {
	d := &dropper{}
	core.Drop(d)
	core.Drop(struct{}{})
	core.Drop(nil)
	var none core.Future[int]
	core.Drop(none)
	if d.drops != 1 {
		t.Errorf("dropped %d times, want 1", d.drops)
	}
}

type dropper struct{ drops int }

func (d *dropper) Drop() { d.drops++ }

func TestWakerFuncsAreEqualOnlyToThemselves(t *testing.T) {
	n := 0
	f := func() { n++ }
	a, b := core.WakerFunc(f), core.WakerFunc(f)
	if a != a || a == b {
		t.Error("two wakers of one function are equal, or one is not equal to itself")
	}
	a.Wake()
	b.Wake()
	if n != 2 {
		t.Errorf("called %d times, want 2", n)
	}
}

func TestContextAllocatesNothing(t *testing.T) {
	w := counting(new(int))
	cx, _ := polling(t, w)
	if have := testing.AllocsPerRun(100, func() {
		cx.ForHost().Begin(w)
		cx.SwapWaker(w)
		for cx.Spend() {
		}
		cx.Yield()
		cx.Wake(w)
	}); have != 0 {
		t.Errorf("%v allocations, want none", have)
	}
}

func BenchmarkBeginSpend(b *testing.B) {
	w := counting(new(int))
	cx, _ := polling(b, w)
	for b.Loop() {
		cx.ForHost().Begin(w)
		cx.Spend()
	}
}
