package coro_test

import (
	"runtime"
	"slices"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
)

// A failure means that this version of Go does not let a goroutine call the functions of another one's iter.Pull as
// package coro needs it. Then nothing is wrong but the speed: pools ignore their Relay, and the other tests of the
// Relay fail as well, except TestWithoutSwapsAPoolIgnoresItsRelay. See swaps.go for what has to be found out.
func TestGoroutinesCanBeParkedInEachOthersCoros(t *testing.T) {
	if !coro.Swaps() {
		t.Errorf("%s cannot swap goroutines: coroutines do not hand the worker on, and direct style is slower", runtime.Version())
	}
}

func TestSuspendedBodiesHandTheWorkerOn(t *testing.T) {
	const bodies, yields = 3, 5
	w := newRelayWorker(t, coro.PoolOptions{})
	var order []int
	for i := range bodies {
		spawn(t, w, func(co *coro.Co) (int, error) {
			for range yields {
				order = append(order, i)
				if err := co.Yield(); err != nil {
					return 0, err
				}
			}
			return 0, nil
		})
	}
	w.run()
	for i, body := range order {
		if body != i%bodies {
			t.Fatalf("not in turn: %d", order)
		}
	}
	// The worker's goroutine makes the coroutines. From then on it is not resumed until the last body has ended.
	if w.runs != bodies || w.handed != bodies*yields {
		t.Errorf("the worker's goroutine has begun %d polls, coroutines %d", w.runs, w.handed)
	}
}

func TestABodyThatEndsIsFollowedByTheNextOnItsCoroutine(t *testing.T) {
	w := newRelayWorker(t, coro.PoolOptions{})
	var on []any
	for range 10 {
		spawn(t, w, func(co *coro.Co) (int, error) {
			on = append(on, coro.CoroutineOf(co))
			return 0, nil
		})
	}
	w.run()
	if w.runs != 1 || len(on) != 10 || len(slices.Compact(on)) != 1 || w.pool.Idle() != 1 {
		t.Errorf("%d runs, %d bodies, %d idle", w.runs, len(on), w.pool.Idle())
	}
}

func TestABodyThatYieldsAloneContinues(t *testing.T) {
	const yields = relayRound - 1
	w := newRelayWorker(t, coro.PoolOptions{})
	s := spawn(t, w, func(co *coro.Co) (int, error) {
		for range yields {
			before := co.Context().Budget()
			co.Context().Spend()
			if err := co.Yield(); err != nil {
				return 0, err
			}
			if n := co.Context().Budget(); n != before {
				t.Errorf("a poll begins with a budget of %d, the one before had %d", n, before)
			}
		}
		return 7, nil
	})
	w.run()
	if v, err := take(t, s); v != 7 || err != nil || w.runs != 1 || w.continued != yields {
		t.Errorf("have %d, %v; %d runs, %d times continued", v, err, w.runs, w.continued)
	}
}

// The rounds of the worker end also where a body could continue, or hand on.
func TestTheWorkersGoroutineGoesOnAtTheEndOfARound(t *testing.T) {
	for bodies := 1; bodies <= 3; bodies++ {
		w := newRelayWorker(t, coro.PoolOptions{})
		for range bodies {
			spawn(t, w, func(co *coro.Co) (int, error) {
				for range 3 * relayRound {
					co.Yield()
				}
				return 0, nil
			})
		}
		w.run()
		if polls := bodies * (3*relayRound + 1); w.runs+w.handed != polls || w.runs < polls/(relayRound+1) || w.runs > bodies+polls/relayRound {
			t.Errorf("%d bodies: %d of %d polls are begun by the worker's goroutine", bodies, w.runs, w.runs+w.handed)
		}
	}
}

func TestATaskInPollStyleIsPolledByTheWorkersGoroutine(t *testing.T) {
	const rounds = 10
	w := newRelayWorker(t, coro.PoolOptions{})
	polls := 0
	f := task.New(future.Func(func(cx *core.Context) (int, bool) {
		polls++
		cx.Yield()
		return polls, polls == rounds
	}))
	body := spawn(t, w, func(co *coro.Co) (n int, err error) {
		for n = 0; err == nil && n < rounds; n++ {
			if polls > n+1 {
				t.Errorf("%d polls of the future in %d rounds", polls, n)
			}
			err = co.Yield()
		}
		return n, err
	})
	if err := w.Spawn(&f.Task); err != nil {
		t.Fatal(err)
	}
	w.run()
	for _, s := range []*task.Slot[int]{f, body} {
		if v, err := take(t, s); v != rounds || err != nil {
			t.Errorf("have %d, %v", v, err)
		}
	}
	if w.runs < rounds+1 {
		t.Errorf("%d runs", w.runs)
	}
}

