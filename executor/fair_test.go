package executor_test

import (
	"slices"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/internal/runq"
	"github.com/moduvex/moduvex-go/joinhandle"
	"github.com/moduvex/moduvex-go/reactor/reactortest"
)

// Tasks keep all workers busy, some bound to them and some not. All other work, on a certain worker or on any, still
// makes progress.
//
// Regression: the loop that drained the queue had no bound, and the root, timers and I/O starved.
func TestBusyTasksLeaveEverythingElseItsTurn(t *testing.T) {
	// Each begins an activity, and returns how to wait for its end.
	others := map[string]func(t *testing.T, s seat) (end func()){
		"a sleep in poll style": func(t *testing.T, s seat) func() {
			h := executor.Spawn(s, timer.Sleep(3*time.Millisecond))
			return func() { joinOK(t, h) }
		},
		"a sleep in direct style": func(t *testing.T, s seat) func() {
			h := executor.Go(s, func(co *coro.Co) (int, error) { return 0, coro.Sleep(co, 3*time.Millisecond) })
			return func() { joinOK(t, h) }
		},
		"a deadline": func(t *testing.T, s seat) func() {
			h := executor.Go(s, func(co *coro.Co) (int, error) {
				return 0, coro.WithTimeout(co, time.Millisecond, func(co *coro.Co) error {
					_, err := coro.Await[int](co, &gate{})
					return err
				})
			})
			return func() {
				if _, err := join(t, h); err != core.ErrDeadlineExceeded {
					t.Errorf("the join returned %v", err)
				}
			}
		},
		"input": func(t *testing.T, s seat) func() {
			r := &local{fakes: s.fakes, peers: make(chan reactortest.Stream, 1)}
			h := executor.Spawn[int](s, r)
			return func() {
				b := receive(t, "the reader is polled", r.peers)
				b.Write([]byte{42})
				if v := joinOK(t, h); v != 42 {
					t.Errorf("it read %d", v)
				}
				b.Close()
			}
		},
		"a remote spawn": func(t *testing.T, s seat) func() {
			h := executor.Spawn(s, future.Ready(7))
			return func() { joinOK(t, h) }
		},
		"a spawn on the worker": func(t *testing.T, s seat) func() {
			h := executor.Go(s, func(co *coro.Co) (int, error) { return executor.Spawn(co, future.Ready(7)).Join(co) })
			return func() { joinOK(t, h) }
		},
		"a remote wake": func(t *testing.T, s seat) func() {
			g := &gate{}
			h := executor.Spawn[int](s, g)
			return func() {
				g.polled(t, 1)
				g.Open()
				joinOK(t, h)
			}
		},
		"a task that yields": func(t *testing.T, s seat) func() {
			h := executor.Go(s, func(co *coro.Co) (int, error) {
				for range 10 {
					if err := co.Yield(); err != nil {
						return 0, err
					}
				}
				return 0, nil
			})
			return func() { joinOK(t, h) }
		},
		"a blocking function": func(t *testing.T, s seat) func() {
			h := executor.Go(s, func(co *coro.Co) (int, error) {
				return executor.Blocking(co, func() (int, error) { return 0, nil })
			})
			return func() { joinOK(t, h) }
		},
		"an abort": func(t *testing.T, s seat) func() {
			g := &gate{}
			h := executor.Spawn[int](s, g)
			return func() {
				g.polled(t, 1)
				h.Abort()
				joinCancelled(t, h)
			}
		},
		"statistics": func(t *testing.T, s seat) func() {
			before := s.rt.Metrics()
			return func() {
				eventually(t, "the polls of every worker are counted", func() bool {
					for i, w := range s.rt.Metrics().Workers {
						if w.Polls <= before.Workers[i].Polls {
							return false
						}
					}
					return true
				})
			}
		},
	}
	for name, start := range forever {
		t.Run(name, func(t *testing.T) {
			rt, all := seats(t)
			var busy []joinhandle.AbortHandle
			for _, s := range all {
				busy = append(busy, start(s)...)
			}
			for name, other := range others {
				t.Run(name, func(t *testing.T) {
					var finish []func()
					for _, s := range all {
						finish = append(finish, other(t, s))
					}
					for _, f := range finish {
						f()
					}
				})
			}
			alive(t, rt)
			for _, h := range busy {
				h.Abort()
			}
			eventually(t, "the busy tasks end", func() bool { return rt.Stats().Live == 0 })
		})
	}
	for name, start := range forever {
		t.Run(name+" and Close", func(t *testing.T) {
			rt, all := seats(t)
			for _, s := range all {
				start(s)
			}
			closeRuntime(t, rt)
		})
	}
}

// Two tasks that wake each other use the slot alternately. A third task in the queue still gets
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
	if limit := 3 * (runq.MaxRuns + 1); longest > limit || last == 0 {
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

// However busy the tasks are, there are never more polls between two looks at the poller than in one round.
func TestPollerIsLookedAtInEveryRound(t *testing.T) {
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
	if longest > runq.PollsPerRound {
		t.Fatalf("%d polls without a look at the poller, want at most %d", longest, runq.PollsPerRound)
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
