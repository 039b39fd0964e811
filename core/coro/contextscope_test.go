package coro_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
)

// inContext runs body in a scope of ctx, which must end without an error.
func inContext(t *testing.T, co *coro.Co, ctx context.Context, body func(co *coro.Co)) {
	t.Helper()
	if err := coro.WithContext(co, ctx, func(co *coro.Co) error { body(co); return nil }); err != nil {
		t.Error(err)
	}
}

// cancelledAfter returns a context that package context derives from parent.
func cancelledAfter(t *testing.T, parent context.Context) context.Context {
	ctx, cancel := context.WithCancel(parent)
	t.Cleanup(cancel)
	return ctx
}

// The ends of contexts, and the errors of awaits that they end. Err, Cause and the errors of other packages agree.
func TestTheEndOfAContextEndsTheAwaitsInside(t *testing.T) {
	always := []error{core.ErrCancelled}
	deadline := append(always, context.DeadlineExceeded, os.ErrDeadlineExceeded, core.ErrDeadlineExceeded)
	cancel := append(always, context.Canceled)
	custom := errors.New("custom")
	tests := []struct {
		name string
		// make returns a context over parent, and what ends it
		make  func(parent context.Context) (ctx context.Context, end func())
		err   error // of the Co
		is    []error
		isNot []error
	}{
		{
			"cancel", func(parent context.Context) (context.Context, func()) {
				ctx, cancel := context.WithCancel(parent)
				return ctx, cancel
			},
			context.Canceled, cancel, append(deadline[1:], errCause),
		},
		{
			"cancel with a cause", func(parent context.Context) (context.Context, func()) {
				ctx, cancel := context.WithCancelCause(parent)
				return ctx, func() { cancel(errCause) }
			},
			context.Canceled, append(cancel, errCause), deadline[1:],
		},
		{
			"cancel with a deadline's error", func(parent context.Context) (context.Context, func()) {
				ctx, cancel := context.WithCancelCause(parent)
				return ctx, func() { cancel(core.ErrDeadlineExceeded) }
			},
			context.Canceled, append(cancel, deadline...), []error{errCause},
		},
		{
			"deadline", func(parent context.Context) (context.Context, func()) {
				ctx, cancel := context.WithTimeout(parent, time.Millisecond)
				t.Cleanup(cancel)
				return ctx, func() {}
			},
			context.DeadlineExceeded, deadline, []error{context.Canceled, errCause},
		},
		{
			"deadline with a cause", func(parent context.Context) (context.Context, func()) {
				ctx, cancel := context.WithTimeoutCause(parent, time.Millisecond, errCause)
				t.Cleanup(cancel)
				return ctx, func() {}
			},
			context.DeadlineExceeded, append(deadline, errCause), []error{context.Canceled},
		},
		{
			"a value over one with a cause", func(parent context.Context) (context.Context, func()) {
				ctx, cancel := context.WithCancelCause(parent)
				return context.WithValue(ctx, valueKey{}, 1), func() { cancel(errCause) }
			},
			context.Canceled, append(cancel, errCause), deadline[1:],
		},
		{
			"a foreign type", func(context.Context) (context.Context, func()) {
				m := new(manual)
				return m, func() { m.end(custom) }
			},
			context.Canceled, append(cancel, custom), deadline[1:],
		},
	}
	for _, test := range tests {
		for _, parent := range []string{"none", "co", "outer co"} {
			t.Run(test.name+"/"+parent, func(t *testing.T) {
				h := newHost(t)
				var in *coro.Co
				var ctx, derived context.Context
				var end func()
				var awaited, again error
				s := spawn(t, h, func(outer *coro.Co) (int, error) {
					return 0, coro.WithValue(outer, "k", 1, func(co *coro.Co) error {
						parents := map[string]context.Context{"none": t.Context(), "co": co, "outer co": outer}
						ctx, end = test.make(parents[parent])
						err := coro.WithContext(co, ctx, func(co *coro.Co) error {
							in = co
							derived = cancelledAfter(t, co)
							awaited = forever(co)
							again = co.Interrupted()
							return awaited
						})
						return errors.Join(err, co.Interrupted())
					})
				})
				settle(h)
				end()
				waitDone(t, ctx)
				waitDone(t, in)
				waitDone(t, derived)
				settleUntilEnd(t, h, &s.Task)
				_, returned := take(t, s)
				if in.Err() != test.err || derived.Err() != test.err {
					t.Errorf("Err is %v, that of a derived context %v, want %v", in.Err(), derived.Err(), test.err)
				}
				for what, err := range map[string]error{
					"await": awaited, "second await": again, "WithContext": returned, "Cause": in.Cause(),
					"context.Cause": context.Cause(in), "context.Cause of a derived one": context.Cause(derived),
				} {
					var ce *coro.CancelError
					if !errors.As(err, &ce) || !errors.Is(err, context.Cause(ctx)) {
						t.Errorf("%s: have %v, want a CancelError of %v", what, err, context.Cause(ctx))
					}
					for _, target := range test.is {
						if !errors.Is(err, target) {
							t.Errorf("%s: %v is not %v", what, err, target)
						}
					}
					for _, target := range test.isNot {
						if errors.Is(err, target) {
							t.Errorf("%s: %v is %v", what, err, target)
						}
					}
				}
			})
		}
	}
}

