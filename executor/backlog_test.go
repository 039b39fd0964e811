package executor_test

import (
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/internal/runq"
)

const backlog = 50_000

// A crowd is a driver that spawns tasks by the tens of thousands in one poll, and waits for their end.
type crowd struct {
	ready func(cx *core.Context) bool // says when
	each  func(cx *core.Context)      // what each task does, or nil
	left  int                         // tasks that have not been polled
	waker core.Waker
}

func (c *crowd) Poll(cx *core.Context) (int, bool) {
	if c.waker == nil {
		if !c.ready(cx) {
			cx.Yield()
			return 0, false
		}
		c.waker, c.left = cx.Waker(), backlog
		for range backlog {
			executor.SpawnValue[int](cx, member{c})
		}
	}
	return 0, c.left == 0
}

type member struct{ of *crowd }

func (m *member) Poll(cx *core.Context) (int, bool) {
	if m.of.each != nil {
		m.of.each(cx)
	}
	if m.of.left--; m.of.left == 0 {
		cx.Worker().WakeLater(m.of.waker)
	}
	return 0, true
}

// Regression: a task that a timer woke waited behind all tasks that had ever been spawned.
func TestTimersDoNotWaitBehindABacklogOfSpawns(t *testing.T) {
	rt := startRuntime(t, executor.Options{Workers: 1, LongPollThreshold: -1})
	var s *looker
	c := &crowd{}
	c.ready = func(cx *core.Context) bool {
		if s == nil || s.due != 0 && !s.sleep.Armed() { // it was over already: another
			s = &looker{of: c}
			executor.Spawn[int](cx, s)
		}
		for s.due != 0 && cx.Now() < s.due { // not later, when some thousand have been polled
		}
		return s.due != 0
	}
	joinOK(t, executor.Spawn[int](rt, c))
	eventually(t, "the looker has ended", s.ended.Load)
	if s.left < backlog-runq.Size-4*runq.PollsPerRound {
		t.Fatalf("%d of %d tasks were polled before the one whose timer had gone off", backlog-s.left, backlog)
	}
}

// A looker notes how many tasks are left when its timer has woken it.
type looker struct {
	of    *crowd
	sleep wheel.Entry
	due   time.Duration // when it has gone off for sure
	left  int
	ended atomic.Bool
}

func (s *looker) Poll(cx *core.Context) (int, bool) {
	if s.due == 0 {
		s.sleep.Waker = cx.Waker()
		cx.Host().Arm(&s.sleep, cx.Now()+time.Millisecond)
		s.due = cx.Now() + 2*time.Millisecond
		return 0, false
	}
	s.left = s.of.left
	s.ended.Store(true)
	return 0, true
}

// The other way round: tasks that wake each other for ever overtake those that were spawned, and do not
// starve them.
func TestABacklogOfSpawnsDoesNotStarve(t *testing.T) {
	rt := startRuntime(t, executor.Options{Workers: 1, LongPollThreshold: -1})
	c := &crowd{}
	c.ready = func(cx *core.Context) bool {
		const players = 200 // more than a round polls
		var wakers [players]core.Waker
		for i := range wakers {
			executor.Spawn(cx, future.Func(func(cx *core.Context) (int, bool) {
				wakers[i] = cx.Waker()
				if c.left == 0 {
					return 0, true
				}
				for _, other := range []int{(i + 1) % players, (i + 7) % players} { // not itself: that is a yield
					if w := wakers[other]; w != nil {
						cx.Worker().WakeLater(w)
					}
				}
				return 0, false
			}))
		}
		return true
	}
	ends(t, "the backlog", func() { joinOK(t, executor.Spawn[int](rt, c)) })
}

// Regression: tasks that wake the next through the LIFO slot left the ring as many polls as the list put in
// front of it, and a timer waited until the list was empty.
func TestTimersDoNotWaitBehindABacklogThatFeedsAPipeline(t *testing.T) {
	rt := startRuntime(t, executor.Options{Workers: 1, LongPollThreshold: -1})
	const stages, idle = 2, 20000
	c := &crowd{}
	var pipeline [stages + 1 + idle]core.Waker // the last of the stages wakes one of the idle
	settled, next := 0, 0
	var tick wheel.Entry
	ticks := 0
	c.ready = func(cx *core.Context) bool {
		if settled == 0 {
			for i := range pipeline {
				executor.Spawn(cx, future.Func(func(cx *core.Context) (int, bool) {
					if pipeline[i] == nil {
						pipeline[i] = cx.Waker()
						settled++
					} else if i < stages {
						cx.Wake(pipeline[i+1])
					} else if i == stages {
						next = (next + 1) % idle
						cx.Wake(pipeline[stages+1+next])
					}
					return 0, c.waker != nil && c.left == 0
				}))
			}
			executor.Spawn(cx, future.Func(func(cx *core.Context) (int, bool) {
				ticks++
				tick.Waker = cx.Waker()
				cx.Host().Arm(&tick, 0) // due in each round
				return 0, c.waker != nil && c.left == 0
			}))
		}
		return settled == len(pipeline)
	}
	c.each = func(cx *core.Context) { cx.Wake(pipeline[0]) }
	joinOK(t, executor.Spawn[int](rt, c))
	if ticks < backlog/500 { // a list that takes all polls leaves it a third of that
		t.Fatalf("while %d tasks were polled a timer went off %d times", backlog, ticks)
	}
}

// Where there is one processor, a goroutine that a task wakes runs after a round of the worker, and does not wait for Go's
// monitor. (The tasks count the polls until then.)
func TestWokenGoroutinesRunAfterARound(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	rt := startRuntime(t, executor.Options{Workers: 1, LongPollThreshold: -1})
	var polls atomic.Int64 // since the last wake
	woken := make(chan struct{})
	busy := executor.Spawn(rt, future.Func(func(cx *core.Context) (int, bool) {
		if polls.Add(1) >= 1000 {
			select {
			case woken <- struct{}{}:
				polls.Store(0)
			default: // it does not wait yet
			}
		}
		cx.Yield()
		return 0, false
	}))
	var waits []int64
	for range 100 {
		<-woken
		waits = append(waits, polls.Load())
	}
	busy.Abort()
	joinCancelled(t, busy)
	slices.Sort(waits)
	if typical := waits[len(waits)/2]; typical > 4*runq.PollsPerRound {
		t.Fatalf("a goroutine runs %d polls after it was woken, most of the time", typical)
	}
}

// A round removes a bounded number of timers from the wheel. It does not forget the others, though nothing else
// happens.
func TestTimersThatAreDueAtOnceAllGoOff(t *testing.T) {
	const n = 20 * executor.DueAtOnce
	for _, kind := range []string{"tasks", "functions"} {
		t.Run(kind, func(t *testing.T) {
			rt := startRuntime(t, executor.Options{Workers: 1})
			done := make(chan struct{}, n)
			inTask(t, rt, func(cx *core.Context) {
				for range n {
					if kind == "tasks" {
						h := executor.Spawn(cx, timer.Sleep(5*time.Millisecond))
						h.OnEnd(func() { done <- struct{}{} })
						continue
					}
					e := &wheel.Entry{Waker: core.WakerFunc(func() { done <- struct{}{} })}
					cx.Host().Arm(e, cx.Now()+5*time.Millisecond)
				}
			})
			for range n {
				receive(t, "a timer goes off", done)
			}
		})
	}
}
