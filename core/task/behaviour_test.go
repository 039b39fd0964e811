package task_test

import (
	"testing"
	"time"
	"unsafe"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
)

func TestSizeOfTheHeader(t *testing.T) {
	if have := unsafe.Sizeof(task.Task{}); have > 80 {
		t.Errorf("a Task has %d bytes, want at most 80", have)
	}
}

func TestNilFuturePanics(t *testing.T) {
	defer func() {
		if v := recover(); v != "task: New of a nil Future" {
			t.Errorf("have %v", v)
		}
	}()
	task.New[int](nil)
}

// Wakes.

// TestSelfWakeWhileRunningIsNotLost: the task is scheduled once more, when the poll is over.
//
// Regression: a wake while the task ran was ignored, and a self-wake hung.
func TestSelfWakeWhileRunningIsNotLost(t *testing.T) {
	for name, wake := range map[string]func(*core.Context){
		"waker":   func(cx *core.Context) { cx.Waker().Wake() },
		"context": func(cx *core.Context) { cx.Wake(cx.Waker()) },
		"yield":   (*core.Context).Yield,
		"both":    func(cx *core.Context) { cx.Yield(); cx.Waker().Wake() },
		"remote":  func(cx *core.Context) { elsewhere(cx.Waker().Wake) },
	} {
		h := newHost(t)
		s := spawn(t, h, &probe{onPoll: func(p *probe, cx *core.Context) (int, bool) {
			if p.polls == 1 {
				for range 3 {
					wake(cx)
				}
				if h.Queued() != 0 {
					t.Errorf("%s: scheduled before the poll was over", name)
				}
			}
			return p.polls, p.polls == 2
		}})
		h.Run()
		if v, err := join(t, s); v != 2 || err != nil {
			t.Errorf("%s: have %d, %v, want the second poll to complete", name, v, err)
		}
		if have := h.Scheduled(); have != 2 {
			t.Errorf("%s: scheduled %d times, want 2", name, have)
		}
	}
}

func TestManyWakesOfAnIdleTaskAreOnePoll(t *testing.T) {
	h := newHost(t)
	p := &probe{onPoll: pending}
	s := spawn(t, h, p)
	h.Run()
	for range 5 {
		s.Wake()
		elsewhere(s.Wake)
	}
	h.Run()
	if p.polls != 2 || h.Scheduled() != 2 {
		t.Errorf("polled %d times, scheduled %d times, want 2 and 2", p.polls, h.Scheduled())
	}
}

// TestWakeOfAScheduledTaskIsOrderedBeforeItsPoll: the wake changes nothing, but the waker's writes must
// be visible to the poll. The race detector checks the order; the test waits for the waker in a
// way that the detector does not see, and so adds no order itself.
func TestWakeOfAScheduledTaskIsOrderedBeforeItsPoll(t *testing.T) {
	h := newHost(t)
	var written int
	s := spawn(t, h, &probe{onPoll: func(*probe, *core.Context) (int, bool) { return written, true }})
	var woken bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		written = 1
		s.Wake()
		poke(&woken)
	}()
	for !peek(&woken) {
		time.Sleep(time.Millisecond)
	}
	h.Run()
	<-done
	if v, err := join(t, s); v != 1 || err != nil {
		t.Errorf("have %d, %v, want 1", v, err)
	}
}

//go:norace
//go:noinline
func poke(p *bool) { *p = true }

//go:norace
//go:noinline
func peek(p *bool) bool { return *p }

func TestNotifyLeavesThePushToTheCaller(t *testing.T) {
	h := newHost(t)
	p := &probe{onPoll: pending}
	s := spawn(t, h, p)
	if s.ForHost().MarkWoken() {
		t.Error("MarkWoken of a scheduled task returned true")
	}
	h.Run()
	if !s.ForHost().MarkWoken() || s.ForHost().MarkWoken() {
		t.Error("MarkWoken of an idle task did not return true once")
	}
	if h.Queued() != 0 {
		t.Error("Notify pushed")
	}
	h.Schedule(&s.Task)
	h.Run()
	if p.polls != 2 {
		t.Errorf("polled %d times, want 2", p.polls)
	}
}

// Regression: every poll made another waker, so that wait queues counted one task many times.
func TestWakerIsTheSameInEveryPoll(t *testing.T) {
	h := newHost(t)
	var first core.Waker
	s := spawn(t, h, &probe{onPoll: func(p *probe, cx *core.Context) (int, bool) {
		if p.polls == 1 {
			first = cx.Waker()
		} else if cx.Waker() != first {
			t.Error("another waker than in the first poll")
		}
		cx.Yield()
		return 0, p.polls == 3
	}})
	h.Run()
	join(t, s)
}

