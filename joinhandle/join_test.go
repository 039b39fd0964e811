package joinhandle_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/joinhandle"
)

func TestJoinReturnsTheValue(t *testing.T) {
	h := newHost(t)
	polled := spawn(h, future.Ready("poll style"))
	direct := spawnBody(h, func(*coro.Co) (string, error) { return "direct style", nil })
	if polled.Finished() || direct.Finished() {
		t.Error("finished before the first poll")
	}
	h.Run()
	if !polled.Finished() || !direct.Finished() {
		t.Error("not finished")
	}
	if v, err := joined(t, polled); v != "poll style" || err != nil {
		t.Errorf("have %q, %v", v, err)
	}
	if v, err := joined(t, direct); v != "direct style" || err != nil {
		t.Errorf("have %q, %v", v, err)
	}
}

// The error comes as it is, beside whatever value the body returned with it.
func TestJoinReturnsTheErrorOfABodyUnwrapped(t *testing.T) {
	h := newHost(t)
	for _, want := range []error{errors.New("mine"), core.ErrCancelled, context.Canceled, core.ErrAlreadyJoined} {
		j := spawnBody(h, func(*coro.Co) (int, error) { return 3, want })
		h.Run()
		if v, err := joined(t, j); v != 3 || err != want {
			t.Errorf("have %d, %v (%T), want 3, %v", v, err, err, want)
		}
	}
}

func explode() { panic("boom") }

func TestAPanicIsContainedAndReachesTheJoin(t *testing.T) {
	for name, start := range map[string]func(s core.Spawner) joinhandle.JoinHandle[int]{
		"poll style": func(s core.Spawner) joinhandle.JoinHandle[int] {
			return spawn(s, future.Func(func(*core.Context) (int, bool) { explode(); return 0, true }))
		},
		"direct style": func(s core.Spawner) joinhandle.JoinHandle[int] {
			return spawnBody(s, func(*coro.Co) (int, error) { explode(); return 0, nil })
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t)
			j := start(h)
			bystander := spawn(h, future.Ready(1))
			var err error
			spawnBody(h, func(co *coro.Co) (int, error) { _, err = j.Join(co); return 0, nil })
			h.Run() // and is not unwound by the panic

			var je *joinhandle.JoinError
			if !errors.As(err, &je) || je.ID != j.ID() || !je.Panicked() || je.Cancelled() {
				t.Fatalf("have %v (%T), want a JoinError of a panic", err, err)
			}
			pe := wantPanic(t, err, "boom")
			if p, ok := je.Panic(); !ok || p != pe {
				t.Error("Panic returned another")
			}
			if !strings.Contains(string(pe.Stack), "joinhandle_test.explode") {
				t.Errorf("the stack does not name the function:\n%s", pe.Stack)
			}
			if v, err := joined(t, bystander); v != 1 || err != nil {
				t.Errorf("the next task: %d, %v", v, err)
			}
		})
	}
}

func TestAFutureThatPanickedIsDroppedBeforeItsJoin(t *testing.T) {
	h := newHost(t)
	var j joinhandle.JoinHandle[int]
	f := &hooked{onPoll: func() (int, bool) { panic("boom") }}
	f.onDrop = func() {
		if j.Finished() {
			t.Error("the join was resolved before the drop")
		}
	}
	j = spawn(h, f)
	h.Run()
	_, err := joined(t, j)
	wantPanic(t, err, "boom")
	if f.polls != 1 || f.drops != 1 {
		t.Errorf("%d polls, %d drops, want 1 each", f.polls, f.drops)
	}
}

func TestJoinOfATaskThatCalledGoexit(t *testing.T) {
	h := newHost(t)
	j := spawnBody(h, func(*coro.Co) (int, error) { runtime.Goexit(); return 0, nil })
	h.Run()
	_, err := joined(t, j)
	var je *joinhandle.JoinError
	if !errors.As(err, &je) || je.ID != j.ID() || je.Cancelled() || je.Panicked() || !errors.Is(err, core.ErrGoexit) {
		t.Errorf("have %v (%T), want a JoinError that wraps ErrGoexit", err, err)
	}
}