// The next task is aborted between the moment when it is chosen and that when its poll begins, or before.
func TestTheNextTaskIsAborted(t *testing.T) {
	for _, begun := range []bool{false, true} {
		w := newRelayWorker(t, coro.PoolOptions{})
		fill := spawn(t, w, func(*coro.Co) (int, error) { return 0, nil }) // leaves a coroutine for a body that has not begun
		w.run()
		take(t, fill)
		var victim *task.Slot[int]
		made := func() {
			victim = spawn(t, w, func(co *coro.Co) (int, error) {
				for {
					if err := co.Yield(); err != nil {
						return 0, err
					}
				}
			})
		}
		if begun {
			made()
			w.step()
		}
		s := spawn(t, w, func(co *coro.Co) (int, error) {
			if !begun {
				made()
			}
			victim.Abort()
			return 7, co.Yield()
		})
		w.run()
		if v, err := take(t, s); v != 7 || err != nil {
			t.Errorf("begun %t: the body before it: have %d, %v", begun, v, err)
		}
		if _, err := take(t, victim); !isAbort(err) || victim.State() != task.Cancelled {
			t.Errorf("begun %t: have %v, %v", begun, err, victim.State())
		}
	}
}

// What happens during a poll keeps its coroutine from ending it: the worker's goroutine does, and nothing is lost.
func TestAPollThatIsDisturbedIsEndedByTheWorkersGoroutine(t *testing.T) {
	tests := []struct {
		name    string
		disturb func(co *coro.Co, s *task.Slot[int])
		await   func(co *coro.Co) error
		aborted bool
	}{
		{"a wake", func(co *coro.Co, _ *task.Slot[int]) { co.Context().Waker().Wake() }, (*coro.Co).Suspend, false},
		{"a wake and a yield", func(co *coro.Co, _ *task.Slot[int]) { co.Context().Waker().Wake() }, (*coro.Co).Yield, false},
		{"an abort", func(_ *coro.Co, s *task.Slot[int]) { s.Abort() }, forever, true},
	}
	for _, test := range tests {
		for _, alone := range []bool{false, true} {
			w := newRelayWorker(t, coro.PoolOptions{})
			var s *task.Slot[int]
			others := 0
			if !alone {
				spawn(t, w, func(co *coro.Co) (int, error) {
					for others = range 10 {
						co.Yield()
					}
					return 0, nil
				})
			}
			s = spawn(t, w, func(co *coro.Co) (int, error) {
				for range 3 {
					test.disturb(co, s)
					if err := test.await(co); err != nil {
						return 0, err
					}
				}
				return 7, nil
			})
			w.run()
			v, err := take(t, s)
			if test.aborted && !isAbort(err) || !test.aborted && (v != 7 || err != nil) || !alone && others != 9 {
				t.Errorf("%s, alone %t: have %d, %v; the other task yielded %d times", test.name, alone, v, err, others)
			}
		}
	}
}

// An abort during the poll that reaches the body only in its await.
func TestAnAbortWhileTheWorkerIsHandedOn(t *testing.T) {
	w := newRelayWorker(t, coro.PoolOptions{})
	victim := spawn(t, w, func(co *coro.Co) (int, error) {
		_, err := coro.Await(co, future.Func(func(cx *core.Context) (int, bool) {
			cx.Yield()
			return 0, false
		}))
		return 0, err
	})
	spawn(t, w, func(co *coro.Co) (int, error) {
		co.Yield()
		victim.Abort() // it is ready, behind this one
		return 0, co.Yield()
	})
	for range 1000 {
		if !w.step() {
			break
		}
	}
	if _, err := take(t, victim); !isAbort(err) {
		t.Errorf("have %v", err)
	}
}

func TestATimedTaskIsPolledByTheWorkersGoroutine(t *testing.T) {
	const yields = 5
	w := newRelayWorker(t, coro.PoolOptions{})
	var slots []*task.Slot[int]
	for i := range 3 {
		s := coro.New(func(co *coro.Co) (int, error) {
			for range yields {
				if err := co.Yield(); err != nil {
					return 0, err
				}
			}
			return 7, nil
		})
		switch i {
		case 0:
			s.ForHost().StartTiming(w.Now(), nil)
		case 1:
			s.SetName("named")
		}
		if err := w.Spawn(&s.Task); err != nil {
			t.Fatal(err)
		}
		slots = append(slots, s)
	}
	w.run()
	for i, s := range slots {
		if v, err := take(t, s); v != 7 || err != nil {
			t.Errorf("task %d: have %d, %v", i, v, err)
		}
	}
	if times, _ := slots[0].Times(); times.Polls != yields+1 {
		t.Errorf("%d polls of the timed task were counted", times.Polls)
	}
	if w.runs < yields+1 || w.handed < yields {
		t.Errorf("the worker's goroutine has begun %d polls, coroutines %d", w.runs, w.handed)
	}
}

func TestWithoutSwapsAPoolIgnoresItsRelay(t *testing.T) {
	defer coro.WithoutSwaps()()
	before := coroutines()
	w := newRelayWorker(t, coro.PoolOptions{Idle: 2})
	var slots []*task.Slot[int]
	for i := range 5 {
		slots = append(slots, spawn(t, w, func(co *coro.Co) (int, error) {
			for range 10 {
				if err := co.Yield(); err != nil {
					return 0, err
				}
			}
			return i, nil
		}))
	}
	w.run()
	for i, s := range slots {
		if v, err := take(t, s); v != i || err != nil {
			t.Errorf("have %d, %v", v, err)
		}
	}
	if w.handed != 0 || w.runs != 5*11 || w.pool.Idle() != 2 || coroutines()-before != 2 {
		t.Errorf("coroutines have begun %d polls, the worker's goroutine %d; %d idle", w.handed, w.runs, w.pool.Idle())
	}
}
