package core_test

import (
	"context"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
)

func TestValuesHideThoseFurtherOut(t *testing.T) {
	var none *core.Values
	if v, ok := none.Lookup("a"); v != nil || ok {
		t.Errorf("nothing has %v, %t", v, ok)
	}
	outer := none.With("a", 1).With("b", 2)
	inner := none.With("b", nil).With("c", 3)
	both := inner.Over(outer)
	for key, want := range map[string]any{"a": 1, "b": nil, "c": 3} {
		if v, ok := both.Lookup(key); v != want || !ok {
			t.Errorf("%s: have %v, %t, want %v", key, v, ok, want)
		}
	}
	if _, ok := both.Lookup("d"); ok {
		t.Error("there is a value that was not set")
	}
	if v, _ := outer.Lookup("b"); v != 2 {
		t.Errorf("the outer values have changed: %v", v)
	}
	if none.Over(outer) != outer || inner.Over(nil) != inner {
		t.Error("nothing over something is a copy")
	}
}

func TestValuesOfAContext(t *testing.T) {
	h := coretest.New(1)
	defer h.Close()
	cx := h.Context()
	cx.ForHost().Begin(core.WakerFunc(func() {}))
	vs := (*core.Values)(nil).With("a", 1)
	if cx.Value("a") != nil || cx.Values() != nil {
		t.Error("a new context has values")
	}
	if old := cx.SwapValues(vs); old != nil {
		t.Errorf("there was %v", old)
	}
	if cx.Value("a") != 1 || cx.Value("b") != nil || cx.Values() != vs {
		t.Errorf("have %v, %v, %v", cx.Value("a"), cx.Value("b"), cx.Values())
	}
	if old := cx.SwapValues(nil); old != vs {
		t.Errorf("there was %v", old)
	}
}

func TestBadKeysOfValues(t *testing.T) {
	for want, key := range map[string]any{
		"core: Values.With a nil key":                    nil,
		"core: Values.With a key that is not comparable": []int{},
	} {
		func() {
			defer func() {
				if have := recover(); have != want {
					t.Errorf("have %v, want %v", have, want)
				}
			}()
			(*core.Values)(nil).With(key, 1)
		}()
	}
}

func TestALookUpAsksTheContextsInTheList(t *testing.T) {
	type key string
	ctx := context.WithValue(context.WithValue(t.Context(), key("a"), 1), key("b"), 1)
	vs := (*core.Values)(nil).With(key("b"), 2).With(key("c"), 2).WithContext(ctx).With(key("a"), 3)
	over := (*core.Values)(nil).With(key("d"), 4).Over(vs)
	for k, want := range map[key]any{"a": 3, "b": 1, "c": 2, "none": nil} {
		for _, vs := range []*core.Values{vs, over} {
			if have, ok := vs.Lookup(k); have != want || ok != (want != nil) {
				t.Errorf("%s: have %v, %t, want %v", k, have, ok, want)
			}
		}
	}
	if v, _ := vs.Over((*core.Values)(nil).With(key("e"), 5)).Lookup(key("e")); v != 5 {
		t.Errorf("have %v", v)
	}
	defer func() {
		if v := recover(); v != "core: Values.WithContext with a nil Context" {
			t.Errorf("have %v", v)
		}
	}()
	vs.WithContext(nil) //lint:ignore SA1012 on purpose
}
