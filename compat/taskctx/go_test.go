package taskctx_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/taskctx"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// forms are all the calls that start a task, with a body that closes what it owns.
var forms = map[string]func(ctx context.Context, s core.Spawner, r *resource, body func(co *coro.Co) error) joinhandle.JoinHandle[struct{}]{
	"Go": func(ctx context.Context, s core.Spawner, r *resource, body func(co *coro.Co) error) joinhandle.JoinHandle[struct{}] {
		defer r.Close()
		return taskctx.Go(ctx, s, func(co *coro.Co) (struct{}, error) { return struct{}{}, body(co) })
	},
	"Do": func(ctx context.Context, s core.Spawner, r *resource, body func(co *coro.Co) error) joinhandle.JoinHandle[struct{}] {
		defer r.Close()
		return taskctx.Do(ctx, s, body)
	},
	"GoOwning": func(ctx context.Context, s core.Spawner, r *resource, body func(co *coro.Co) error) joinhandle.JoinHandle[struct{}] {
		return taskctx.GoOwning(ctx, s, r, func(co *coro.Co) (struct{}, error) {
			defer r.Close()
			return struct{}{}, body(co)
		})
	},
	"DoOwning": func(ctx context.Context, s core.Spawner, r *resource, body func(co *coro.Co) error) joinhandle.JoinHandle[struct{}] {
		return taskctx.DoOwning(ctx, s, r, func(co *coro.Co) error {
			defer r.Close()
			return body(co)
		})
	},
}

func TestATaskEndsWithItsContext(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	contexts := map[string]func() (context.Context, func()){
		"cancel": func() (context.Context, func()) {
			ctx, cancel := context.WithCancelCause(t.Context())
			return ctx, func() { cancel(errCause) }
		},
		"deadline": func() (context.Context, func()) {
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, errCause)
			t.Cleanup(cancel)
			return ctx, func() { <-ctx.Done() }
		},
	}
	for kind, newContext := range contexts {
		for name, start := range forms {
			for _, when := range []string{"before", "during", "after"} {
				ctx, end := newContext()
				ctx = context.WithValue(ctx, key("k"), 7)
				began := make(chan struct{})
				if when == "before" {
					end()
				}
				var r resource
				var value any
				var timed bool
				h := start(ctx, rt, &r, func(co *coro.Co) error {
					close(began)
					value = co.Value(key("k"))
					_, timed = co.Deadline()
					if when == "after" {
						return nil
					}
					return co.Suspend()
				})
				receive(t, "the task begins", began)
				if when == "during" {
					end()
				}
				_, err := join(t, h)
				if when == "after" {
					end()
					if err != nil {
						t.Errorf("%s, %s, %s: have %v", kind, name, when, err)
					}
				} else {
					isWhy(t, err, ctx)
				}
				if value != 7 || timed != (kind == "deadline") || r.closed.Load() != 1 {
					t.Errorf("%s, %s, %s: value %v, deadline %t, closed %d times", kind, name, when, value, timed, r.closed.Load())
				}
			}
		}
	}
}

func TestTheOutputIsThatOfTheBody(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	ctx, cancel := newCounting()
	defer cancel(nil)
	h := taskctx.Go(ctx, rt, func(co *coro.Co) (string, error) { return "v", co.Yield() })
	if v, err := join(t, h); v != "v" || err != nil {
		t.Errorf("have %q, %v", v, err)
	}
	h = taskctx.Go(ctx, rt, func(co *coro.Co) (string, error) { return "v", errCause })
	if v, err := join(t, h); v != "v" || err != errCause {
		t.Errorf("have %q, %v", v, err)
	}
	ctx.unused(t)
}

