package core

import (
	"cmp"
	"reflect"
)

// Values is a list of keys and their values: what the futures of a task can look up in their
// [Context]. A nil *Values is empty. It never changes, so that it may be kept, handed to another
// task and read by any goroutine. Package local has keys with types for it.
type Values struct {
	outer      *Values
	key, value any
}

// With returns vs with a value for key, which hides one that vs has for it. The key must be
// comparable and should have a type of its own, as for context.WithValue.
func (vs *Values) With(key, value any) *Values {
	if key == nil {
		panic("core: Values.With a nil key")
	}
	if !reflect.TypeOf(key).Comparable() {
		panic("core: Values.With a key that is not comparable")
	}
	return &Values{vs, key, value}
}

// Lookup returns the value for key; ok is false if there is none.
func (vs *Values) Lookup(key any) (value any, ok bool) {
	for ; vs != nil; vs = vs.outer {
		if vs.key == key {
			return vs.value, true
		}
	}
	return nil, false
}

// Over returns the values of vs and of outer together. Those of vs hide those of outer.
func (vs *Values) Over(outer *Values) *Values {
	if vs == nil || outer == nil {
		return cmp.Or(vs, outer)
	}
	return &Values{vs.outer.Over(outer), vs.key, vs.value}
}

// A valueTask is a task whose body may have values of its own: package task has it.
type valueTask interface {
	LocalValue(key any) any
	LocalValues() *Values
}

// SwapValues replaces the values that were put into cx, and returns those before. A future that
// has values for its child puts them in, over the old ones, for the time of the child's poll. It
// puts the old ones back also if the child panics, for cx goes on to serve other tasks.
func (cx *Context) SwapValues(vs *Values) (old *Values) {
	old, cx.values = cx.values, vs
	return old
}

// Value returns the value that the task has for key at this point of this poll, or nil. A future
// that needs it in its Drop keeps it.
func (cx *Context) Value(key any) any {
	if v, ok := cx.values.Lookup(key); ok {
		return v
	}
	if t, ok := cx.polled().(valueTask); ok {
		return t.LocalValue(key)
	}
	return nil
}

// Values returns all values that the task has at this point of this poll. They stay good after it.
func (cx *Context) Values() *Values {
	if t, ok := cx.polled().(valueTask); ok {
		return cx.values.Over(t.LocalValues())
	}
	return cx.values
}

// polled is the task's own waker, whatever combinators have put in its place.
func (cx *Context) polled() Waker {
	if cx.swapped {
		return cx.task
	}
	return cx.waker
}