func TestAContextThatIsDoneFailsTheFirstAwait(t *testing.T) {
	cancelled, cancel := context.WithCancelCause(t.Context())
	cancel(errCause)
	past, cancelPast := context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer cancelPast()
	for _, ctx := range []context.Context{cancelled, past} {
		do(t, func(co *coro.Co) {
			g := new(gate)
			inContext(t, co, ctx, func(co *coro.Co) {
				if err := await(co, g); !errors.Is(err, context.Cause(ctx)) {
					t.Errorf("have %v", err)
				}
				if !isDone(co) || co.Err() != ctx.Err() {
					t.Errorf("the Co: done %t, %v", isDone(co), co.Err())
				}
			})
			if g.polls != 0 || co.Interrupted() != nil {
				t.Errorf("%d polls; outside: %v", g.polls, co.Interrupted())
			}
		})
	}
}

// Inside, the Co is done for its own reasons too, and its cause is not that of ctx.
func TestTheContextInsideEndsWithTheTaskAndTheScope(t *testing.T) {
	for name, end := range map[string]func(h *coretest.Host, s *task.Slot[int]){
		"abort":        func(_ *coretest.Host, s *task.Slot[int]) { s.Abort() },
		"end of scope": func(_ *coretest.Host, s *task.Slot[int]) { s.Wake() },
		"close":        func(h *coretest.Host, _ *task.Slot[int]) { h.Close() },
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		h := newHost(t)
		var in *coro.Co
		var derived context.Context
		s := spawn(t, h, func(co *coro.Co) (int, error) {
			return 0, coro.WithContext(co, ctx, func(co *coro.Co) error {
				in = co
				derived = cancelledAfter(t, co)
				return co.Suspend()
			})
		})
		settle(h)
		end(h, s)
		settle(h)
		waitDone(t, derived)
		cancel(errCause) // later: it changes nothing
		for what, err := range map[string]error{
			"Cause": in.Cause(), "context.Cause": context.Cause(in), "of a derived context": context.Cause(derived),
		} {
			if !errors.Is(err, core.ErrCancelled) || errors.Is(err, errCause) {
				t.Errorf("%s: %s is %v", name, what, err)
			}
		}
		if in.Err() != context.Canceled || derived.Err() != context.Canceled {
			t.Errorf("%s: have %v, %v", name, in.Err(), derived.Err())
		}
	}
}

// context.Cause asks a context for a key of package context's own. A Co that did not know it would return the
// cause of some context around it, or none.
func TestContextCauseIsThatOfTheCo(t *testing.T) {
	h := newHost(t)
	outer, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	var whole, timed *coro.Co
	var inTimed, inWhole context.Context
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		whole = co
		inWhole = cancelledAfter(t, context.WithValue(co, valueKey{}, 1))
		coro.WithTimeout(co, time.Second, func(co *coro.Co) error {
			timed = co
			inTimed = cancelledAfter(t, co)
			for _, ctx := range []context.Context{co, inTimed, inWhole} {
				if err := context.Cause(ctx); err != nil {
					t.Errorf("before: have %v", err)
				}
			}
			return forever(co)
		})
		return 0, coro.WithContext(co, outer, forever)
	})
	settle(h)
	h.Advance(time.Second)
	settle(h)
	waitDone(t, inTimed)
	s.Abort()
	settle(h)
	waitDone(t, inWhole)
	for ctx, want := range map[context.Context]error{
		timed: core.ErrDeadlineExceeded, inTimed: core.ErrDeadlineExceeded,
		whole: core.ErrCancelled, inWhole: core.ErrCancelled,
	} {
		if have := context.Cause(ctx); have != want {
			t.Errorf("%v: have %v, want %v", ctx, have, want)
		}
	}
	if have := context.Cause(context.WithoutCancel(whole)); have != nil {
		t.Errorf("WithoutCancel: have %v", have)
	}
}