func TestWakeOfAFinishedTaskDoesNothing(t *testing.T) {
	h := newHost(t)
	completed := spawn(t, h, &probe{onPoll: completesWith(1)})
	aborted := spawn(t, h, &probe{onPoll: pending})
	aborted.Abort()
	h.Run()
	n := h.Scheduled()
	for _, s := range []*task.Slot[int]{completed, aborted} {
		s.Wake()
		elsewhere(s.Wake)
		if s.ForHost().MarkWoken() {
			t.Error("MarkWoken of a finished task returned true")
		}
	}
	if h.Scheduled() != n {
		t.Error("a finished task was scheduled")
	}
	join(t, completed)
	completed.Wake()
}

// Aborts.

// TestAbortOfAnIdleTaskResolvesItsJoinAfterTheDrop: Abort only marks the task; the worker drops, and
// then resolves.
//
// Regression: an abort of an idle task never queued it, so the join hung; or it resolved before the drop.
func TestAbortOfAnIdleTaskResolvesItsJoinAfterTheDrop(t *testing.T) {
	h := newHost(t)
	var s *task.Slot[int]
	p := &probe{onPoll: pending, onDrop: func(*probe) {
		if s.Finished() {
			t.Error("the join was resolved before the drop")
		}
	}}
	s = spawn(t, h, p)
	joiner := &counter{}
	s.Watch(joiner)
	h.Run()
	elsewhere(func() {
		if !s.Abort() {
			t.Error("the abort did not take")
		}
		if s.Abort() {
			t.Error("a second abort took")
		}
	})
	if p.drops != 0 || s.Finished() || joiner.n.Load() != 0 {
		t.Fatal("dropped or resolved by the aborter")
	}
	if h.Queued() != 1 {
		t.Fatalf("queued %d times, want 1", h.Queued())
	}
	h.Run()
	p.settled(t)
	if joiner.n.Load() != 1 {
		t.Errorf("the joiner was woken %d times, want 1", joiner.n.Load())
	}
	if _, err := join(t, s); err != core.ErrCancelled {
		t.Errorf("have %v, want ErrCancelled", err)
	}
	if s.State() != task.Cancelled || !s.AbortRequested() {
		t.Errorf("have %v, abort requested %t", s.State(), s.AbortRequested())
	}
}

// Regression: an abort while the task ran was lost.
func TestAbortWhileRunningIsNotLost(t *testing.T) {
	touches := map[string]func(*task.Task){
		"abort":            func(tk *task.Task) { tk.Abort() },
		"wake and abort":   func(tk *task.Task) { tk.Wake(); tk.Abort() },
		"abort and wake":   func(tk *task.Task) { tk.Abort(); tk.Wake() },
		"abort from other": func(tk *task.Task) { elsewhere(func() { tk.Abort() }) },
	}
	for name, touch := range touches {
		h := newHost(t)
		var s *task.Slot[int]
		p := &probe{onPoll: func(_ *probe, cx *core.Context) (int, bool) {
			touch(&s.Task)
			cx.Yield()
			return 0, false
		}}
		s = spawn(t, h, p)
		h.Run()
		p.settled(t)
		if _, err := join(t, s); err != core.ErrCancelled {
			t.Errorf("%s: have %v, want ErrCancelled", name, err)
		}
		if p.polls != 1 || h.Scheduled() != 1 {
			t.Errorf("%s: polled %d times, scheduled %d times, want once", name, p.polls, h.Scheduled())
		}
	}
}

func TestAnswerBeatsAnAbortOfTheSamePoll(t *testing.T) {
	h := newHost(t)
	var s *task.Slot[int]
	p := &probe{onPoll: func(*probe, *core.Context) (int, bool) {
		if !s.Abort() {
			t.Error("the abort did not take")
		}
		return 7, true
	}}
	s = spawn(t, h, p)
	h.Run()
	p.settled(t)
	if v, err := join(t, s); v != 7 || err != nil || s.State() != task.Completed {
		t.Errorf("have %d, %v, %v, want 7 of a completed task", v, err, s.State())
	}
}

func TestAbortBeforeTheFirstRunNeverPolls(t *testing.T) {
	h := newHost(t)
	p := &probe{onPoll: completesWith(1)}
	s := spawn(t, h, p)
	s.Abort()
	s.Wake()
	h.Run()
	p.settled(t)
	if _, err := join(t, s); err != core.ErrCancelled || p.polls != 0 {
		t.Errorf("have %v after %d polls, want ErrCancelled after none", err, p.polls)
	}
}

