package coro_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
)

func TestWithValuesIsAScopeForEachOfThem(t *testing.T) {
	type key string
	values := (*core.Values)(nil).With(key("a"), 1).With(key("b"), 2).With(key("none"), nil)
	do(t, func(co *coro.Co) {
		if co.Values() != nil {
			t.Errorf("a body begins with %v", co.Values())
		}
		err := coro.WithValue(co, key("none"), 9, func(co *coro.Co) error {
			return coro.WithValue(co, key("c"), 3, func(co *coro.Co) error {
				return coro.WithValues(co, values, func(co *coro.Co) error {
					return coro.WithValue(co, key("b"), 4, func(co *coro.Co) error {
						for k, want := range map[key]any{"a": 1, "b": 4, "c": 3, "none": nil, "d": nil} {
							if have := co.Value(k); have != want {
								t.Errorf("%s: have %v, want %v", k, have, want)
							}
							if have, _ := co.Values().Lookup(k); have != want {
								t.Errorf("%s, WithValues: have %v, want %v", k, have, want)
							}
							if have := co.Context().Value(k); have != want {
								t.Errorf("%s, in the poll context: have %v, want %v", k, have, want)
							}
						}
						return errCause
					})
				})
			})
		})
		if err != errCause {
			t.Errorf("have %v", err)
		}
		if err := coro.WithValues(co, nil, (*coro.Co).Interrupted); err != nil {
			t.Errorf("no values: have %v", err)
		}
		if co.Values() != nil {
			t.Errorf("after the scopes there is %v", co.Values())
		}
	})
}
