package coro_test

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/racetest"
	"github.com/moduvex/moduvex-go/core/task"
)

// A team is a number of relayWorkers, each on a goroutine of its own, between which tasks move.
type team []*relayWorker

func newTeam(t *testing.T, workers, idle int) team {
	ready := newReadyTasks()
	surplus := new(coro.Surplus)
	ws := make(team, workers)
	for i := range ws {
		ws[i] = newRelayWorkerOn(t, ready, coro.PoolOptions{Idle: idle, Surplus: surplus})
	}
	return ws
}

// run lets all workers poll until no task is left.
func (ws team) run() {
	var wg sync.WaitGroup
	for _, w := range ws {
		wg.Go(func() {
			for w.ready.live.Load() > 0 {
				if !w.step() {
					runtime.Gosched()
				}
			}
		})
	}
	wg.Wait()
}

func (ws team) close() {
	for _, w := range ws {
		w.pool.Close()
	}
}

// Bodies move between workers while these hand themselves on, end them, and make new ones: each value arrives, and
// no goroutine is lost or left.
func TestBodiesMoveBetweenWorkersThatAreHandedOn(t *testing.T) {
	rounds := uint64(6)
	if racetest.Enabled || testing.Short() {
		rounds = 2
	}
	for _, idle := range []int{-1, 2, 0} {
		for round := range rounds {
			const pairs = 60
			before := coroutines()
			ws := newTeam(t, 2, idle)
			var slots []*task.Slot[int]
			for i := range pairs {
				r := rand.New(rand.NewPCG(round, uint64(i)))
				yields, ends := r.IntN(20), r.IntN(8)
				gates := make([]gate, 5)
				waits := spawn(t, ws[0], func(co *coro.Co) (sum int, err error) {
					for j := range gates {
						v, err := coro.Await(co, &gates[j])
						if err != nil {
							return 0, err
						}
						sum += v
					}
					if ends == 0 {
						runtime.Goexit()
					}
					return sum, nil
				})
				opens := spawn(t, ws[0], func(co *coro.Co) (int, error) {
					for j := range gates {
						for range yields {
							if err := co.Yield(); err != nil {
								return 0, err
							}
						}
						gates[j].open(j)
					}
					if ends == 1 {
						panic("boom")
					}
					return 10, nil
				})
				if ends != 0 {
					slots = append(slots, waits)
				}
				if ends != 1 {
					slots = append(slots, opens)
				}
			}
			ws.run()
			for i, s := range slots {
				if !s.Finished() {
					t.Fatalf("body %d is %v", i, s.State())
				}
				if v, err := take(t, s); v != 10 || err != nil {
					t.Errorf("body %d: have %d, %v", i, v, err)
				}
			}
			handed := 0
			for _, w := range ws {
				handed += w.handed
				if idle < 0 && w.pool.Idle() != 0 || idle > 0 && w.pool.Idle() > idle {
					t.Errorf("idle %d: %d coroutines are kept", idle, w.pool.Idle())
				}
			}
			if handed == 0 {
				t.Error("no coroutine has handed a worker on")
			}
			ws.close()
			if n := coroutines() - before; n != 0 {
				t.Errorf("idle %d: %d goroutines after Close", idle, n)
			}
		}
	}
}

// Each worker closes its pool alone, while the coroutines of one are parked in the berths of the other's.
func TestPoolsCloseOneAfterTheOther(t *testing.T) {
	for seed := range uint64(10) {
		before := coroutines()
		ws := newTeam(t, 3, 0)
		r := rand.New(rand.NewPCG(seed, 8))
		for range 60 {
			yields := r.IntN(30)
			spawn(t, ws[0], func(co *coro.Co) (int, error) {
				for range yields {
					co.Yield()
				}
				return 0, nil
			})
		}
		for busy := true; busy; { // one at a time, in an order that the seed decides
			busy = false
			for _, i := range r.Perm(len(ws)) {
				busy = ws[i].step() || busy
			}
		}
		for _, i := range r.Perm(len(ws)) {
			ws[i].pool.Close()
		}
		if n := coroutines() - before; n != 0 {
			t.Errorf("%d goroutines after Close", n)
		}
	}
}

// Bodies leave their goroutines locked to a thread at each await and at their end; the next body, and the worker's
// goroutine, go on without the lock.
func TestThreadLocksAreUndoneAtEachPass(t *testing.T) {
	ends := map[string]func(){
		"returns": func() {},
		"panics":  func() { panic("boom") },
		"exits":   runtime.Goexit,
	}
	for _, m := range moving {
		for name, end := range ends {
			for n := 1; n <= 8; n++ {
				w := newRelayWorker(t, coro.PoolOptions{Idle: 2, Surplus: m.surplus()})
				lock := func() {
					for range n {
						runtime.LockOSThread()
					}
				}
				var slots []*task.Slot[int]
				for range 4 {
					slots = append(slots, spawn(t, w, func(co *coro.Co) (int, error) {
						defer lock()
						for range 3 {
							lock()
							co.Yield()
						}
						coro.WithTimeout(co, time.Hour, func(co *coro.Co) error {
							lock()
							return co.Yield()
						})
						end()
						return 0, nil
					}))
				}
				w.run()
				for _, s := range slots {
					if !s.Finished() {
						t.Errorf("%s, a body that %s after %d locks: not finished", m.name, name, n)
					}
				}
				if w.handed == 0 {
					t.Error("no body has handed the worker on")
				}
				w.pool.Close()
			}
		}
	}
}

// Coroutines that share the worker's thread hand it on without leaving the thread.
func TestAWorkerThatIsLockedToItsThreadIsHandedOn(t *testing.T) {
	for _, m := range moving {
		done := make(chan struct{})
		go func() {
			defer close(done)
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			before := coroutines()
			w := newRelayWorker(t, coro.PoolOptions{Idle: 3, ThreadLocked: true, Surplus: m.surplus()})
			for round := range uint64(3) {
				for i, s := range displace(t, w, rand.New(rand.NewPCG(round, 9)), 8, func(_ *coro.Co, i int) (int, error) { return i, nil }) {
					if v, err := take(t, s); v != i || err != nil {
						t.Errorf("%s: have %d, %v", m.name, v, err)
					}
				}
			}
			w.pool.Close()
			if n := coroutines() - before; n != 0 || w.handed == 0 {
				t.Errorf("%s: %d goroutines after Close, %d polls handed on", m.name, n, w.handed)
			}
		}()
		<-done
	}
}
