package taskctx_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"
	"weak"

	"github.com/moduvex/moduvex-go/compat/taskctx"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// in runs body as a task and returns its handle, and what body has passed to give.
func in[T any](t *testing.T, rt *executor.Runtime, body func(co *coro.Co, give func(T)) error) (joinhandle.JoinHandle[struct{}], T) {
	t.Helper()
	given := make(chan T, 1)
	h := executor.Do(rt, func(co *coro.Co) error { return body(co, func(v T) { given <- v }) })
	return h, receive(t, "the body gives", given)
}

func TestStdEndsWithItsCo(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	var cancelScope func(error)
	leave := make(chan struct{})
	tests := []struct {
		name  string
		body  func(co *coro.Co, give func(context.Context)) error
		end   func(h joinhandle.JoinHandle[struct{}])
		err   error
		cause error
	}{
		{
			"abort", func(co *coro.Co, give func(context.Context)) error { give(taskctx.Std(co)); return co.Suspend() },
			func(h joinhandle.JoinHandle[struct{}]) { h.Abort() }, context.Canceled, core.ErrCancelled,
		},
		{
			"deadline", func(co *coro.Co, give func(context.Context)) error {
				return coro.WithTimeout(co, 5*time.Millisecond, func(co *coro.Co) error { give(taskctx.Std(co)); return co.Suspend() })
			},
			func(joinhandle.JoinHandle[struct{}]) {}, context.DeadlineExceeded, core.ErrDeadlineExceeded,
		},
		{
			"cancel", func(co *coro.Co, give func(context.Context)) error {
				return coro.WithCancel(co, func(co *coro.Co, cancel func(error)) error {
					cancelScope = cancel
					give(taskctx.Std(co))
					return co.Suspend()
				})
			},
			func(joinhandle.JoinHandle[struct{}]) { cancelScope(errCause) }, context.Canceled, errCause,
		},
		{
			"end of the scope", func(co *coro.Co, give func(context.Context)) error {
				coro.WithValue(co, key("k"), 1, func(co *coro.Co) error {
					give(taskctx.Std(co))
					for range leave {
					}
					return nil
				})
				return co.Suspend()
			},
			func(joinhandle.JoinHandle[struct{}]) { close(leave) }, context.Canceled, core.ErrCancelled,
		},
	}
	for _, test := range tests {
		h, ctx := in(t, rt, test.body)
		child, cancel := context.WithCancel(context.WithValue(ctx, key("x"), 1))
		if test.name != "deadline" && (ctx.Err() != nil || context.Cause(ctx) != nil) {
			t.Errorf("%s: before: have %v", test.name, ctx.Err())
		}
		test.end(h)
		for name, ctx := range map[string]context.Context{"Std": ctx, "a child": child} {
			receive(t, "Done", ctx.Done())
			if ctx.Err() != test.err || !errors.Is(context.Cause(ctx), test.cause) {
				t.Errorf("%s, %s: have %v, %v", test.name, name, ctx.Err(), context.Cause(ctx))
			}
		}
		cancel()
		h.Abort()
		join(t, h)
		if late := context.Cause(ctx); !errors.Is(late, test.cause) || ctx.Err() != test.err {
			t.Errorf("%s: later: have %v, %v", test.name, ctx.Err(), late)
		}
	}
}

func TestStdHasTheValuesAndTheDeadlineOfItsCo(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	from := context.WithValue(t.Context(), key("ctx"), 2)
	var deadline time.Time
	h, ctx := in(t, rt, func(co *coro.Co, give func(context.Context)) error {
		return coro.WithValue(co, key("scope"), 1, func(co *coro.Co) error {
			return coro.WithContext(co, from, func(co *coro.Co) error {
				return coro.WithTimeout(co, time.Hour, func(co *coro.Co) error {
					deadline, _ = co.Deadline()
					give(taskctx.Std(co))
					return co.Suspend()
				})
			})
		})
	})
	check := func(when string) {
		for k, want := range map[key]any{"scope": 1, "ctx": 2, "none": nil} {
			if have := ctx.Value(k); have != want {
				t.Errorf("%s: %s: have %v, want %v", when, k, have, want)
			}
		}
		if d, ok := ctx.Deadline(); !ok || !d.Equal(deadline) {
			t.Errorf("%s: the deadline is %v, %t, want %v", when, d, ok, deadline)
		}
	}
	check("before the end")
	h.Abort()
	join(t, h)
	receive(t, "Done", ctx.Done())
	check("after it")
}

