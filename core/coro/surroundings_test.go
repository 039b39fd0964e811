package coro_test

import (
	"io"
	"math/rand/v2"
	"runtime/trace"
	"testing"
	"testing/synctest"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
)

// Coroutines that are parked in each other's berths change nothing for the bubble of their worker: a clock that stands
// still, and no goroutine left at the end.
func TestAWorkerInABubbleOfSynctestIsHandedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, m := range moving {
			begin := time.Now()
			w := newRelayWorker(t, coro.PoolOptions{Idle: 3, Surplus: m.surplus()})
			for i, s := range displace(t, w, rand.New(rand.NewPCG(1, 11)), 8, func(co *coro.Co, i int) (int, error) { return i, co.Yield() }) {
				if v, err := take(t, s); v != i || err != nil {
					t.Errorf("%s: have %d, %v", m.name, v, err)
				}
			}
			w.pool.Close()
			if w.handed == 0 || time.Since(begin) != 0 {
				t.Errorf("%s: %d polls handed on, in %v", m.name, w.handed, time.Since(begin))
			}
		}
	})
}

// The tracer follows switches between goroutines that no iter.Pull has made for each other, and their ends.
func TestAWorkerThatIsTracedIsHandedOn(t *testing.T) {
	if err := trace.Start(io.Discard); err != nil {
		t.Skip("another trace is under way: ", err)
	}
	defer trace.Stop()
	for _, m := range moving {
		before := coroutines()
		w := newRelayWorker(t, coro.PoolOptions{Idle: 3, Surplus: m.surplus()})
		for i, s := range displace(t, w, rand.New(rand.NewPCG(1, 12)), 8, func(co *coro.Co, i int) (int, error) { return i, co.Yield() }) {
			if v, err := take(t, s); v != i || err != nil {
				t.Errorf("%s: have %d, %v", m.name, v, err)
			}
		}
		w.pool.Close()
		if n := coroutines() - before; n != 0 || w.handed == 0 {
			t.Errorf("%s: %d goroutines after Close, %d polls handed on", m.name, n, w.handed)
		}
	}
}