func TestASecondJoinIsRefused(t *testing.T) {
	h := newHost(t)
	j := spawn(h, future.Ready(7))
	h.Run()
	if v, err := joined(t, j); v != 7 || err != nil {
		t.Fatalf("have %d, %v", v, err)
	}
	for name, join := range map[string]func() (int, error){
		"TryJoin": func() (int, error) { return joined(t, j) },
		"Wait":    func() (int, error) { return j.Wait(context.Background()) },
		"Wait with a context that is over": func() (int, error) {
			return j.Wait(over(nil))
		},
		"Poll": func() (int, error) {
			r, ok := poll(h, new(counter), j)
			if !ok {
				t.Error("Poll: pending")
			}
			return r.Value, r.Err
		},
		"Join": func() (v int, err error) {
			do(t, func(co *coro.Co) { v, err = j.Join(co) })
			return v, err
		},
	} {
		if v, err := join(); v != 0 || err != core.ErrAlreadyJoined {
			t.Errorf("%s: have %d, %v, want ErrAlreadyJoined itself", name, v, err)
		}
	}
}

func TestTryJoinBeforeTheEnd(t *testing.T) {
	h := newHost(t)
	j := spawn(h, future.Pending[int]())
	h.Run()
	if r, ok := j.TryJoin(); ok || r != (core.Result[int]{}) {
		t.Errorf("have %v, %t", r, ok)
	}
}

func TestPollWakesItsWakerAtTheEnd(t *testing.T) {
	h := newHost(t)
	p := &probe{}
	j := spawn(h, p)
	h.Run()
	var w counter
	for range 3 { // a waker that watches is not added again
		if r, ok := poll(h, &w, j); ok {
			t.Fatalf("have %v", r)
		}
	}
	p.complete(5)
	h.Run()
	if w.wakes != 1 {
		t.Errorf("%d wakes, want 1", w.wakes)
	}
	if r, ok := poll(h, &w, j); !ok || r != (core.Result[int]{Value: 5}) {
		t.Errorf("have %v, %t", r, ok)
	}
}

// The handle may be polled in one task and then in another: both are woken, one gets the output.
func TestHandlePolledInTwoTasks(t *testing.T) {
	h := newHost(t)
	p := &probe{}
	j := spawn(h, p)
	h.Run()
	var first, second counter
	poll(h, &first, j)
	poll(h, &second, j)
	p.complete(5)
	h.Run()
	if first.wakes != 1 || second.wakes != 1 {
		t.Errorf("%d and %d wakes, want 1 each", first.wakes, second.wakes)
	}
	if r, ok := poll(h, &second, j); !ok || r.Value != 5 || r.Err != nil {
		t.Errorf("second: %v, %t", r, ok)
	}
	if r, ok := poll(h, &first, j); !ok || r.Err != core.ErrAlreadyJoined {
		t.Errorf("first: %v, %t", r, ok)
	}
}

func TestAHandleIsAFuture(t *testing.T) {
	h := newHost(t)
	both := spawn(h, future.Join2[core.Result[int], core.Result[int]](
		spawnBody(h, sleeper(1, time.Second)),
		spawnBody(h, sleeper(2, 2*time.Second)),
	))
	h.Run()
	v, err := joined(t, both)
	if err != nil || v.First.Value != 1 || v.Second.Value != 2 {
		t.Errorf("have %v, %v", v, err)
	}
}