// Every way out of a task leaves nothing with its context.
func TestEveryWayOutLeavesNothingWithTheContext(t *testing.T) {
	tests := map[string]struct {
		body func(co *coro.Co) error
		end  func(rt *executor.Runtime, h joinhandle.JoinHandle[struct{}], cancel context.CancelCauseFunc)
	}{
		"returns":      {func(co *coro.Co) error { return co.Yield() }, nil},
		"panics":       {func(co *coro.Co) error { co.Yield(); panic("boom") }, nil},
		"calls Goexit": {func(co *coro.Co) error { co.Yield(); runtime.Goexit(); return nil }, nil},
		"is aborted": {
			(*coro.Co).Suspend,
			func(_ *executor.Runtime, h joinhandle.JoinHandle[struct{}], _ context.CancelCauseFunc) { h.Abort() },
		},
		"is unwound by force": {
			func(co *coro.Co) error {
				for {
					co.Suspend()
				}
			},
			func(_ *executor.Runtime, h joinhandle.JoinHandle[struct{}], _ context.CancelCauseFunc) { h.Abort() },
		},
		"is cancelled": {
			(*coro.Co).Suspend,
			func(_ *executor.Runtime, _ joinhandle.JoinHandle[struct{}], cancel context.CancelCauseFunc) {
				cancel(errCause)
			},
		},
		"is closed with the runtime": {
			(*coro.Co).Suspend,
			func(rt *executor.Runtime, _ joinhandle.JoinHandle[struct{}], _ context.CancelCauseFunc) { rt.Close() },
		},
		"is shut down": {
			(*coro.Co).Suspend,
			func(rt *executor.Runtime, _ joinhandle.JoinHandle[struct{}], _ context.CancelCauseFunc) {
				over, cancel := context.WithCancel(context.Background())
				cancel()
				rt.Shutdown(over)
			},
		},
	}
	for name, test := range tests {
		for form, start := range forms {
			rt := startRuntime(t, executor.Options{OnPanic: func(executor.TaskInfo, *task.PanicError) {}})
			ctx, cancel := newCounting()
			var r resource
			began := make(chan struct{})
			h := start(ctx, rt, &r, func(co *coro.Co) error {
				close(began)
				return test.body(co)
			})
			receive(t, "the task begins", began)
			if test.end != nil {
				test.end(rt, h, cancel)
			}
			receive(t, "the task ends", h.Done())
			ctx.unused(t)
			if n := ctx.added.Load(); n != 1 {
				t.Errorf("%s, %s: %d functions were registered", name, form, n)
			}
			if r.closed.Load() != 1 {
				t.Errorf("%s, %s: closed %d times", name, form, r.closed.Load())
			}
			cancel(nil)
			rt.Close()
		}
	}
}

// A task that is refused never knows its context. One that waits for its begin when the runtime closes begins, for its
// clean-up.
func TestATaskThatNeverAwaitsLeavesNothingWithTheContext(t *testing.T) {
	for form, start := range forms {
		rt := startRuntime(t, executor.Options{})
		ctx, cancel := newCounting()
		release := hold(t, rt)
		var waiting, refused resource
		begun := false
		h := start(ctx, rt, &waiting, func(co *coro.Co) error { begun = true; return co.Suspend() })
		closed := make(chan struct{})
		go func() { defer close(closed); rt.Close() }()
		eventually(t, "the runtime closes", func() bool {
			return taskctx.Do(ctx, rt, func(*coro.Co) error { return nil }).Finished()
		})
		late := start(ctx, rt, &refused, func(co *coro.Co) error { t.Error("a refused task begins"); return nil })
		if _, err := join(t, late); !errors.Is(err, core.ErrShutdown) || !errors.Is(err, core.ErrCancelled) {
			t.Errorf("%s: have %v", form, err)
		}
		release()
		receive(t, "Close", closed)
		if _, err := join(t, h); !errors.Is(err, core.ErrCancelled) || !begun {
			t.Errorf("%s: have %v, begun %t", form, err, begun)
		}
		if waiting.closed.Load() != 1 || refused.closed.Load() != 1 {
			t.Errorf("%s: closed %d and %d times", form, waiting.closed.Load(), refused.closed.Load())
		}
		ctx.unused(t)
		cancel(nil)
	}
}

// A worker tells a context of one function, however many tasks are to end with it.
func TestManyTasksAreOneFunctionForEachWorker(t *testing.T) {
	const n = 1000
	rt := startRuntime(t, executor.Options{})
	ctx, cancel := newCounting()
	defer cancel(nil)
	var waiting atomic.Int64
	var handles []joinhandle.JoinHandle[struct{}]
	for range n {
		handles = append(handles, taskctx.Do(ctx, rt, func(co *coro.Co) error {
			waiting.Add(1)
			return co.Suspend()
		}))
	}
	eventually(t, "all tasks wait", func() bool { return waiting.Load() == n })
	if have := ctx.left.Load(); have > int64(rt.Workers()) {
		t.Errorf("%d functions for %d workers", have, rt.Workers())
	}
	cancel(errCause)
	for _, h := range handles {
		_, err := join(t, h)
		isWhy(t, err, ctx)
	}
	ctx.unused(t)
}

