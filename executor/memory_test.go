package executor_test

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"
	"weak"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/internal/runq"
	"github.com/moduvex/moduvex-go/joinhandle"
	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/reactortest"
)

// A cargo must not be kept by a task that has ended. It is reachable from the task's cell, and from the waker or timer
// that the task waits with.
type cargo struct{ _ [256]byte }

// cargos counts those that are reachable.
type cargos struct {
	t   *testing.T
	all []weak.Pointer[cargo]
}

func (cs *cargos) load() *cargo {
	c := new(cargo)
	cs.all = append(cs.all, weak.Make(c))
	return c
}

// gone waits until none is reachable.
func (cs *cargos) gone(what string) {
	cs.t.Helper()
	left := 0
	for range 20 {
		runtime.GC()
		left = 0
		for _, c := range cs.all {
			if c.Value() != nil {
				left++
			}
		}
		if left == 0 {
			cs.all = nil
			return
		}
		time.Sleep(time.Millisecond) // a coroutine that was stopped is on its way out
	}
	cs.t.Errorf("%s: %d of %d are kept", what, left, len(cs.all))
	cs.all = nil
}

// A loaded is a future that yields some times and ends. It is part of its task's cell.
type loaded struct {
	cargo  *cargo
	yields int
	end    func()
}

func (l *loaded) Poll(cx *core.Context) (int, bool) {
	if l.yields > 0 {
		l.yields--
		cx.Yield()
		return 0, false
	}
	if l.end != nil {
		l.end()
	}
	return 0, true
}

// A ringer is the waker of a timer or a registration, and wakes a task.
type ringer struct {
	cargo *cargo
	task  core.Waker
	rung  bool
}

func (r *ringer) Wake() {
	r.rung = true
	r.task.Wake()
}

// A sounding is a sleep whose timer has a waker of its own.
type sounding struct {
	entry wheel.Entry
	rings *ringer
	polls int
}

func (s *sounding) Poll(cx *core.Context) (int, bool) {
	if s.polls++; s.polls == 1 {
		s.rings.task = cx.Waker()
		s.entry.Waker = s.rings
		cx.Host().Arm(&s.entry, cx.Now())
		return 0, false
	}
	cx.Host().Disarm(&s.entry)
	return 0, true
}

// An idle worker keeps none of the tasks that it had: neither in what it polled last, nor in
// the slots of its queues, rings and scratch, nor by a link of a task that is still referred to.
func TestAnIdleWorkerKeepsNoTask(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	cs := &cargos{t: t}
	n := runq.Slots + 500 // the list is used, too
	var held []joinhandle.JoinHandle[int]
	drain := func() {
		t.Helper()
		eventually(t, "all have ended", func() bool { return rt.Stats().Live == 0 })
		settled(t, rt)
	}
	spawn := func(s core.Spawner, l loaded) { executor.SpawnValue[int](s, l) }
	for name, run := range map[string]func(){
		"one": func() { spawn(rt, loaded{cargo: cs.load()}) },
		"from outside": func() {
			release := hold(t, rt)
			for i := range n {
				l := loaded{cargo: cs.load(), yields: i % 3}
				if i%7 == 0 { // one that is held links to others, if at all
					l.cargo = nil
					held = append(held, executor.SpawnValue[int](rt, l))
					continue
				}
				spawn(rt, l)
			}
			release()
		},
		"from inside": func() {
			inTask(t, rt, func(cx *core.Context) {
				for i := range n {
					l := loaded{cargo: cs.load(), yields: i % 3}
					if i%7 == 0 {
						l.cargo = nil
						held = append(held, executor.SpawnValue[int](cx, l))
						continue
					}
					spawn(cx, l)
				}
			})
		},
		"bound": func() {
			for w := range rt.Workers() {
				for range n / 4 {
					spawn(rt.On(w), loaded{cargo: cs.load(), yields: 1})
				}
			}
		},
		"a few": func() {
			for range 5 {
				spawn(rt, loaded{cargo: cs.load(), yields: 2})
			}
		},
		"woken by another": func() {
			inTask(t, rt, func(cx *core.Context) {
				for range 50 {
					c, first := cs.load(), true
					var waker core.Waker
					spawn(cx, loaded{cargo: cs.load()})
					executor.Spawn(cx, future.Func(func(cx *core.Context) (int, bool) {
						if waker = cx.Waker(); first {
							first = false
							executor.Spawn(cx, future.Func(func(cx *core.Context) (int, bool) {
								cx.Wake(waker)
								return 0, true
							}))
							return 0, false
						}
						runtime.KeepAlive(c)
						return 0, true
					}))
				}
			})
		},
		"panicked": func() {
			for range 10 {
				spawn(rt, loaded{cargo: cs.load(), end: func() { panic("boom") }})
			}
		},
		"exited": func() {
			for range 10 {
				spawn(rt, loaded{cargo: cs.load(), end: runtime.Goexit})
			}
		},
		"aborted": func() {
			for i := range 100 {
				h := executor.SpawnValue[int](rt, loaded{cargo: cs.load(), yields: 1 << 30})
				if i%2 == 0 {
					runtime.Gosched()
				}
				h.Abort()
			}
		},
		"timers": func() {
			for range 200 {
				executor.SpawnValue[int](rt, sounding{rings: &ringer{cargo: cs.load()}})
			}
		},
		"bodies": func() {
			for range 50 {
				c := cs.load()
				executor.Go(rt, func(co *coro.Co) (int, error) {
					err := coro.Sleep(co, time.Microsecond)
					runtime.KeepAlive(c)
					return 0, err
				})
			}
		},
		"outputs": func() {
			for range 50 {
				c := cs.load()
				executor.Go(rt, func(co *coro.Co) (*cargo, error) { return c, co.Yield() })
			}
		},
		"aborted bodies": func() {
			for range 50 {
				c := cs.load()
				h := executor.Go(rt, func(co *coro.Co) (int, error) {
					defer runtime.KeepAlive(c)
					_, err := coro.Await(co, timer.Sleep(time.Hour))
					return 0, err
				})
				runtime.Gosched()
				h.Abort()
			}
		},
		"blocking": func() {
			for range 10 {
				c := cs.load()
				executor.SpawnBlocking(rt, func() (*cargo, error) { return c, nil })
			}
		},
	} {
		run()
		drain()
		cs.gone(name)
	}
	runtime.KeepAlive(held)
}

