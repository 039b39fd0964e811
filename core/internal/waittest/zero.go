package waittest

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
)

// ZeroPanics fails the test unless each method of v, a pointer to a zero value, panics with the text want. It
// calls the methods with zero arguments, and ranges over the iterators that they return. except names methods
// that work, or that complain of their arguments first.
func ZeroPanics(t *testing.T, v any, want string, except ...string) {
	t.Helper()
	value := reflect.ValueOf(v)
	for i := range value.NumMethod() {
		name := value.Type().Method(i).Name
		if slices.Contains(except, name) {
			continue
		}
		if have := panicOf(value.Method(i)); have != want {
			t.Errorf("%T.%s: panics with %q, want %q", v, name, have, want)
		}
	}
}

func panicOf(m reflect.Value) (text string) {
	defer func() {
		if p := recover(); p != nil {
			text = fmt.Sprint(p)
		}
	}()
	var args []reflect.Value
	for i := range m.Type().NumIn() {
		args = append(args, reflect.Zero(m.Type().In(i)))
	}
	for _, out := range m.Call(args) {
		if out.Kind() == reflect.Func { // an iterator
			stop := func([]reflect.Value) []reflect.Value { return []reflect.Value{reflect.ValueOf(false)} }
			out.Call([]reflect.Value{reflect.MakeFunc(out.Type().In(0), stop)})
		}
	}
	return ""
}