func TestAbortOfAFinishedTaskChangesNothing(t *testing.T) {
	h := newHost(t)
	s := spawn(t, h, &probe{onPoll: completesWith(7)})
	h.Run()
	if s.Abort() || s.AbortRequested() || s.State() != task.Completed {
		t.Errorf("the abort took: %v", s.State())
	}
	if v, err := join(t, s); v != 7 || err != nil {
		t.Errorf("have %d, %v, want 7", v, err)
	}
}

func TestAbortWithTheHandleGone(t *testing.T) {
	h := newHost(t)
	p := &probe{onPoll: pending}
	abort := spawn(t, h, p).Abort // the output is never taken
	h.Run()
	abort()
	h.Run()
	p.settled(t)
	if h.Live() != 0 {
		t.Errorf("%d tasks live, want none", h.Live())
	}
}

// TestDetachedTaskRuns: a task needs no joiner.
func TestDetachedTaskRuns(t *testing.T) {
	h := newHost(t)
	p := &probe{onPoll: completesWith(1)}
	spawn(t, h, p)
	h.Run()
	if p.polls != 1 || h.Live() != 0 {
		t.Errorf("polled %d times, %d live, want once and none", p.polls, h.Live())
	}
}

// Joins.

func TestSecondJoinIsToldSo(t *testing.T) {
	h := newHost(t)
	s := spawn(t, h, &probe{onPoll: completesWith(7)})
	if _, _, done := s.Take(); done {
		t.Error("joined before it has run")
	}
	h.Run()
	if v, err := join(t, s); v != 7 || err != nil {
		t.Errorf("have %d, %v, want 7", v, err)
	}
	for range 2 {
		if v, err := join(t, s); v != 0 || err != core.ErrAlreadyJoined {
			t.Errorf("have %d, %v, want ErrAlreadyJoined", v, err)
		}
	}
}

func TestEveryWatcherIsWokenOnce(t *testing.T) {
	for n := range 5 {
		h := newHost(t)
		s := spawn(t, h, &probe{onPoll: completesWith(7)})
		watchers := make([]counter, n)
		for range 2 { // the second time they watch already
			for i := range watchers {
				if !s.Watch(&watchers[i]) {
					t.Fatal("Watch returned that a new task has finished")
				}
			}
		}
		h.Run()
		for i := range watchers {
			if have := watchers[i].n.Load(); have != 1 {
				t.Errorf("watcher %d of %d was woken %d times, want 1", i, n, have)
			}
		}
		if late := (&counter{}); s.Watch(late) || late.n.Load() != 0 {
			t.Error("Watch of a finished task kept its waker, or woke it")
		}
	}
}

// TestWatchThatComesTooLateDoesNotWake: Watch returns false, so it must not wake its caller as well (a
// channel that both close would panic). The task rarely finishes in the middle of Watch, so the test tries often.
func TestWatchThatComesTooLateDoesNotWake(t *testing.T) {
	ws := coretest.NewWorkers(1)
	defer ws.Close()
	for range 5000 {
		s := task.New[int](&probe{onPoll: completesWith(1)})
		early, w := &counter{}, &counter{}
		kept := s.Watch(early)
		ws.Spawn(&s.Task)
		late := s.Watch(w)
		for !s.Finished() || kept && early.n.Load() == 0 || late && w.n.Load() == 0 {
			yieldThread()
		}
		if have := w.n.Load(); have == 1 != late || have > 1 {
			t.Fatalf("Watch returned %t and its waker was woken %d times", late, have)
		}
	}
}

func TestUnwatchedWakerIsNotWokenAndOthersAre(t *testing.T) {
	for _, gone := range [][]int{{0}, {1}, {0, 1}, {1, 0, 1}, {}} {
		h := coretest.New(1)
		slot := task.New[int](future.Ready(1))
		if err := h.Spawn(&slot.Task); err != nil {
			t.Fatal(err)
		}
		var woken [2]int
		var wakers [2]core.Waker
		for i := range wakers {
			wakers[i] = core.WakerFunc(func() { woken[i]++ })
			if !slot.Watch(wakers[i]) {
				t.Fatal("the task has finished already")
			}
		}
		want := [2]int{1, 1}
		for _, i := range gone {
			slot.Unwatch(wakers[i])
			want[i] = 0
		}
		h.Run()
		slot.Unwatch(wakers[0]) // after the end: nothing
		if woken != want {
			t.Errorf("without %v: woken %v, want %v", gone, woken, want)
		}
		if v, err, done := slot.Take(); v != 1 || err != nil || !done {
			t.Errorf("without %v: Take = %v, %v, %v", gone, v, err, done)
		}
		h.Close()
	}
}
