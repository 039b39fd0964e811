package coro_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// moving are the two kinds of workers.
var moving = []kind{
	{"tasks stay", false},
	{"tasks move", true},
}

type kind struct {
	name  string
	moves bool
}

// surplus returns what the pool of a worker of this kind needs.
func (k kind) surplus() *coro.Surplus {
	if k.moves {
		return new(coro.Surplus)
	}
	return nil
}

// displace lets the bodies of n tasks begin and hand the worker on among each other, in an order that differs from
// round to round, so that their coroutines are parked in each other's berths. Each body then runs rest.
func displace(t *testing.T, w *relayWorker, r *rand.Rand, n int, rest func(co *coro.Co, i int) (int, error)) []*task.Slot[int] {
	t.Helper()
	gates, slots := make([]*gate, n), make([]*task.Slot[int], n)
	for i := range n {
		gates[i] = new(gate)
		slots[i] = spawn(t, w, func(co *coro.Co) (int, error) {
			for range 3 {
				g := gates[i]
				if err := await(co, g); err != nil {
					return 0, err
				}
			}
			return rest(co, i)
		})
	}
	w.run()
	for range 3 {
		old := gates
		gates = make([]*gate, n)
		for i := range gates {
			gates[i] = new(gate)
		}
		for _, i := range r.Perm(n) {
			old[i].open(0)
		}
		w.run()
	}
	return slots
}

// Bodies end in every way in the middle of a chain of others, whose coroutines are displaced by then.
func TestABodyEndsInAChain(t *testing.T) {
	tests := []struct {
		name string
		body func(co *coro.Co) error
		ok   func(v int, err error) bool
		lost bool // its coroutine is not kept
	}{
		{"returns", func(*coro.Co) error { return nil }, func(_ int, err error) bool { return err == nil }, false},
		{"fails", func(*coro.Co) error { return errCause }, func(_ int, err error) bool { return err == errCause }, false},
		{"panics", func(co *coro.Co) error { co.Yield(); panic("boom") }, func(_ int, err error) bool { return endedBy("boom")(err) }, false},
		{"exits", func(co *coro.Co) error { co.Yield(); runtime.Goexit(); return nil },
			func(_ int, err error) bool { return err == core.ErrGoexit }, true},
		{"yields, panics and exits", func(co *coro.Co) error {
			defer runtime.Goexit()
			co.Yield()
			panic("boom")
		}, func(_ int, err error) bool { return err != nil }, true},
	}
	for _, m := range moving {
		for _, test := range tests {
			t.Run(m.name+"/"+test.name, func(t *testing.T) {
				const n = 6
				for which := range n {
					before := coroutines()
					w := newRelayWorker(t, coro.PoolOptions{Surplus: m.surplus()})
					r := rand.New(rand.NewPCG(uint64(which), 1))
					slots := displace(t, w, r, n, func(co *coro.Co, i int) (int, error) {
						if err := co.Yield(); err != nil {
							return 0, err
						}
						if i == which {
							return 0, test.body(co)
						}
						return i, co.Yield()
					})
					for i, s := range slots {
						v, err := take(t, s)
						if i == which && !test.ok(v, err) || i != which && (v != i || err != nil) {
							t.Errorf("body %d, which %d: have %d, %v", i, which, v, err)
						}
					}
					idle := n
					if test.lost {
						idle--
					}
					if w.pool.Idle() != idle {
						t.Errorf("%d idle, want %d", w.pool.Idle(), idle)
					}
					next := spawn(t, w, func(co *coro.Co) (int, error) { return 7, co.Yield() })
					w.run()
					if v, err := take(t, next); v != 7 || err != nil {
						t.Errorf("the next body: have %d, %v", v, err)
					}
					w.pool.Close()
					if n := coroutines() - before; n != 0 {
						t.Errorf("%d goroutines after Close", n)
					}
				}
			})
		}
	}
}

func TestABodyInAChainIsUnwoundByForce(t *testing.T) {
	for _, m := range moving {
		for _, test := range stubborn {
			t.Run(m.name+"/"+test.name, func(t *testing.T) {
				const n = 4
				before := coroutines()
				w := newRelayWorker(t, coro.PoolOptions{Surplus: m.surplus()})
				unwound := false
				slots := displace(t, w, rand.New(rand.NewPCG(1, 2)), n, func(co *coro.Co, i int) (int, error) {
					if i == 1 {
						defer func() { unwound = true }()
						test.body(co, func() error { return forever(co) })
					}
					co.Yield()
					return i, nil
				})
				slots[1].Abort()
				w.run()
				for i, s := range slots {
					if v, err := take(t, s); i != 1 && (v != i || err != nil) || i == 1 && err != core.ErrCancelled {
						t.Errorf("body %d: have %d, %v", i, v, err)
					}
				}
				w.pool.Close()
				if n := coroutines() - before; !unwound || n != 0 {
					t.Errorf("unwound %t, %d goroutines after Close", unwound, n)
				}
			})
		}
	}
}