func TestAJoinThatIsCancelledLeavesTheTaskToTheNextJoin(t *testing.T) {
	for name, join := range map[string]func(co *coro.Co, j joinhandle.JoinHandle[int]) error{
		"timeout": func(co *coro.Co, j joinhandle.JoinHandle[int]) error {
			return coro.WithTimeout(co, time.Second, func(co *coro.Co) error {
				_, err := j.Join(co)
				if err != core.ErrDeadlineExceeded {
					t.Errorf("the joiner got %v, want the deadline", err)
				}
				return nil
			})
		},
		"abort": func(co *coro.Co, j joinhandle.JoinHandle[int]) error {
			_, err := j.Join(co)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t)
			j := spawnBody(h, sleeper(9, time.Hour))
			joiner := spawnBody(h, func(co *coro.Co) (int, error) { return 0, join(co, j) })
			for h.Step() {
			}
			if name == "abort" {
				joiner.Abort()
			} else {
				h.Advance(time.Second)
			}
			for h.Step() {
			}
			if !joiner.Finished() || j.Finished() {
				t.Fatalf("the joiner has ended: %t, the task: %t", joiner.Finished(), j.Finished())
			}
			scheduled := h.Scheduled()
			another := spawnBody(h, func(co *coro.Co) (int, error) { return j.Join(co) })
			h.Run()
			if v, err := joined(t, another); v != 9 || err != nil {
				t.Errorf("have %d, %v", v, err)
			}
			// The other joiner twice and the sleeper: the joiner that gave up is not woken.
			if n := h.Scheduled() - scheduled; n != 3 {
				t.Errorf("%d schedules, want 3", n)
			}
		})
	}
}

// An output that is ready when a deadline ends the wait is returned.
func TestJoinPrefersTheValueToASimultaneousDeadline(t *testing.T) {
	h := newHost(t)
	j := spawnBody(h, sleeper(9, time.Second))
	joiner := spawnBody(h, func(co *coro.Co) (v int, err error) {
		err = coro.WithTimeout(co, time.Second, func(co *coro.Co) error {
			v, err = j.Join(co)
			return err
		})
		return v, err
	})
	for h.Step() {
	}
	h.Advance(time.Second) // wakes the sleeper and cancels the scope
	h.Run()
	if v, err := joined(t, joiner); v != 9 || err != nil {
		t.Errorf("have %d, %v", v, err)
	}
}

func TestIDsTellTheTasksOfAHostApart(t *testing.T) {
	h := newHost(t)
	a := spawn(h, future.Ready(1))
	b := spawn(h, future.Ready(2))
	if a.ID() == b.ID() || a.ID() == 0 || a.AbortHandle().ID() != a.ID() {
		t.Errorf("IDs %d and %d, of the abort handle %d", a.ID(), b.ID(), a.AbortHandle().ID())
	}
}

// New returns the handle of a slot that its caller has made.
func TestNewIsTheHandleOfASlot(t *testing.T) {
	h := newHost(t)
	slot := task.New(future.Ready(4))
	if err := h.Spawn(&slot.Task); err != nil {
		t.Fatal(err)
	}
	h.Run()
	if v, err := joined(t, joinhandle.New(slot)); v != 4 || err != nil {
		t.Errorf("have %d, %v", v, err)
	}
}

func TestMisuseOfSpawnPanics(t *testing.T) {
	h := newHost(t)
	set := joinhandle.NewJoinSet[int](h)
	mustPanic(t, "joinhandle: Start with a nil Spawner", func() { spawn(nil, future.Ready(1)) })
	mustPanic(t, "joinhandle: NewJoinSet with a nil Spawner", func() { joinhandle.NewJoinSet[int](nil) })
	mustPanic(t, "joinhandle: JoinSet.Spawn of a nil Future", func() { set.Spawn(nil) })
	mustPanic(t, "joinhandle: JoinSet.Go of a nil body", func() { set.Go(nil) })
	mustPanic(t, "joinhandle: JoinSet.Do of a nil body", func() { set.Do(nil) })
	if set.Len() != 0 || h.Live() != 0 {
		t.Errorf("%d tasks in the set, %d live, want none", set.Len(), h.Live())
	}
}
