package coro_test

import (
	"context"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/local"
)

type key string

func TestTheValuesOfAContextAreSeenInside(t *testing.T) {
	span := local.NewKey[string]("span")
	ctx := context.WithValue(context.WithValue(t.Context(), key("ctx"), "c"), key("both"), "c")
	want := map[key]any{"ctx": "c", "both": "c", "outer": "o", "inner": "i", "over": "i", "none": nil}
	check := func(what string, value func(key any) any) {
		t.Helper()
		for k, want := range want {
			if have := value(k); have != want {
				t.Errorf("%s: %s: have %v, want %v", what, k, have, want)
			}
		}
	}
	inside := func(co *coro.Co) error {
		check("Value", co.Value)
		check("Values", func(key any) any { v, _ := co.Values().Lookup(key); return v })
		check("poll context", co.Context().Value)
		check("poll context's values", func(key any) any { v, _ := co.Context().Values().Lookup(key); return v })
		check("derived context", context.WithValue(co, valueKey{}, 1).Value)
		if v, _ := span.Get(co); v != "s" {
			t.Errorf("the local is %q", v)
		}
		_, err := coro.Await(co, local.Scope(span, "t", future.Func(func(cx *core.Context) (int, bool) {
			check("future in a scope of values", cx.Value)
			return 0, true
		})))
		return err
	}
	do(t, func(co *coro.Co) {
		values := (*core.Values)(nil).With(key("outer"), "o").With(key("both"), "o").With(key("over"), "o")
		err := coro.WithValues(co, values, func(co *coro.Co) error {
			return span.With(co, "s", func(co *coro.Co) error {
				return coro.WithContext(co, ctx, func(co *coro.Co) error {
					return coro.WithValue(co, key("inner"), "i", func(co *coro.Co) error {
						return coro.WithValue(co, key("over"), "i", func(co *coro.Co) error {
							if err := inside(co); err != nil {
								return err
							}
							// A child that inherits sees the same, and one that does not sees nothing.
							err := coro.WithGroup(co, coro.GroupOptions{Inherit: true}, func(co *coro.Co, g *coro.Group) error {
								return g.Do(co, inside)
							})
							if err != nil {
								return err
							}
							return coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, g *coro.Group) error {
								return g.Do(co, func(co *coro.Co) error {
									if v := co.Value(key("ctx")); v != nil {
										t.Errorf("not inherited: have %v", v)
									}
									return nil
								})
							})
						})
					})
				})
			})
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// A context that is derived from a Co of the body has the values at that Co, over those of the scopes in between.
func TestAContextOfTheBodyHidesTheScopesInBetween(t *testing.T) {
	do(t, func(co *coro.Co) {
		coro.WithValue(co, key("a"), "outer", func(co *coro.Co) error {
			ctx := context.WithValue(co, key("b"), "ctx")
			return coro.WithValue(co, key("a"), "between", func(co *coro.Co) error {
				return coro.WithValue(co, key("c"), "between", func(co *coro.Co) error {
					return coro.WithContext(co, ctx, func(co *coro.Co) error {
						for k, want := range map[key]any{"a": "outer", "b": "ctx", "c": "between", "d": nil} {
							if have := co.Value(k); have != want {
								t.Errorf("%s: have %v, want %v", k, have, want)
							}
							if have, _ := co.Values().Lookup(k); have != want {
								t.Errorf("%s, Values: have %v, want %v", k, have, want)
							}
						}
						return nil
					})
				})
			})
		})
	})
}

// A Co that has ended, and one whose scope is not around the scope of the context, hide nothing.
func TestAContextOfAScopeThatHasEndedHidesNothing(t *testing.T) {
	do(t, func(co *coro.Co) {
		var ended context.Context
		coro.WithValue(co, key("ended"), 1, func(co *coro.Co) error {
			ended = context.WithValue(co, key("ctx"), 2)
			return nil
		})
		coro.WithValue(co, key("here"), 3, func(co *coro.Co) error {
			return coro.WithContext(co, ended, func(co *coro.Co) error {
				for k, want := range map[key]any{"ended": 1, "ctx": 2, "here": 3} {
					if have := co.Value(k); have != want {
						t.Errorf("%s: have %v, want %v", k, have, want)
					}
				}
				if co.Interrupted() == nil {
					t.Error("an await does not fail, although the context is done")
				}
				return nil
			})
		})
	})
}

// Each context is derived from the Co of the scope around it: a look-up that asked both the context and the scopes around
// would ask the outermost one 2^40 times.
func TestALookUpAsksEachContextOnce(t *testing.T) {
	const depth = 40
	derive := map[string]func(co *coro.Co) context.Context{
		"the Co": func(co *coro.Co) context.Context { return co },
		"values": func(co *coro.Co) context.Context { return context.WithValue(co, valueKey{}, 1) },
		"cancel": func(co *coro.Co) context.Context { return cancelledAfter(t, co) },
		"foreign": func(co *coro.Co) context.Context {
			return struct{ context.Context }{context.WithValue(co, valueKey{}, 1)}
		},
	}
	for name, derive := range derive {
		do(t, func(co *coro.Co) {
			root := &manual{deadline: time.Now().Add(time.Hour), values: map[any]any{key("root"): 7}}
			var nest func(co *coro.Co, n int) error
			nest = func(co *coro.Co, n int) error {
				if n > 0 {
					return coro.WithContext(co, derive(co), func(co *coro.Co) error { return nest(co, n-1) })
				}
				for what, f := range map[string]func(){
					"hit":         func() { co.Value(key("root")) },
					"miss":        func() { co.Value(key("none")) },
					"poll":        func() { co.Context().Value(key("none")) },
					"Values":      func() { co.Values().Lookup(key("none")) },
					"derived":     func() { context.WithValue(co, key("x"), 1).Value(key("none")) },
					"poll Values": func() { co.Context().Values().Lookup(key("none")) },
				} {
					before := root.valueCalls
					if f(); root.valueCalls-before != 1 {
						t.Errorf("%s, %s: asked %d times", name, what, root.valueCalls-before)
					}
				}
				before := root.deadlineCalls
				if d, ok := co.Deadline(); !ok || !d.Equal(root.deadline) || root.deadlineCalls-before > 1 {
					t.Errorf("%s: the deadline is %v, asked %d times", name, d, root.deadlineCalls-before)
				}
				if co.Err() != nil || context.Cause(co) != nil {
					t.Errorf("%s: done: %v", name, co.Err())
				}
				root.end(errCause)
				if err := forever(co); err == nil {
					t.Errorf("%s: no error", name)
				}
				return nil
			}
			if err := coro.WithContext(co, root, func(co *coro.Co) error { return nest(co, depth) }); err != nil {
				t.Error(err)
			}
			root.unused(t)
		})
	}
}

// What a task inherits, it keeps: the context of its spawner's scope, also after its end.
func TestInheritedValuesOfAContextOutliveIt(t *testing.T) {
	h := newHost(t)
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key("a"), 1))
	var late func(co *coro.Co) (any, error)
	s := spawn(t, h, func(co *coro.Co) (int, error) {
		return 0, coro.WithContext(co, ctx, func(co *coro.Co) error {
			late = local.InheritBody(co, func(co *coro.Co) (any, error) { return co.Value(key("a")), co.Yield() })
			return nil
		})
	})
	h.Run()
	take(t, s)
	cancel()
	l := spawn(t, h, late)
	h.Run()
	if v, err := take(t, l); v != 1 || err != nil {
		t.Errorf("have %v, %v", v, err)
	}
}