func TestAShieldInsideKeepsTheEndOfTheContextOut(t *testing.T) {
	h := newHost(t)
	ctx := new(manual)
	var shielded, after error
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		return 0, coro.WithContext(co, ctx, func(co *coro.Co) error {
			shielded = coro.Shield(co, func(co *coro.Co) error { return coro.Sleep(co, time.Second) })
			after = co.Interrupted()
			return nil
		})
	})
	settle(h)
	ctx.end(errCause)
	h.Run()
	take(t, s)
	if shielded != nil || !errors.Is(after, errCause) {
		t.Errorf("inside: %v, after: %v", shielded, after)
	}
}

// The end of a context aborts the children of a group inside, which then have ended when WithContext returns.
func TestTheEndOfAContextAbortsTheChildrenInside(t *testing.T) {
	h := newHost(t)
	ctx := new(manual)
	var child, inBody error
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		return 0, coro.WithContext(co, ctx, func(co *coro.Co) error {
			return coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, g *coro.Group) error {
				g.Do(co, func(co *coro.Co) error { child = forever(co); return child })
				inBody = forever(co)
				return nil
			})
		})
	})
	settle(h)
	ctx.end(errCause)
	settle(h)
	_, err := take(t, s)
	for what, err := range map[string]error{"WithContext": err, "await": inBody} {
		if !errors.Is(err, errCause) || !errors.Is(err, core.ErrCancelled) {
			t.Errorf("%s: have %v", what, err)
		}
	}
	if child != core.ErrCancelled {
		t.Errorf("the child: have %v", child)
	}
}

// A shield around does not keep out a context that is derived from a Co outside the shield: the body asked for it.
func TestAContextFromOutsideOfAShieldEndsTheAwaitsInside(t *testing.T) {
	for name, derive := range map[string]func(co *coro.Co) context.Context{
		"the Co": func(co *coro.Co) context.Context { return co },
		"values": func(co *coro.Co) context.Context { return context.WithValue(co, valueKey{}, 1) },
		"cancel": func(co *coro.Co) context.Context { return cancelledAfter(t, co) },
	} {
		h := newHost(t)
		var inside, shielded error
		var in *coro.Co
		s := spawn(t, h, func(co *coro.Co) (int, error) {
			ctx := derive(co)
			return 0, coro.Shield(co, func(co *coro.Co) error {
				inside = coro.WithContext(co, ctx, func(co *coro.Co) error { in = co; return forever(co) })
				shielded = co.Interrupted()
				return nil
			})
		})
		settle(h)
		s.Abort()
		waitDone(t, in)
		settleUntilEnd(t, h, &s.Task)
		take(t, s)
		if !errors.Is(inside, core.ErrCancelled) || shielded != nil {
			t.Errorf("%s: inside %v, in the shield %v", name, inside, shielded)
		}
	}
}

// A task may end with a scope of another one.
func TestAContextMayBeTheCoOfAnotherTask(t *testing.T) {
	h := newHost(t)
	var in *coro.Co
	var child *task.Slot[int]
	parent := spawn(t, h, func(co *coro.Co) (int, error) {
		return 0, coro.WithValue(co, valueKey{}, 7, func(co *coro.Co) error {
			return coro.WithTimeout(co, time.Second, func(outer *coro.Co) error {
				child = spawn(t, co, func(co *coro.Co) (v int, err error) {
					return 0, coro.WithContext(co, outer, func(co *coro.Co) error {
						in = co
						if v := co.Value(valueKey{}); v != 7 {
							t.Errorf("the value is %v", v)
						}
						return forever(co)
					})
				})
				return forever(outer)
			})
		})
	})
	settle(h)
	h.Advance(time.Second)
	waitDone(t, in)
	settleUntilEnd(t, h, &child.Task)
	take(t, parent)
	_, err := take(t, child)
	if !errors.Is(err, core.ErrDeadlineExceeded) || !errors.Is(err, core.ErrCancelled) || in.Err() != context.DeadlineExceeded {
		t.Errorf("have %v, %v", err, in.Err())
	}
}

func TestNilArgumentsOfWithContextPanic(t *testing.T) {
	for want, f := range map[string]func(co *coro.Co){
		"coro: WithContext with a nil Context": func(co *coro.Co) {
			coro.WithContext(co, nil, func(*coro.Co) error { return nil })
		},
		"coro: a scope with a nil body": func(co *coro.Co) { coro.WithContext(co, t.Context(), nil) },
	} {
		_, err := run(t, func(co *coro.Co) (int, error) { f(co); return 0, nil })
		if !endedBy(want)(err) {
			t.Errorf("have %v, want %s", err, want)
		}
	}
}
