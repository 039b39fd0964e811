package executor_test

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
	"github.com/moduvex/moduvex-go/reactor/reactortest"
)

// forever has the ways in which tasks can keep their worker busy until they are aborted.
var forever = map[string]func(rt *executor.Runtime) []joinhandle.AbortHandle{
	"yields in poll style": func(rt *executor.Runtime) []joinhandle.AbortHandle {
		return three(func() joinhandle.AbortHandle {
			return executor.Spawn(rt, future.Func(func(cx *core.Context) (int, bool) {
				cx.Yield()
				return 0, false
			})).AbortHandle()
		})
	},
	"yields in direct style": func(rt *executor.Runtime) []joinhandle.AbortHandle {
		return three(func() joinhandle.AbortHandle {
			return executor.Go(rt, func(co *coro.Co) (int, error) {
				for {
					if err := co.Yield(); err != nil {
						return 0, err
					}
				}
			}).AbortHandle()
		})
	},
	"operations that are always ready": func(rt *executor.Runtime) []joinhandle.AbortHandle {
		return three(func() joinhandle.AbortHandle {
			return executor.Spawn(rt, future.Func(func(cx *core.Context) (int, bool) {
				for cx.Spend() {
				}
				return 0, false
			})).AbortHandle()
		})
	},
	"sleeps of no length": func(rt *executor.Runtime) []joinhandle.AbortHandle {
		return []joinhandle.AbortHandle{executor.Go(rt, func(co *coro.Co) (int, error) {
			for {
				if err := coro.Sleep(co, 0); err != nil {
					return 0, err
				}
			}
		}).AbortHandle()}
	},
	"wakes by another goroutine": func(rt *executor.Runtime) []joinhandle.AbortHandle {
		g := &gate{}
		h := executor.Spawn[int](rt, g)
		go func() {
			for !h.Finished() {
				g.Wake()
			}
		}()
		return []joinhandle.AbortHandle{h.AbortHandle()}
	},
	"spawns that never end": func(rt *executor.Runtime) []joinhandle.AbortHandle {
		var link func(stop *atomic.Bool) core.Future[int]
		link = func(stop *atomic.Bool) core.Future[int] {
			return future.Func(func(cx *core.Context) (int, bool) {
				if !stop.Load() {
					executor.Spawn(cx, link(stop))
				}
				return 0, true
			})
		}
		stop := new(atomic.Bool)
		executor.Spawn(rt, link(stop))
		g := &gate{inDrop: func() { stop.Store(true) }}
		return []joinhandle.AbortHandle{executor.Spawn[int](rt, g).AbortHandle()}
	},
	"two tasks that wake each other": func(rt *executor.Runtime) []joinhandle.AbortHandle {
		a, b := &rally{}, &rally{}
		a.peer, b.peer = b, a
		return []joinhandle.AbortHandle{
			executor.Spawn[int](rt, a).AbortHandle(),
			executor.Spawn[int](rt, b).AbortHandle(),
		}
	},
}

func three[T any](f func() T) []T { return []T{f(), f(), f()} }

// A rally is one of two tasks that wake each other for ever. Both are on one worker.
type rally struct {
	peer  *rally
	waker core.Waker
	polls int
}

func (r *rally) Poll(cx *core.Context) (int, bool) {
	r.polls++
	r.waker = cx.Waker()
	if w := r.peer.waker; w != nil {
		cx.Wake(w)
	}
	return 0, false
}

// Regression: the loop that drained the queue had no bound, and the root, timers and I/O starved.
func TestBusyTasksLeaveEverythingElseItsTurn(t *testing.T) {
	others := map[string]func(t *testing.T, rt *executor.Runtime, fake *reactortest.Fake){
		"a sleep in poll style": func(t *testing.T, rt *executor.Runtime, _ *reactortest.Fake) {
			joinOK(t, executor.Spawn[int](rt, &sleeper{d: 3 * time.Millisecond}))
		},
		"a sleep in direct style": func(t *testing.T, rt *executor.Runtime, _ *reactortest.Fake) {
			joinOK(t, executor.Go(rt, func(co *coro.Co) (int, error) { return 0, coro.Sleep(co, 3*time.Millisecond) }))
		},
		"input": func(t *testing.T, rt *executor.Runtime, fake *reactortest.Fake) {
			a, b := fake.Pair()
			defer a.Close()
			defer b.Close()
			r := &reader{stream: a}
			h := executor.Spawn[int](rt, r)
			eventually(t, "the reader is polled", func() bool { return r.polls.Load() > 0 })
			b.Write([]byte{42})
			if v := joinOK(t, h); v != 42 {
				t.Errorf("it read %d", v)
			}
		},
		"a remote spawn": func(t *testing.T, rt *executor.Runtime, _ *reactortest.Fake) { alive(t, rt) },
		"a remote wake": func(t *testing.T, rt *executor.Runtime, _ *reactortest.Fake) {
			g := &gate{}
			h := executor.Spawn[int](rt, g)
			g.polled(t, 1)
			g.Open()
			joinOK(t, h)
		},
		"a blocking function": func(t *testing.T, rt *executor.Runtime, _ *reactortest.Fake) {
			joinOK(t, executor.SpawnBlocking(rt, func() (int, error) { return 0, nil }))
		},
		"statistics": func(t *testing.T, rt *executor.Runtime, _ *reactortest.Fake) {
			before := rt.Stats().Polls
			eventually(t, "the polls are counted", func() bool { return rt.Stats().Polls > before })
		},
	}
	for name, start := range forever {
		t.Run(name, func(t *testing.T) {
			fake := reactortest.NewFake()
			rt := startRuntime(t, executor.Options{Poller: fakePoller(fake)})
			busy := start(rt)
			for name, other := range others {
				t.Run(name, func(t *testing.T) { other(t, rt, fake) })
			}
			for _, h := range busy {
				h.Abort()
			}
			eventually(t, "the busy tasks end", func() bool { return rt.Stats().Live == 0 })
		})
	}
	for name, start := range forever {
		t.Run(name+" and Close", func(t *testing.T) {
			rt := startRuntime(t, executor.Options{})
			start(rt)
			closeRuntime(t, rt)
		})
	}
}