// A context that lives as long as the program does not grow with the tasks that end, nor with those that never begin.
func TestAContextDoesNotGrowWithTheTasksThatItServed(t *testing.T) {
	n := 1_000_000 / 8 // in each of eight modes
	if testing.Short() {
		n /= 50
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	rt := startRuntime(t, executor.Options{})
	closed := startRuntime(t, executor.Options{})
	closed.Close()
	batch := func(n int) {
		done := make(chan struct{}, 100)
		for range n / 100 {
			for range 100 {
				h := taskctx.Do(ctx, rt, func(co *coro.Co) error { return co.Yield() })
				h.OnEnd(func() { done <- struct{}{} })
				taskctx.Do(ctx, closed, func(co *coro.Co) error { return nil })
			}
			for range 100 {
				receive(t, "a task ends", done)
			}
		}
	}
	batch(2000)
	before := heap()
	batch(n)
	if after := heap(); after > before+512<<10 {
		t.Errorf("the heap has grown by %d KB", (after-before)>>10)
	}
	runtime.KeepAlive(ctx)
}

// Tasks that are stolen, aborted and cancelled, on contexts that they share, each with what it owns.
func TestRandomEndsLeaveNothingBehind(t *testing.T) {
	rounds := 10_000 / 8 // in each of eight modes
	if testing.Short() {
		rounds /= 20
	}
	rt := startRuntime(t, executor.Options{})
	for range rounds {
		shared, cancel := newCounting()
		own, cancelOwn := context.WithCancelCause(shared)
		timed, cancelTimed := context.WithTimeout(shared, time.Duration(rand.IntN(200))*time.Microsecond)
		contexts := []context.Context{shared, shared, shared, own, timed, context.WithValue(shared, key("k"), 1)}
		var handles []joinhandle.JoinHandle[struct{}]
		resources := make([]resource, len(contexts))
		for i, ctx := range contexts {
			r := &resources[i]
			yields, nested := rand.IntN(20), rand.IntN(2) == 0
			handles = append(handles, taskctx.DoOwning(ctx, rt, r, func(co *coro.Co) error {
				defer r.Close()
				for range yields {
					if err := co.Yield(); err != nil {
						return err
					}
				}
				if nested {
					return coro.WithContext(co, own, func(co *coro.Co) error { return coro.Sleep(co, time.Hour) })
				}
				return co.Suspend()
			}))
		}
		var wg sync.WaitGroup
		ends := []func(){
			func() { cancel(errCause) },
			func() { cancelOwn(io.EOF) },
			func() { handles[rand.IntN(len(handles))].Abort() },
		}
		for _, i := range rand.Perm(len(ends))[:1+rand.IntN(len(ends))] {
			if rand.IntN(4) > 0 {
				wg.Go(ends[i])
			} else {
				ends[i]()
			}
		}
		wg.Wait()
		cancel(errCause)
		for i, h := range handles {
			if _, err := join(t, h); !errors.Is(err, core.ErrCancelled) {
				t.Fatalf("%d: have %v", i, err)
			}
			if c := resources[i].closed.Load(); c != 1 {
				t.Fatalf("%d: closed %d times", i, c)
			}
		}
		cancelTimed()
		eventually(t, "nothing is left with the context", func() bool { return shared.left.Load() == 0 })
	}
}

func TestNilArgumentsPanicWithWhatIsNil(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	ctx := t.Context()
	var noContext context.Context
	var r resource
	body := func(*coro.Co) (int, error) { return 0, nil }
	do := func(*coro.Co) error { return nil }
	for want, f := range map[string]func(){
		"taskctx: Go with a nil Context":       func() { taskctx.Go(noContext, rt, body) },
		"taskctx: Go of a nil body":            func() { taskctx.Go[int](ctx, rt, nil) },
		"taskctx: Go with a nil Spawner":       func() { taskctx.Go(ctx, nil, body) },
		"taskctx: Do with a nil Context":       func() { taskctx.Do(noContext, rt, do) },
		"taskctx: Do of a nil body":            func() { taskctx.Do(ctx, rt, nil) },
		"taskctx: Do with a nil Spawner":       func() { taskctx.Do(ctx, nil, do) },
		"taskctx: GoOwning of a nil body":      func() { taskctx.GoOwning[int](ctx, rt, &r, nil) },
		"taskctx: GoOwning with a nil Context": func() { taskctx.GoOwning(noContext, rt, &r, body) },
		"taskctx: GoOwning with a nil Spawner": func() { taskctx.GoOwning(ctx, nil, &r, body) },
		"taskctx: DoOwning of a nil body":      func() { taskctx.DoOwning(ctx, rt, &r, nil) },
		"taskctx: DoOwning with a nil Context": func() { taskctx.DoOwning(noContext, rt, &r, do) },
		"taskctx: DoOwning with a nil Spawner": func() { taskctx.DoOwning(ctx, nil, &r, do) },
		"taskctx: Call with a nil Context":     func() { taskctx.Call(noContext, rt, body) },
		"taskctx: Call of a nil body":          func() { taskctx.Call[int](ctx, rt, nil) },
		"taskctx: Call with a nil Spawner":     func() { taskctx.Call(ctx, nil, body) },
		"taskctx: Std of a nil Co":             func() { taskctx.Std(nil) },
	} {
		r.closed.Store(0)
		func() {
			defer func() {
				if v := recover(); v != want {
					t.Errorf("have %v, want %s", v, want)
				}
			}()
			f()
		}()
		if owns := strings.Contains(want, "Owning with a nil Spawner"); owns != (r.closed.Load() == 1) {
			t.Errorf("%s: closed %d times", want, r.closed.Load())
		}
	}
}
