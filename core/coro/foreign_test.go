package coro_test

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/racetest"
	"github.com/moduvex/moduvex-go/core/task"
)

// A foreign goroutine awaits in the place of a body whose coroutine is displaced: any other party may be parked in its
// berth. The body takes its place back before it ends, so no party is resumed but the foreign goroutine.
//
// Regression: the coroutine ended, and resumed the party that was parked in its berth: the body of another task, beside
// the worker.
func TestAForeignAwaitInTheMiddleOfAChainHarmsNoOtherBody(t *testing.T) {
	if racetest.Enabled {
		t.Skip("such an await is a data race, which the detector finds first")
	}
	for _, m := range moving {
		for name, test := range map[string]struct {
			then func(co *coro.Co)
			ok   func(err error) bool
		}{
			"awaits": {func(co *coro.Co) { co.Yield() }, endedBy(textOutside)},
			"ends":   {func(*coro.Co) {}, endedBy(textExchanged)},
			"panics": {func(*coro.Co) { panic("boom") }, endedBy("boom")},
			"exits":  {func(*coro.Co) { runtime.Goexit() }, func(err error) bool { return err == core.ErrGoexit }},
		} {
			const n = 6
			for which := range n {
				before := coroutines()
				w := newRelayWorker(t, coro.PoolOptions{Surplus: m.surplus()})
				foreign := make(chan any, 1)
				var gates [n]gate
				slots := displace(t, w, rand.New(rand.NewPCG(uint64(which), 10)), n, func(co *coro.Co, i int) (int, error) {
					if i != which {
						return i, await(co, &gates[i])
					}
					victim := w.spawned[which]
					go func() { foreign <- panicOf(func() { co.Suspend() }) }()
					for victim.State() == task.Running { // the worker takes it for suspended then
						runtime.Gosched()
					}
					test.then(co)
					return 0, nil
				})
				for w.run(); !slots[which].Finished(); w.run() {
					runtime.Gosched()
				}
				if v := <-foreign; v != textForeign {
					t.Errorf("%s, %s: the foreign goroutine: %v", m.name, name, v)
				}
				for i := range gates {
					gates[i].open(0)
				}
				w.run()
				for i, s := range slots {
					v, err := take(t, s)
					if i == which && !test.ok(err) || i != which && (v != i || err != nil) {
						t.Errorf("%s, %s: body %d, which %d: have %d, %v", m.name, name, i, which, v, err)
					}
				}
				w.pool.Close()
				if n := coroutines() - before; n != 0 {
					t.Errorf("%s, %s: %d goroutines after Close", m.name, name, n)
				}
			}
		}
	}
}