// Two tasks that wake each other take the LIFO slot in turns. A third task in the queue still gets
// its poll after a bounded number of theirs.
func TestPingPongDoesNotStarveAThird(t *testing.T) {
	rt := startRuntime(t, executor.Options{Workers: 1})
	a, b := &rally{}, &rally{}
	a.peer, b.peer = b, a
	rounds, longest, last := 0, 0, 0
	joinOK(t, executor.Spawn(rt, future.Func(func(cx *core.Context) (int, bool) {
		if rounds == 0 {
			executor.Spawn[int](cx, a)
			executor.Spawn[int](cx, b)
		}
		rounds++
		longest, last = max(longest, a.polls+b.polls-last), a.polls+b.polls
		cx.Yield()
		return 0, rounds == 1000 && last > 1000
	})))
	// The slot goes first maxLIFO times, then whatever is in front of the third in the queue: at
	// most the two, which may each use the slot again.
	if limit := 3 * (executor.MaxLIFO + 1); longest > limit || last == 0 {
		t.Fatalf("between two polls of the third task the two had %d, want at most %d", longest, limit)
	}
}

func TestYieldGoesBehindTheOthers(t *testing.T) {
	for _, name := range []string{"poll", "direct"} {
		t.Run(name, func(t *testing.T) {
			rt := startRuntime(t, executor.Options{Workers: 1})
			var log []string
			say := func(s string) { log = append(log, s) }
			release := hold(t, rt) // so that all three are queued together
			var tasks []joinhandle.JoinHandle[int]
			if name == "poll" {
				polls := 0
				tasks = append(tasks, executor.Spawn(rt, future.Func(func(cx *core.Context) (int, bool) {
					say("a")
					cx.Yield()
					polls++
					return 0, polls == 2
				})))
			} else {
				tasks = append(tasks, executor.Go(rt, func(co *coro.Co) (int, error) {
					say("a")
					co.Yield()
					say("a")
					return 0, nil
				}))
			}
			for _, s := range []string{"b", "c"} {
				tasks = append(tasks, executor.Spawn(rt, future.Func(func(*core.Context) (int, bool) {
					say(s)
					return 0, true
				})))
			}
			release()
			for _, h := range tasks {
				joinOK(t, h)
			}
			inTask(t, rt, func(*core.Context) {
				if want := []string{"a", "b", "c", "a"}; !slices.Equal(log, want) {
					t.Errorf("the order is %v, want %v", log, want)
				}
			})
		})
	}
}

// However busy the tasks are, there are never more polls than one turn's between two looks at the
// poller.
func TestPollerIsLookedAtInEveryTurn(t *testing.T) {
	fake := reactortest.NewFake()
	rt := startRuntime(t, executor.Options{Poller: fakePoller(fake)})
	a, b := fake.Pair()
	defer a.Close()
	defer b.Close()
	h := executor.Spawn[int](rt, &reader{stream: a})
	polls, sinceLook, longest, looks := 0, 0, 0, -1
	joinOK(t, executor.Spawn(rt, future.Func(func(cx *core.Context) (int, bool) {
		if n := fake.Calls("wait"); n != looks {
			looks, sinceLook = n, 0
		}
		sinceLook++
		longest = max(longest, sinceLook)
		polls++
		cx.Yield()
		return 0, polls == 5000
	})))
	if longest > executor.PollsPerTurn {
		t.Fatalf("%d polls without a look at the poller, want at most %d", longest, executor.PollsPerTurn)
	}
	h.Abort()
	joinCancelled(t, h)
}

func TestBudgetOfAPollIsSpentAfter128Operations(t *testing.T) {
	rt := startRuntime(t, executor.Options{Workers: 1})
	var log []int // operations of each poll; -1 for a poll of the other task
	release := hold(t, rt)
	left := 300
	h := executor.Spawn(rt, future.Func(func(cx *core.Context) (int, bool) {
		n := 0
		for left > 0 {
			if !cx.Spend() {
				log = append(log, n)
				return 0, false
			}
			n++
			left--
		}
		log = append(log, n)
		return 0, true
	}))
	polls := 0
	other := executor.Spawn(rt, future.Func(func(cx *core.Context) (int, bool) {
		log = append(log, -1)
		cx.Yield()
		polls++
		return 0, polls == 3
	}))
	release()
	joinOK(t, h)
	joinOK(t, other)
	want := []int{core.DefaultBudget, -1, core.DefaultBudget, -1, 300 - 2*core.DefaultBudget, -1}
	if !slices.Equal(log, want) {
		t.Fatalf("operations by poll: %v, want %v", log, want)
	}
}