func TestStdOfACoThatHasEndedIsDone(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	h, co := in(t, rt, func(co *coro.Co, give func(*coro.Co)) error {
		return coro.WithValue(co, key("k"), 1, func(co *coro.Co) error { give(co); return nil })
	})
	join(t, h)
	ctx := taskctx.Std(co)
	if ctx.Err() != context.Canceled || !errors.Is(context.Cause(ctx), core.ErrCancelled) || ctx.Value(key("k")) != 1 {
		t.Errorf("have %v, %v, %v", ctx.Err(), context.Cause(ctx), ctx.Value(key("k")))
	}
	receive(t, "Done", ctx.Done())
}

// A Co keeps the output of its task until that is joined; Std does not.
func TestStdKeepsNothingOfTheTask(t *testing.T) {
	type output struct{ _ [1 << 10]byte }
	rt := startRuntime(t, executor.Options{})
	run := func(std bool) (context.Context, weak.Pointer[output]) {
		given := make(chan context.Context, 1)
		weaks := make(chan weak.Pointer[output], 1)
		h := executor.Go(rt, func(co *coro.Co) (*output, error) {
			out := new(output)
			weaks <- weak.Make(out)
			err := coro.WithValue(co, key("k"), 1, func(co *coro.Co) error {
				if std {
					given <- taskctx.Std(co)
				} else {
					given <- co
				}
				return co.Yield()
			})
			return out, err
		})
		ctx := receive(t, "a context", given)
		receive(t, "the end", h.Done())
		return ctx, receive(t, "a pointer", weaks)
	}
	gone := func(w weak.Pointer[output]) bool {
		for range 10 {
			runtime.GC()
		}
		return w.Value() == nil
	}
	co, kept := run(false)
	if gone(kept) {
		t.Error("the Co does not keep the output, so this shows nothing")
	}
	runtime.KeepAlive(co)
	ctx, w := run(true)
	eventually(t, "the output is freed", func() bool { return gone(w) })
	if ctx.Err() == nil || ctx.Value(key("k")) != 1 {
		t.Errorf("have %v, %v", ctx.Err(), ctx.Value(key("k")))
	}
}

// No goroutine waits, neither for Std nor for what is derived from it.
func TestStdHasNoGoroutine(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	const n = 50
	before := runtime.NumGoroutine()
	h, children := in(t, rt, func(co *coro.Co, give func([]context.Context)) error {
		var all []context.Context
		for range n {
			ctx := taskctx.Std(co)
			child, cancel := context.WithCancel(context.WithValue(ctx, key("k"), 1))
			t.Cleanup(cancel)
			all = append(all, ctx, child)
		}
		give(all)
		return co.Suspend()
	})
	if more := runtime.NumGoroutine() - before; more > n/2 { // coroutines are goroutines, too
		t.Errorf("%d goroutines more", more)
	}
	h.Abort()
	for _, ctx := range children {
		receive(t, "Done", ctx.Done())
	}
	join(t, h)
}

// Any goroutine may make a Std and use it while its Co ends.
func TestStdIsSafeForOtherGoroutines(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	for range 50 {
		h, co := in(t, rt, func(co *coro.Co, give func(*coro.Co)) error { give(co); return co.Suspend() })
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				ctx := taskctx.Std(co)
				for range 10 {
					child, cancel := context.WithCancel(ctx)
					if err := ctx.Err(); err != nil && (child.Err() == nil || context.Cause(child) != core.ErrCancelled) {
						t.Errorf("have %v, a child %v, %v", err, child.Err(), context.Cause(child))
					}
					ctx.Value(key("k"))
					cancel()
				}
				receive(t, "Done", ctx.Done())
			})
		}
		wg.Go(func() { h.Abort() })
		wg.Wait()
		join(t, h)
	}
}