// A worker forgets the wakers that its reactor has returned once it has called them.
func TestAnIdleWorkerKeepsNoWakerOfARegistration(t *testing.T) {
	fake := reactortest.NewFake()
	rt := startRuntime(t, executor.Options{Poller: fakePoller(fake)})
	cs := &cargos{t: t}
	const n = 20
	for range n {
		a, b := fake.Pair()
		r := &ringer{cargo: cs.load()}
		var reg *reactor.Registration
		var waits atomic.Bool
		h := executor.Spawn(rt, future.Func(func(cx *core.Context) (int, bool) {
			if reg == nil {
				var err error
				if reg, err = cx.Host().IO().(*reactor.Reactor).Register(a.FD(), reactor.Readable); err != nil {
					t.Error(err)
					return 0, true
				}
				r.task = cx.Waker()
				if _, ok := reg.PollReady(r, reactor.Read); ok {
					t.Error("it is ready at once")
					return 0, true
				}
				waits.Store(true)
				return 0, false
			}
			if !r.rung {
				return 0, false
			}
			return 0, reg.Deregister() == nil
		}))
		eventually(t, "it waits", waits.Load)
		fake.Fire(a.FD(), reactor.ReadReady)
		joinOK(t, h)
		a.Close()
		b.Close()
	}
	settled(t, rt)
	cs.gone("registrations")
}

// What a worker polled last before the runtime was closed is not kept either.
func TestAClosedRuntimeKeepsNotEvenTheLastPolled(t *testing.T) {
	rt := makeRuntime(t, executor.Options{})
	cs := &cargos{t: t}
	for range 50 {
		executor.SpawnValue[int](rt, loaded{cargo: cs.load(), yields: 1 << 30})
	}
	eventually(t, "all are polled", func() bool { return rt.Stats().Polls > 1000 })
	closeRuntime(t, rt)
	cs.gone("polled last")
	if n := rt.Workers(); n == 0 { // rt is held up to here
		t.Error(n)
	}
}

// A closed runtime that is still referred to keeps none of its tasks.
func TestAClosedRuntimeKeepsNoTask(t *testing.T) {
	rt := makeRuntime(t, executor.Options{})
	cs := &cargos{t: t}
	for i := range 500 {
		executor.SpawnValue[int](rt, loaded{cargo: cs.load(), yields: 1 << 30})
		executor.SpawnValue[int](rt.On(i%rt.Workers()), loaded{cargo: cs.load(), yields: 1 << 30})
		c := cs.load()
		executor.Go(rt, func(co *coro.Co) (int, error) {
			defer runtime.KeepAlive(c)
			return 0, coro.Sleep(co, time.Hour)
		})
		executor.SpawnValue[int](rt, sounding{rings: &ringer{cargo: cs.load()}, polls: i % 2})
	}
	eventually(t, "only those that yield are polled", func() bool { return rt.Stats().Polls > 20_000 })
	closeRuntime(t, rt)
	cs.gone("closed")
	if n := rt.Workers(); n == 0 { // rt is held up to here
		t.Error(n)
	}
}
