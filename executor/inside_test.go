package executor_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/executor"
)

// asleep waits until the workers of all runtimes sleep.
func asleep(t *testing.T) {
	t.Helper()
	eventually(t, "all workers sleep", func() bool { return !executor.MayBeInside() })
}

// MayBeInside is true wherever Inside is: in a task in either style, and in what a worker calls outside the polls.
func TestMayBeInsideIsTrueInAllThatAWorkerRuns(t *testing.T) {
	calls := make(chan [2]bool, 1)
	call := func() { calls <- [2]bool{executor.MayBeInside(), executor.Inside()} }
	rt := startRuntime(t, executor.Options{
		OnPanic: func(executor.TaskInfo, *task.PanicError) { call() },
	})
	logging := startRuntime(t, executor.Options{Logger: slog.New(slog.NewTextHandler(writer(call), nil))})
	for _, test := range []struct {
		name string
		run  func()
	}{
		{"a body", func() { executor.Do(rt, func(*coro.Co) error { call(); return nil }) }},
		{"a body after an await", func() {
			executor.Do(rt, func(co *coro.Co) error {
				defer call()
				return coro.Sleep(co, time.Millisecond)
			})
		}},
		{"a poll", func() {
			executor.Spawn(rt, future.Func(func(*core.Context) (int, bool) { call(); return 0, true }))
		}},
		{"a waker of a timer", func() {
			executor.Spawn(rt, &waking{timer: timer.Sleep(time.Millisecond), call: call})
		}},
		{"OnPanic", func() { executor.Do(rt, func(*coro.Co) error { panic("oh") }) }},
		{"the logger", func() { executor.Do(logging, func(*coro.Co) error { panic("oh") }) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			asleep(t)
			test.run()
			select {
			case got := <-calls:
				if got != [2]bool{true, true} {
					t.Errorf("MayBeInside is %v, and Inside is %v", got[0], got[1])
				}
			case <-within(t).Done():
				t.Fatal("not called")
			}
			if executor.Inside() {
				t.Error("the test is inside")
			}
		})
	}
	asleep(t)
}

// A writer calls itself at each Write.
type writer func()

func (w writer) Write(b []byte) (int, error) { w(); return len(b), nil }

// A waking is a future whose timer wakes a waker that calls call, before the task's own.
type waking struct {
	timer *timer.Timer
	call  func()
}

func (f *waking) Poll(cx *core.Context) (struct{}, bool) {
	own := cx.Waker()
	cx.SwapWaker(core.WakerFunc(func() { f.call(); own.Wake() }))
	defer cx.SwapWaker(own)
	return f.timer.Poll(cx)
}

func (f *waking) Drop() { f.timer.Drop() }

// A runtime that has ended is not asked any more, and keeps no memory.
func TestMayBeInsideForgetsRuntimesThatHaveEnded(t *testing.T) {
	before := executor.LiveRuntimes()
	a, b := startRuntime(t, executor.Options{}), startRuntime(t, executor.Options{})
	if n := executor.LiveRuntimes(); n != before+2 {
		t.Errorf("%d runtimes live, want %d", n, before+2)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	asleep(t)
	if err := b.Shutdown(within(t)); err != nil {
		t.Error(err)
	}
	if n := executor.LiveRuntimes(); n != before || executor.MayBeInside() {
		t.Errorf("%d runtimes live, want %d; MayBeInside: %t", n, before, executor.MayBeInside())
	}
}

func BenchmarkMayBeInside(b *testing.B) {
	startRuntime(b, executor.Options{Workers: 8})
	for b.Loop() {
		executor.MayBeInside()
	}
}
