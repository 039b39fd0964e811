package task_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/task"
)

func goexit()      { runtime.Goexit() }
func yieldThread() { runtime.Gosched() }

// This file tests the contract between tasks and hosts.
//
// Regression: an inner executor cleared the outer one, and a panic left it dangling.
func TestNestedHostsDoNotClearEachOther(t *testing.T) {
	outer, inner := newHost(t), newHost(t)
	inOuter := spawn(t, outer, &probe{onPoll: func(p *probe, cx *core.Context) (int, bool) {
		if p.polls == 1 {
			bad := spawn(t, inner, &probe{onPoll: func(_ *probe, cx *core.Context) (int, bool) {
				if cx.Host() != inner {
					t.Error("the inner task is not on the inner host")
				}
				panic("boom")
			}})
			inner.Run()
			if _, err := join(t, bad); err == nil {
				t.Error("the panic of the inner task was lost")
			}
		}
		if cx.Host() != outer {
			t.Error("the outer task is not on the outer host any more")
		}
		cx.Yield()
		return p.polls, p.polls == 2
	}})
	outer.Run()
	if v, err := join(t, inOuter); v != 2 || err != nil {
		t.Errorf("have %d, %v, want 2", v, err)
	}
}

func TestUnfinishedFuturesAreDroppedAtClose(t *testing.T) {
	h := coretest.New(1)
	fresh, idle := &probe{onPoll: pending}, &probe{onPoll: pending}
	woken := &probe{onPoll: pending}
	woken.onDrop = func(*probe) { h.Spawn(&task.New[int](&probe{onPoll: completesWith(1)}).Task) }
	slots := []*task.Slot[int]{spawn(t, h, idle), spawn(t, h, woken)}
	h.Run()
	slots = append(slots, spawn(t, h, fresh))
	slots[1].Wake()
	h.Close()
	for i, p := range []*probe{idle, woken, fresh} {
		p.settled(t)
		if _, err := join(t, slots[i]); err != core.ErrShutdown {
			t.Errorf("%d: have %v, want ErrShutdown", i, err)
		}
	}
	if fresh.polls != 0 {
		t.Error("closing polled a task")
	}
	if h.Live() != 0 {
		t.Errorf("%d tasks live, want none: a spawn while closing was accepted", h.Live())
	}
	slots[0].Wake()
	slots[0].Abort()
	if h.Queued() != 0 || h.Step() {
		t.Error("something is queued on a closed host")
	}
	h.Close() // again
}

// goroutine returns the name of its caller's goroutine: "goroutine 7".
func goroutine() string {
	var b [64]byte
	name, _, _ := strings.Cut(string(b[:runtime.Stack(b[:], false)]), " [")
	return name
}

// TestDropRunsOnTheWorkerThatPolls: never on the goroutine that aborts.
func TestDropRunsOnTheWorkerThatPolls(t *testing.T) {
	ws := coretest.NewWorkers(1)
	defer ws.Close()
	for range 100 {
		polled, dropped := make(chan string, 1), make(chan string, 1)
		s := task.New[int](&probe{
			onPoll: func(*probe, *core.Context) (int, bool) {
				polled <- goroutine()
				return 0, false
			},
			onDrop: func(*probe) { dropped <- goroutine() },
		})
		ws.Spawn(&s.Task)
		worker := <-polled
		s.Abort()
		select {
		case on := <-dropped:
			if on != worker {
				t.Fatalf("dropped on %s, polled on %s", on, worker)
			}
		case <-time.After(time.Minute):
			t.Fatal("an aborted task is not dropped")
		}
	}
}

// TestDropInsideScheduleIsSafe: a host that is closed gives the task up when it should queue
// it.
func TestDropInsideScheduleIsSafe(t *testing.T) {
	var s *task.Slot[int]
	home := &task.Home{Scheduler: scheduleFunc(func(tk *task.Task) { tk.ForHost().Kill(core.ErrShutdown) })}
	for name, touch := range map[string]func(){
		"wake":  func() { s.Wake() },
		"abort": func() { s.Abort() },
	} {
		p := &probe{onPoll: pending}
		s = task.New[int](p)
		s.ForHost().Bind(home, 1)
		cx := core.NewContext(newHost(t))
		if out := s.ForHost().Run(cx); out != core.Parked {
			t.Fatalf("%s: have %v, want Parked", name, out)
		}
		touch()
		p.settled(t)
		if _, err := join(t, s); err != core.ErrShutdown {
			t.Errorf("%s: have %v, want ErrShutdown", name, err)
		}
		if out := s.ForHost().Run(cx); out != core.Done { // it was in a queue as well
			t.Errorf("%s: have %v, want Done", name, out)
		}
	}
}

type scheduleFunc func(*task.Task)

func (f scheduleFunc) Schedule(t *task.Task) { f(t) }

func TestKillOfARunningTaskPanicsAndDoesNothing(t *testing.T) {
	h := newHost(t)
	var s *task.Slot[int]
	s = spawn(t, h, &probe{onPoll: func(*probe, *core.Context) (int, bool) {
		func() {
			defer func() {
				if text := fmt.Sprint(recover()); text != "task: kill of a task that is being polled" {
					t.Errorf("Kill panicked with %q", text)
				}
			}()
			s.ForHost().Kill(core.ErrShutdown)
		}()
		return 7, true
	}})
	h.Run()
	if v, err := join(t, s); v != 7 || err != nil {
		t.Errorf("have %d, %v, want 7", v, err)
	}
}