func TestIdleCoroutinesOfARelayAreBounded(t *testing.T) {
	for _, m := range moving {
		for _, test := range []struct{ limit, want int }{{0, 20}, {3, 3}, {-1, 0}} {
			t.Run(fmt.Sprintf("%s/%d", m.name, test.limit), func(t *testing.T) {
				const n = 20
				before := coroutines()
				w := newRelayWorker(t, coro.PoolOptions{Idle: test.limit, Surplus: m.surplus()})
				for round := range uint64(3) {
					for i, s := range displace(t, w, rand.New(rand.NewPCG(round, 3)), n, func(_ *coro.Co, i int) (int, error) { return i, nil }) {
						if v, err := take(t, s); v != i || err != nil {
							t.Errorf("have %d, %v", v, err)
						}
					}
					if n := w.pool.Idle(); n != test.want {
						t.Errorf("%d idle, want %d", n, test.want)
					}
					most := test.want
					if m.moves {
						most = 2 * test.want // some wait for those that are idle
					}
					if have := coroutines() - before; have < test.want || have > most {
						t.Errorf("%d goroutines, want %d to %d", have, test.want, most)
					}
				}
				w.pool.Close()
				if n := coroutines() - before; n != 0 || w.pool.Idle() != 0 {
					t.Errorf("after Close %d goroutines, %d idle", n, w.pool.Idle())
				}
				s := spawn(t, w, func(co *coro.Co) (int, error) { return 7, co.Yield() })
				w.run()
				if v, _ := take(t, s); v != 7 || coroutines() != before {
					t.Errorf("a body after Close: %d, and %d goroutines", v, coroutines()-before)
				}
			})
		}
	}
}

func TestCloseEndsDisplacedCoroutines(t *testing.T) {
	for _, m := range moving {
		for seed := range uint64(20) {
			const n = 50
			before := coroutines()
			w := newRelayWorker(t, coro.PoolOptions{Surplus: m.surplus()})
			displace(t, w, rand.New(rand.NewPCG(seed, 4)), n, func(*coro.Co, int) (int, error) { return 0, nil })
			if have := coroutines() - before; have != n || w.pool.Idle() != n {
				t.Errorf("%s: %d goroutines, %d idle", m.name, have, w.pool.Idle())
			}
			w.pool.Close()
			if have := coroutines() - before; have != 0 {
				t.Errorf("%s: %d goroutines after Close", m.name, have)
			}
		}
	}
}

// A host that closes drops the bodies that are left, wherever they are parked.
func TestDisplacedBodiesAreDropped(t *testing.T) {
	for _, m := range moving {
		const n = 20
		before, unwound := coroutines(), 0
		w := newRelayWorker(t, coro.PoolOptions{Surplus: m.surplus(), Idle: 4})
		slots := displace(t, w, rand.New(rand.NewPCG(1, 5)), n, func(co *coro.Co, i int) (int, error) {
			if i%2 == 0 {
				return 0, nil
			}
			defer func() { unwound++ }()
			defer co.Yield()
			return 0, forever(co)
		})
		for _, s := range slots {
			s.ForHost().KillOn(w.cx, core.ErrShutdown)
			if i, ok := s, s.Finished(); !ok {
				t.Errorf("%s: %v", m.name, i.State())
			}
		}
		w.pool.Close()
		if have := coroutines() - before; have != 0 || unwound != n/2 {
			t.Errorf("%s: %d goroutines after Close, %d bodies unwound", m.name, have, unwound)
		}
	}
}

// A body that drops another one takes the place of the worker's goroutine. That is parked in the berth of a coroutine
// which is idle by now, and of which the pool keeps none.
//
// Regression: the drop ended that coroutine, by which the worker's goroutine was lost.
func TestABodyDropsAnotherWhileTheWorkersGoroutineIsParkedInTheBerthOfAnIdleCoroutine(t *testing.T) {
	for _, m := range moving {
		for _, exits := range []bool{false, true} {
			before := coroutines()
			w := newRelayWorker(t, coro.PoolOptions{Idle: -1, Surplus: m.surplus()})
			dropped := 0
			drop := func(co *coro.Co) {
				s := coro.New(func(*coro.Co) (int, error) {
					dropped++
					if exits {
						runtime.Goexit()
					}
					return 0, nil
				})
				s.ForHost().Bind(&w.ready.home, 99)
				self := co.Context().Waker()
				s.ForHost().KillOn(co.Context(), core.ErrShutdown)
				co.Context().ForHost().Begin(self)
			}
			var first, second gate
			spawn(t, w, func(co *coro.Co) (int, error) { return 0, await(co, &first) })
			s := spawn(t, w, func(co *coro.Co) (int, error) {
				if err := await(co, &second); err != nil {
					return 0, err
				}
				drop(co)
				return 7, co.Yield()
			})
			w.run()
			first.open(0)
			second.open(0)
			w.run()
			if v, err := take(t, s); v != 7 || err != nil || dropped != 1 {
				t.Errorf("%s, exits %t: have %d, %v, %d dropped", m.name, exits, v, err, dropped)
			}
			w.pool.Close()
			if n := coroutines() - before; n != 0 {
				t.Errorf("%s, exits %t: %d goroutines after Close", m.name, exits, n)
			}
		}
	}
}
