package core

import (
	"cmp"
	"context"
	"reflect"
)

// Values is a list of keys and their values that the futures of a task look up in their
// [Context]. A nil *Values is empty. Values never change, so they may be kept, passed to another
// task and read by any goroutine. Package local provides typed keys for them.
//
// A context.Context can be part of the list ([Values.WithContext]). Its values cannot be listed, so the list keeps the
// context itself, and each Lookup asks it.
type Values struct {
	outer      *Values
	key, value any
}

// With returns vs with a value for key, which hides a value of vs for the same key. The key must be
// comparable, or With panics, and should have a type of its own, as for context.WithValue.
func (vs *Values) With(key, value any) *Values {
	if key == nil {
		panic("core: Values.With a nil key")
	}
	if !reflect.TypeOf(key).Comparable() {
		panic("core: Values.With a key that is not comparable")
	}
	return &Values{vs, key, value}
}

// contextKey is the key of a context in the list.
type contextKey struct{}

// WithContext returns vs with the values of ctx, which hide those of vs for the same keys. ctx is kept as long as the
// result is, and asked by any goroutine; only its Value method is called, so the end of ctx changes nothing. A nil ctx
// panics.
func (vs *Values) WithContext(ctx context.Context) *Values {
	if ctx == nil {
		panic("core: Values.WithContext with a nil Context")
	}
	return &Values{vs, contextKey{}, ctx}
}

// Lookup returns the value for key; ok is false if there is none.
func (vs *Values) Lookup(key any) (value any, ok bool) {
	for ; vs != nil; vs = vs.outer {
		switch vs.key {
		case key:
			return vs.value, true
		case contextKey{}:
			if value := vs.value.(context.Context).Value(key); value != nil {
				return value, true
			}
		}
	}
	return nil, false
}

// Over returns the values of vs and of outer together. A value of vs hides the one of outer for the same key.
func (vs *Values) Over(outer *Values) *Values {
	if vs == nil || outer == nil {
		return cmp.Or(vs, outer)
	}
	return &Values{vs.outer.Over(outer), vs.key, vs.value}
}

// A valueTask is a task whose body may have values: *task.Task implements it.
type valueTask interface {
	LocalValue(key any) any
	LocalValues() *Values
}

// SwapValues replaces the values in cx and returns the previous ones. A future that has values for its child
// installs them, over the old ones, for the child's poll. It restores the old ones also if the child panics,
// since cx serves other tasks afterwards.
func (cx *Context) SwapValues(vs *Values) (old *Values) {
	old, cx.values = cx.values, vs
	return old
}

// Value returns the value that the task has for key at this point of the poll, or nil. A future
// that needs the value in its Drop keeps it.
func (cx *Context) Value(key any) any {
	if v, ok := cx.values.Lookup(key); ok {
		return v
	}
	if t, ok := cx.polled().(valueTask); ok {
		return t.LocalValue(key)
	}
	return nil
}

// Values returns all values that the task has at this point of the poll. They stay valid after it.
func (cx *Context) Values() *Values {
	if t, ok := cx.polled().(valueTask); ok {
		return cx.values.Over(t.LocalValues())
	}
	return cx.values
}

// polled returns the task's own waker, also while a combinator has swapped in another one.
func (cx *Context) polled() Waker {
	if cx.swapped {
		return cx.task
	}
	return cx.waker
}
