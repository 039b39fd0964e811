package executor_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/executor"
)

// A waiting is one way in which a task can wait. What it waits for stays with the worker that it
// began on.
type waiting struct {
	future core.Future[int]
	finish func() // lets the wait end
	want   int
}

// A resettable is a timer that is far away until its gate is opened. Then it is moved, not polled.
type resettable struct {
	timer.Timer
	early gate
	moved bool
}

func (f *resettable) Poll(cx *core.Context) (int, bool) {
	if _, open := f.early.Poll(cx); open && !f.moved {
		f.moved = true
		f.Timer.Reset(time.Microsecond)
		return 0, false
	}
	_, ok := f.Timer.Poll(cx)
	return 9, ok
}

// A task that waits is polled by one worker after the other, without what it waits for having happened.
// Then it happens, or the task is aborted while all workers but one are occupied, or the runtime is
// closed. Nothing is left of the wait.
func TestTaskThatMovesWhileItWaits(t *testing.T) {
	realPoller(t)
	for on, start := range moving {
		for _, style := range []string{"poll", "direct"} {
			for _, end := range []string{"it happens", "abort", "Close"} {
				t.Run(on+"/"+style+"/"+end, func(t *testing.T) {
					rt := tasksMove(t, executor.Options{})
					w := start(t, rt)
					f := &tracked{Future: w.future}
					h := await(rt, style, f)
					k := f.settles(t, rt)
					for i := range rt.Workers() {
						pull(t, rt, i, k)
						if at, _ := f.last(); at != i {
							t.Fatalf("worker %d was to poll it, and %d has", i, at)
						}
					}
					switch end {
					case "it happens":
						w.finish()
						if v := joinOK(t, h); v != w.want {
							t.Errorf("it returned %d, want %d", v, w.want)
						}
					case "abort":
						first, _ := f.at[0], 0
						release := holdAllBut(t, rt, (first+1)%rt.Workers())
						h.Abort()
						joinCancelled(t, h)
						release()
					case "Close":
						closeRuntime(t, rt)
						joinCancelled(t, h)
					}
					if n, want := f.drops.Load(), int64(1); end == "it happens" && n != 0 || end != "it happens" && n != want {
						t.Errorf("the future was dropped %d times", n)
					}
					if n := rt.Stats().Registrations; n != 0 {
						t.Errorf("%d registrations are left", n)
					}
					if end != "Close" {
						if n := armedTimers(t, rt); n != 0 {
							t.Errorf("%d timers are left", n)
						}
					}
				})
			}
		}
	}
}

// The waits that exist in direct style only. The body moves to every worker while it is in them.
func TestBodyThatMovesWhileItAwaits(t *testing.T) {
	const soon = 30 * time.Millisecond
	release := make(chan struct{})
	bodies := map[string]struct {
		await func(co *coro.Co, d time.Duration) error
		want  error
	}{
		"Sleep": {func(co *coro.Co, d time.Duration) error { return coro.Sleep(co, d) }, nil},
		"WithTimeout": {func(co *coro.Co, d time.Duration) error {
			return coro.WithTimeout(co, d, func(co *coro.Co) error {
				_, err := coro.Await[int](co, &gate{})
				return err
			})
		}, core.ErrDeadlineExceeded},
		"WithTimeout that is left before": {func(co *coro.Co, d time.Duration) error {
			return coro.WithTimeout(co, time.Hour, func(co *coro.Co) error { return coro.Sleep(co, d) })
		}, nil},
		"Blocking": {func(co *coro.Co, d time.Duration) error {
			_, err := executor.Blocking(co, func() (int, error) {
				if d == soon {
					return 0, nil
				}
				<-release
				return 0, nil
			})
			return err
		}, nil},
	}
	for name, b := range bodies {
		for _, d := range []time.Duration{soon, time.Hour} {
			t.Run(fmt.Sprint(name, "/", d), func(t *testing.T) {
				rt := tasksMove(t, executor.Options{})
				wakers := make(chan core.Waker, 1)
				var begin time.Time
				h := executor.Go(rt, func(co *coro.Co) (int, error) {
					wakers <- co.Context().Waker()
					begin = time.Now()
					err := b.await(co, d)
					if slept := time.Since(begin); err == b.want && slept < d && name != "Blocking" {
						t.Errorf("it took %v, want at least %v", slept, d)
					}
					return 0, err
				})
				k := receive(t, "the body begins", wakers)
				for range 3 {
					for i := range rt.Workers() {
						pull(t, rt, i, k)
					}
				}
				if d == time.Hour {
					h.Abort()
					joinCancelled(t, h)
					if name == "Blocking" {
						release <- struct{}{} // nothing waits for it any more but the pool
					}
				} else if _, err := join(t, h); !errors.Is(err, b.want) {
					t.Errorf("the body ended with %v", err)
				}
				if n := armedTimers(t, rt); n != 0 {
					t.Errorf("%d timers are left", n)
				}
			})
		}
	}
}
