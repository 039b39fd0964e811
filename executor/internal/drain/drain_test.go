package drain_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/executor/internal/drain"
)

// A host is worker i of a runtime that can drain.
type host struct {
	core.Host
	g *drain.Group
	i int
}

func (h host) DrainList() *drain.List { return h.g.List(h.i) }

// A counter is a waker that counts.
type counter struct{ n atomic.Int64 }

func (c *counter) Wake() { c.n.Add(1) }

func (c *counter) is(t *testing.T, want int64) {
	t.Helper()
	if n := c.n.Load(); n != want {
		t.Errorf("woken %d times, want %d", n, want)
	}
}

func TestAHookIsWokenOnceWhicheverWorkersItIsUsedOn(t *testing.T) {
	g := drain.NewGroup(3)
	hooks, counters := make([]drain.Hook, 5), make([]counter, 5)
	for i := range hooks {
		hooks[i].Waker = &counters[i]
		for worker := range 3 {
			if hooks[i].Watch(host{g: g, i: (worker + i) % 3}) {
				t.Error("draining before Begin")
			}
		}
	}
	if n := g.Len(); n != 5 {
		t.Errorf("%d hooks watch, want 5", n)
	}
	g.Begin()
	for i := range hooks {
		counters[i].is(t, 1)
		if hooks[i].Watching() {
			t.Error("a hook that was woken is kept")
		}
		if !hooks[i].Watch(host{g: g}) {
			t.Error("not draining after Begin")
		}
		hooks[i].Stop()
		counters[i].is(t, 1)
	}
}

func TestAHookThatWasStoppedIsNotWoken(t *testing.T) {
	g := drain.NewGroup(1)
	hooks, counters := make([]drain.Hook, 4), make([]counter, 4)
	for i := range hooks {
		hooks[i].Waker = &counters[i]
		hooks[i].Stop() // of one that watches nothing
		hooks[i].Watch(host{g: g})
	}
	for n, i := range []int{1, 3, 0} { // from the middle, and both ends
		hooks[i].Stop()
		if g.Len() != 3-n || hooks[i].Watching() {
			t.Errorf("%d hooks watch after %d were stopped", g.Len(), n+1)
		}
	}
	g.Begin()
	for i := range counters {
		want := int64(0)
		if i == 2 {
			want = 1
		}
		counters[i].is(t, want)
	}
}

func TestAHookMovesToTheRuntimeThatUsesItLast(t *testing.T) {
	first, second := drain.NewGroup(2), drain.NewGroup(2)
	var c counter
	h := drain.Hook{Waker: &c}
	h.Watch(host{g: first})
	h.Watch(host{g: second, i: 1})
	if first.Len() != 0 || second.Len() != 1 {
		t.Errorf("%d and %d hooks", first.Len(), second.Len())
	}
	first.Begin()
	c.is(t, 0)
	second.Begin()
	c.is(t, 1)
	third := drain.NewGroup(1) // it may be used again
	if h.Watch(host{g: third}) {
		t.Error("a runtime drains because another has")
	}
	third.Begin()
	c.is(t, 2)
}

func TestAHostOfAnotherKindNeverDrains(t *testing.T) {
	h := coretest.New(1)
	defer h.Close()
	var hook drain.Hook
	if hook.Watch(h) || hook.Watching() {
		t.Error("it watches")
	}
}

// A waker may use its hook: it closes the listener, which stops the hook.
func TestAWakerMayStopItsHookAndOthers(t *testing.T) {
	g := drain.NewGroup(2)
	hooks := make([]drain.Hook, 4)
	woken := 0
	for i := range hooks {
		hooks[i].Waker = core.WakerFunc(func() {
			woken++
			for j := range hooks {
				hooks[j].Stop()
			}
		})
		hooks[i].Watch(host{g: g, i: i % 2})
	}
	g.Begin()
	if woken != 1 || g.Len() != 0 {
		t.Errorf("%d wakers called, %d hooks left, want 1 and 0", woken, g.Len())
	}
}

// Whatever happens at the same time, a hook that watches is woken, or its user told.
func TestNoHookMissesTheDrain(t *testing.T) {
	for range 300 {
		g := drain.NewGroup(2)
		hooks, counters := make([]drain.Hook, 16), make([]counter, 16)
		told := make([]atomic.Bool, 16)
		for i := range hooks {
			hooks[i].Waker = &counters[i]
		}
		var wg sync.WaitGroup
		for w := range 2 {
			wg.Go(func() {
				for i := range hooks {
					if hooks[i].Watch(host{g: g, i: w}) {
						told[i].Store(true)
					}
				}
			})
		}
		wg.Go(g.Begin)
		wg.Wait()
		for i := range hooks {
			n := counters[i].n.Load()
			if n > 1 || n == 0 && !told[i].Load() || hooks[i].Watching() {
				t.Fatalf("woken %d times, told: %t, watching: %t", n, told[i].Load(), hooks[i].Watching())
			}
		}
	}
}