func TestKillWithoutACauseIsACancellation(t *testing.T) {
	s := task.New[int](&probe{onPoll: pending})
	s.ForHost().Kill(nil)
	s.ForHost().Kill(core.ErrShutdown) // too late
	if _, err := join(t, s); err != core.ErrCancelled {
		t.Errorf("have %v, want ErrCancelled", err)
	}
}

// TestPanickingWakerOfAJoinerDoesNotEndTheTaskTwice: the task is over by then.
func TestPanickingWakerOfAJoinerDoesNotEndTheTaskTwice(t *testing.T) {
	h := newHost(t)
	p := &probe{onPoll: completesWith(7)}
	s := spawn(t, h, p)
	s.Watch(core.WakerFunc(func() { panic("in a waker") }))
	h.Run()
	p.settled(t)
	if v, err := join(t, s); v != 7 || err != nil {
		t.Errorf("have %d, %v, want 7", v, err)
	}
}

// TestPollsOfOneTaskAreOrderedAcrossWorkers: a future needs no locks of its own, although it is
// polled on several workers; the race detector watches.
func TestPollsOfOneTaskAreOrderedAcrossWorkers(t *testing.T) {
	ws := coretest.NewWorkers(4)
	var slots []*task.Slot[int]
	for range 50 {
		sum := 0 // not atomic
		s := task.New[int](&probe{onPoll: func(p *probe, cx *core.Context) (int, bool) {
			sum += p.polls
			cx.Yield()
			return sum, p.polls == 100
		}})
		slots = append(slots, s)
		ws.Spawn(&s.Task)
	}
	for _, s := range slots {
		done := make(chan struct{})
		if s.Watch(core.WakerFunc(func() { close(done) })) {
			<-done
		}
		if v, err := join(t, s); v != 5050 || err != nil {
			t.Errorf("have %d, %v, want 5050", v, err)
		}
	}
	ws.Close()
}

// TestNoTaskIsLostBetweenPendingAndItsWake: the wake may come while the
// runner makes the task idle.
//
// Regression: a task was lost when it was published as idle before it was put back.
func TestNoTaskIsLostBetweenPendingAndItsWake(t *testing.T) {
	ws := coretest.NewWorkers(2)
	const rounds = 20000
	s := task.New[int](&probe{onPoll: func(p *probe, cx *core.Context) (int, bool) {
		if p.polls == rounds {
			return p.polls, true
		}
		go cx.Waker().Wake()
		return 0, false
	}})
	done := make(chan struct{})
	s.Watch(core.WakerFunc(func() { close(done) }))
	ws.Spawn(&s.Task)
	<-done
	if v, err := join(t, s); v != rounds || err != nil {
		t.Errorf("have %d, %v, want %d", v, err, rounds)
	}
	ws.Close()
}

// A task that always has work goes to the back of the queue.
func TestBusyTaskDoesNotStarveTheOthers(t *testing.T) {
	h := newHost(t)
	operations := 0
	busy := spawn(t, h, &probe{onPoll: func(_ *probe, cx *core.Context) (int, bool) {
		for cx.Spend() {
			operations++
		}
		return 0, false
	}})
	var at int
	other := spawn(t, h, &probe{onPoll: func(p *probe, cx *core.Context) (int, bool) {
		at = operations
		cx.Yield()
		return p.polls, p.polls == 3
	}})
	for !other.Finished() {
		h.Step()
	}
	if want := 3 * core.DefaultBudget; at != want {
		t.Errorf("the other task ended after %d operations of the busy one, want %d", at, want)
	}
	busy.Abort()
	h.Run()
	if _, err := join(t, busy); err != core.ErrCancelled {
		t.Errorf("have %v, want ErrCancelled", err)
	}
}

func TestNamesAndNumbers(t *testing.T) {
	h := newHost(t)
	s := task.New[int](&probe{onPoll: pending})
	if s.Name() != "" {
		t.Errorf("have %q, want no name", s.Name())
	}
	s.SetName("accept")
	h.Spawn(&s.Task)
	other := spawn(t, h, &probe{onPoll: pending})
	if s.Name() != "accept" || s.ID() == 0 || s.ID() == other.ID() {
		t.Errorf("have %q, %d and %d", s.Name(), s.ID(), other.ID())
	}
	if s.ForHost().Home() != other.ForHost().Home() || s.ForHost().Home().Scheduler != h {
		t.Error("tasks of one host have different homes, or another's")
	}
}

func TestStatesHaveNames(t *testing.T) {
	want := []string{"idle", "scheduled", "running", "completed", "cancelled", "invalid"}
	for i, name := range want {
		if have := task.State(i).String(); have != name {
			t.Errorf("%d: have %q, want %q", i, have, name)
		}
	}
}

func TestPanicErrorUnwraps(t *testing.T) {
	cause, inDrop := errors.New("cause"), errors.New("in drop")
	for _, c := range []struct {
		err  task.PanicError
		is   []error
		isnt []error
	}{
		{task.PanicError{Value: "text"}, nil, []error{cause, inDrop}},
		{task.PanicError{Value: cause}, []error{cause}, []error{inDrop}},
		{task.PanicError{Value: cause, InDrop: inDrop}, []error{cause, inDrop}, nil},
	} {
		for _, target := range c.is {
			if !errors.Is(&c.err, target) {
				t.Errorf("%v is not %v", c.err, target)
			}
		}
		for _, target := range c.isnt {
			if errors.Is(&c.err, target) {
				t.Errorf("%v is %v", c.err, target)
			}
		}
	}
}
