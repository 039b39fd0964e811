package taskctx_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/taskctx"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// ignored is how many failed awaits in a row a body may ignore.
const ignored = 1000

// A body that ignores the end of its context is unwound by force after as many awaits as after an abort, in each form, and
// whatever it does around the awaits.
func TestABodyThatIgnoresTheEndOfItsContextIsUnwoundByForce(t *testing.T) {
	opts := executor.Options{OnPanic: func(executor.TaskInfo, *task.PanicError) {}}
	rt := startRuntime(t, opts)
	// spin awaits for ever, and counts the failures.
	spin := func(co *coro.Co, failed *int) {
		for {
			if co.Suspend() != nil {
				*failed++
			}
		}
	}
	bodies := map[string]func(co *coro.Co, failed *int) error{
		"plain": func(co *coro.Co, failed *int) error { spin(co, failed); return nil },
		"scopes": func(co *coro.Co, failed *int) error {
			return coro.WithTimeout(co, time.Hour, func(co *coro.Co) error {
				return coro.WithValue(co, key("k"), 1, func(co *coro.Co) error {
					return coro.WithContext(co, co, func(co *coro.Co) error { spin(co, failed); return nil })
				})
			})
		},
		"context inside": func(co *coro.Co, failed *int) error {
			ctx, cancel := context.WithCancel(co)
			defer cancel()
			return coro.WithContext(co, ctx, func(co *coro.Co) error { spin(co, failed); return nil })
		},
		"group": func(co *coro.Co, failed *int) error {
			return coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, g *coro.Group) error {
				if g.Do(co, func(co *coro.Co) error { return co.Suspend() }) != nil {
					*failed++
				}
				spin(co, failed)
				return nil
			})
		},
		"recovers": func(co *coro.Co, failed *int) (err error) {
			defer func() {
				recover()
				err = nil
			}()
			spin(co, failed)
			return nil
		},
		"after a shield": func(co *coro.Co, failed *int) error {
			for range 1 + ignored/2 {
				co.Suspend()
			}
			coro.Shield(co, (*coro.Co).Yield)
			spin(co, failed)
			return nil
		},
	}
	for name, body := range bodies {
		for form, start := range forms {
			ctx, cancel := newCounting()
			caused, end := context.WithCancelCause(ctx)
			var r resource
			failed := 0
			waits := make(chan struct{})
			h := start(caused, rt, &r, func(co *coro.Co) error {
				close(waits)
				return body(co, &failed)
			})
			receive(t, "the task begins", waits)
			end(errCause)
			_, err := join(t, h)
			isWhy(t, err, caused)
			var je *joinhandle.JoinError
			if !errors.As(err, &je) || !je.Cancelled() {
				t.Errorf("%s, %s: have %v", name, form, err)
			}
			if failed != ignored || r.closed.Load() != 1 {
				t.Errorf("%s, %s: %d awaits failed, closed %d times", name, form, failed, r.closed.Load())
			}
			cancel(nil)
			eventually(t, "nothing is left with the context", func() bool { return ctx.left.Load() == 0 })
		}
	}
	h := taskctx.Do(ended(errCause), rt, func(co *coro.Co) error {
		defer func() { panic("boom") }()
		for {
			co.Suspend()
		}
	})
	var p *task.PanicError
	if _, err := join(t, h); !errors.As(err, &p) || p.Value != "boom" {
		t.Errorf("have %v", err)
	}
}

// A body may ignore as many failures in a row, any number of times, with a shielded await in between, which never fails.
func TestABodyThatCleansUpIsNotUnwoundByForce(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	v, err := taskctx.Call(ended(errCause), rt, func(co *coro.Co) (int, error) {
		for range 3 {
			for range ignored {
				if err := co.Suspend(); !errors.Is(err, errCause) {
					t.Errorf("have %v", err)
				}
			}
			coro.Shield(co, func(co *coro.Co) error {
				for range 2 * ignored {
					if err := co.Yield(); err != nil {
						t.Errorf("in the shield: %v", err)
					}
				}
				return nil
			})
		}
		return 7, nil
	})
	if v != 7 || err != nil {
		t.Errorf("have %d, %v", v, err)
	}
}

// An abort by the handle, and the end of the context, in either order and at once, end a task once.
func TestAnAbortBesideTheEndOfTheContext(t *testing.T) {
	rounds := 4000 / 8 // in each of eight modes
	if testing.Short() {
		rounds /= 10
	}
	rt := startRuntime(t, executor.Options{})
	for i := range rounds {
		ctx, cancel := context.WithCancelCause(context.Background())
		var r resource
		h := taskctx.DoOwning(ctx, rt, &r, func(co *coro.Co) error {
			defer r.Close()
			for i%2 == 0 {
				co.Suspend()
			}
			return co.Suspend()
		})
		go cancel(errCause)
		if i%3 > 0 {
			go h.Abort()
		}
		_, err := join(t, h)
		var je *joinhandle.JoinError
		if !errors.Is(err, core.ErrCancelled) || !errors.As(err, &je) || r.closed.Load() != 1 {
			t.Fatalf("have %v, closed %d times", err, r.closed.Load())
		}
		if i%3 == 0 && !errors.Is(err, errCause) {
			t.Fatalf("have %v", err)
		}
	}
}

// ended returns a context that is done.
func ended(cause error) context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	return ctx
}
