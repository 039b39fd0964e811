package coretest_test

import (
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// sleep completes with the time at which it was woken.
type sleep struct {
	d     time.Duration
	host  core.Host
	entry wheel.Entry
	drops int
}

func (s *sleep) Poll(cx *core.Context) (time.Duration, bool) {
	if s.host == nil {
		s.host = cx.Host()
		s.entry.Waker = cx.Waker()
		s.host.Arm(&s.entry, cx.Now()+s.d)
	}
	return cx.Now(), !s.entry.Armed()
}

func (s *sleep) Drop() {
	s.drops++
	if s.host != nil {
		s.host.Disarm(&s.entry)
	}
}

func spawn[T any](t *testing.T, h *coretest.Host, f core.Future[T]) *task.Slot[T] {
	t.Helper()
	s := task.New(f)
	if err := h.Spawn(&s.Task); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestClockMovesOnlyWhenEveryTaskWaits(t *testing.T) {
	h := coretest.New(1)
	defer h.Close()
	if h.Now() != 0 {
		t.Fatalf("a new host is at %v, want 0", h.Now())
	}
	spawn(t, h, future.Yield())
	for h.Step() {
	}
	if h.Now() != 0 {
		t.Errorf("stepping has moved the clock to %v", h.Now())
	}
	var slots []*task.Slot[time.Duration]
	delays := []time.Duration{3 * time.Hour, time.Millisecond, 5 * time.Second, 5 * time.Second, 0}
	for _, d := range delays {
		slots = append(slots, spawn(t, h, &sleep{d: d}))
	}
	h.Run()
	for i, s := range slots {
		if v, err, done := s.Take(); v != delays[i] || err != nil || !done {
			t.Errorf("slept for %v, %v, %t, want %v", v, err, done, delays[i])
		}
	}
	if h.Now() != 3*time.Hour || h.Live() != 0 {
		t.Errorf("at %v with %d tasks live, want 3h and none", h.Now(), h.Live())
	}
}

func TestAdvanceWakesWhatIsDue(t *testing.T) {
	h := coretest.New(1)
	defer h.Close()
	s := spawn(t, h, &sleep{d: 2 * time.Second})
	h.Step()
	h.Advance(time.Second)
	if h.Queued() != 0 {
		t.Error("woken early")
	}
	h.Advance(time.Second)
	if h.Queued() != 1 {
		t.Error("not woken when due")
	}
	h.Step()
	if v, _, done := s.Take(); !done || v != 2*time.Second {
		t.Errorf("have %v, %t", v, done)
	}
}

func TestArmMovesAndDisarmForgets(t *testing.T) {
	h := coretest.New(1)
	defer h.Close()
	woken := 0
	e := wheel.Entry{Waker: core.WakerFunc(func() { woken++ })}
	h.Arm(&e, time.Second)
	h.Arm(&e, time.Minute)
	h.Advance(30 * time.Second)
	h.Disarm(&e)
	h.Disarm(&e)
	h.Advance(time.Hour)
	if woken != 0 {
		t.Errorf("woken %d times, want 0", woken)
	}
	h.Arm(&e, h.Now()+time.Second)
	h.Run()
	if woken != 1 {
		t.Errorf("woken %d times, want 1", woken)
	}
}

func TestTasksRunInTheOrderTheyWereScheduled(t *testing.T) {
	h := coretest.New(1)
	defer h.Close()
	var order []int
	for i := range 5 {
		spawn(t, h, future.Func(func(*core.Context) (int, bool) { order = append(order, i); return 0, true }))
	}
	if h.Queued() != 5 || h.Live() != 5 || h.Scheduled() != 5 {
		t.Errorf("%d queued, %d live, %d scheduled, want 5 each", h.Queued(), h.Live(), h.Scheduled())
	}
	h.Run()
	if have := fmt.Sprint(order); have != "[0 1 2 3 4]" {
		t.Errorf("have %s", have)
	}
	if h.Step() {
		t.Error("stepped with an empty queue")
	}
}

func TestSpawnAfterCloseIsRefused(t *testing.T) {
	h := coretest.New(1)
	h.Close()
	s := task.New(future.Ready(1))
	if err := h.Spawn(&s.Task); err != core.ErrShutdown {
		t.Errorf("have %v, want ErrShutdown", err)
	}
	if h.Live() != 0 || h.Queued() != 0 || s.Finished() {
		t.Error("a refused task was kept")
	}
}

func TestCloseDropsAndResolvesWhatIsLeft(t *testing.T) {
	h := coretest.New(1)
	sleeper := &sleep{d: time.Hour}
	asleep, fresh := spawn(t, h, sleeper), spawn(t, h, future.Ready(1))
	bodyEnded := false
	body := coro.New(func(co *coro.Co) (int, error) {
		defer func() { bodyEnded = true }()
		return 0, co.Suspend()
	})
	if err := h.Spawn(&body.Task); err != nil {
		t.Fatal(err)
	}
	h.Step()
	fresh.Abort()
	h.Step()
	h.Step()
	h.Close()
	h.Close()
	if _, err, done := asleep.Take(); err != core.ErrShutdown || !done || sleeper.drops != 1 || sleeper.entry.Armed() {
		t.Errorf("have %v, %t, %d drops, armed %t", err, done, sleeper.drops, sleeper.entry.Armed())
	}
	if _, err, _ := fresh.Take(); err != core.ErrCancelled {
		t.Errorf("have %v, want ErrCancelled", err)
	}
	if _, err, done := body.Take(); err != core.ErrShutdown || !done || !bodyEnded {
		t.Errorf("have %v, %t, body ended %t", err, done, bodyEnded)
	}
	if n := h.Coroutines().Idle(); n != 0 {
		t.Errorf("%d coroutines are left, want none", n)
	}
	if h.Live() != 0 || h.Step() {
		t.Error("something is left after Close")
	}
}

func TestRunUntilWaitsForOtherGoroutines(t *testing.T) {
	h := coretest.New(1)
	defer h.Close()
	const n = 100
	var wg sync.WaitGroup
	left := n
	for range n {
		wg.Go(func() {
			h.Spawn(&task.New(future.Func(func(*core.Context) (int, bool) { left--; return 0, true })).Task)
		})
	}
	h.RunUntil(func() bool { return left == 0 })
	wg.Wait()
	if h.Live() != 0 {
		t.Errorf("%d tasks live, want none", h.Live())
	}
}

func TestRandomSourceRepeatsWithItsSeed(t *testing.T) {
	a, b, c := coretest.New(1), coretest.New(1), coretest.New(2)
	same := true
	for range 10 {
		v := a.Rand()
		if v != b.Rand() {
			t.Fatal("the same seed gave other numbers")
		}
		same = same && v == c.Rand()
	}
	if same {
		t.Error("another seed gave the same numbers")
	}
}

func TestHostHasNoIO(t *testing.T) {
	h := coretest.New(1)
	defer h.Close()
	if h.IO() != nil {
		t.Error("a host for tests has an I/O driver")
	}
	if h.Context().Host() != h {
		t.Error("the context is another host's")
	}
}

// TestTwoRunsAreTheSame: order and clock depend on the test alone.
func TestTwoRunsAreTheSame(t *testing.T) {
	run := func() (log []string) {
		h := coretest.New(7)
		defer h.Close()
		for i := range 20 {
			d := time.Duration(h.Rand() % uint64(time.Second))
			f := future.Then(core.Future[time.Duration](&sleep{d: d}), func(time.Duration) core.Future[int] {
				return future.Func(func(cx *core.Context) (int, bool) {
					log = append(log, fmt.Sprint(i, cx.Now()))
					return i, true
				})
			})
			spawn(t, h, f)
		}
		h.Run()
		return log
	}
	if a, b := fmt.Sprint(run()), fmt.Sprint(run()); a != b {
		t.Errorf("two runs differ:\n%s\n%s", a, b)
	}
}

func TestRunForStopsTheClockAtItsEnd(t *testing.T) {
	h := coretest.New(1)
	defer h.Close()
	s := spawn(t, h, &sleep{d: time.Second})
	h.RunFor(time.Second - 1)
	if s.Finished() || h.Now() != time.Second-1 {
		t.Fatalf("finished %t at %v", s.Finished(), h.Now())
	}
	h.RunFor(1)
	if woken, _, _ := s.Take(); woken != time.Second || h.Now() != time.Second {
		t.Errorf("woken at %v, the clock is at %v", woken, h.Now())
	}
	h.RunFor(time.Hour) // with nothing to wait for
	if h.Now() != time.Hour+time.Second {
		t.Errorf("the clock is at %v", h.Now())
	}
	h.RunFor(0)
	for _, d := range []time.Duration{-1, math.MaxInt64} {
		func() {
			defer func() {
				if v := recover(); v == nil {
					t.Errorf("RunFor(%v) did not panic", d)
				}
			}()
			h.RunFor(d)
		}()
	}
}
